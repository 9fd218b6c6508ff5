"""Paints a scene into a pane: what the window shows and what a video of the stage shows is the same."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen, QPolygonF

from app.language import tr
from app.stage.body_painter import CHANGE_SPAN_M, change_colour, paint_body
from app.stage.filming_camera import FilmingCamera, paint_backdrop, paint_frustum
from app.stage.floor import paint_scale
from app.stage.gizmo import paint_gizmo
from app.stage.lens import Lens
from app.stage.options import StageOptions
from app.stage.orbit import OrbitCamera
from app.stage.scene import EDGE_SIDE, Overlay, SkeletonScene
from app.theme import DARK, Theme
from core.pose.skeleton import COCO_NAMES, EDGES, SIDE
from core.pose.types import FloatArray

_EDGE_SIDES: Final[list[int]] = EDGE_SIDE.tolist()
_OVER_PICTURE: Final = 0.8
_LINE_M, _GHOST_M = 0.022, 0.010
_SIDES: Final[list[int]] = SIDE.tolist()


@dataclass(frozen=True)
class Look:
    """How one looks at a scene.

    Attributes:
        camera: From where.
        options: What is shown.
        theme: In which colours.
        is_through: Through the camera that filmed, where it is known.
    """

    camera: OrbitCamera
    options: StageOptions
    theme: Theme
    is_through: bool = False

    def filming(self, scene: SkeletonScene | None) -> FilmingCamera | None:
        """Return the camera that is looked through, None when it is not."""
        return scene.camera if self.is_through and scene is not None else None

    def lens(self, scene: SkeletonScene | None, size_px: tuple[int, int]) -> Lens:
        """Return the projection into a pane."""
        filming = self.filming(scene)
        return self.camera.lens(size_px) if filming is None else filming.lens(size_px)


def panes_of(width_px: int, height_px: int, options: StageOptions) -> list[tuple[QRect, bool]]:
    """Return the panes, and whether each shows MediaPipe's body: one, or two that turn together."""
    if options.comparison != "beside":
        return [(QRect(0, 0, width_px, height_px), False)]
    half = width_px // 2
    return [(QRect(0, 0, half, height_px), True), (QRect(half, 0, width_px - half, height_px), False)]


def paint_stage(
    painter: QPainter,
    size_px: tuple[int, int],
    scene: SkeletonScene | None,
    look: Look,
    paint_ground: Callable[[QPainter, tuple[int, int]], None],
) -> None:
    """Paint all panes.

    Args:
        painter: Of something that large.
        size_px: (width, height).
        scene: None leaves the floor only.
        look: From where, and what.
        paint_ground: Fills a pane of a size with what does not move: the ground's colour, and `paint_floor` on it.
    """
    for pane, is_raw in panes_of(*size_px, look.options):
        painter.save()
        painter.setClipRect(pane)
        painter.translate(pane.topLeft())
        _paint_pane(painter, (pane.width(), pane.height()), scene, look, paint_ground, is_raw=is_raw)
        painter.restore()
    if look.options.comparison == "beside":
        painter.setPen(QPen(QColor(look.theme.border), 1))
        painter.drawLine(size_px[0] // 2, 0, size_px[0] // 2, size_px[1])


def _paint_pane(
    painter: QPainter,
    size: tuple[int, int],
    scene: SkeletonScene | None,
    look: Look,
    paint_ground: Callable[[QPainter, tuple[int, int]], None],
    *,
    is_raw: bool,
) -> None:
    options, theme, filming, lens = look.options, look.theme, look.filming(scene), look.lens(scene, size)
    if filming is None:
        paint_ground(painter, size)
    else:
        painter.fillRect(0, 0, *size, QColor(theme.well))
        paint_backdrop(painter, filming, size)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if scene is not None:
        shown = options if filming is None else replace(options, camera=False)
        paint_scene(
            painter, lens, scene, shown, theme, is_raw=is_raw, opacity=1.0 if filming is None else _OVER_PICTURE
        )
    if filming is None and options.grid:
        paint_scale(painter, lens.focal_px / look.camera.distance_m, size[1], theme)
    if filming is None and not is_raw:
        paint_gizmo(painter, lens, size[0], theme)
    if scene is not None and options.comparison == "depth" and scene.body is not None:
        paint_change_legend(painter, *size, theme)
    _paint_words(painter, size[0], scene, look, is_raw=is_raw)


def _paint_words(painter: QPainter, width_px: int, scene: SkeletonScene | None, look: Look, *, is_raw: bool) -> None:
    """Say, top left, which body it is and where the camera stands."""
    words = []
    if look.options.comparison == "beside":
        words.append("MediaPipe" if is_raw else tr("refined"))
    if scene is not None and scene.camera is not None and look.options.camera and not is_raw:
        words.append(scene.camera.words())
    painter.setPen(QColor(look.theme.muted if look.filming(scene) is None else DARK.text))
    for row, text in enumerate(words):
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width_px - 90)
        painter.drawText(QPointF(10, 18 + row * painter.fontMetrics().height()), text)


def paint_scene(
    painter: QPainter,
    lens: Lens,
    scene: SkeletonScene,
    options: StageOptions,
    theme: Theme,
    *,
    is_raw: bool = False,
    opacity: float = 1.0,
) -> None:
    """Paint what moves.

    Args:
        painter: Of the pane, smooth.
        lens: From where.
        scene: What.
        options: How.
        theme: The colours.
        is_raw: MediaPipe's body in the place of the refined one, for the view beside it.
        opacity: Of the body: less over a picture.
    """
    if options.trails and scene.trails is not None and not is_raw:
        _paint_trails(painter, lens, scene.trails, options.trails, theme)
    is_near = scene.camera is not None and _is_before(lens, scene.camera)
    if scene.camera is not None and options.camera and not is_near:
        paint_frustum(painter, lens, scene.camera, theme)
    if options.errors and not is_raw:
        _paint_errors(painter, lens, scene.refined, scene.uncertainty_m, QColor(theme.refined))
    _paint_people(painter, lens, scene, options, theme, is_raw=is_raw, opacity=opacity)
    if scene.camera is not None and options.camera and is_near:
        paint_frustum(painter, lens, scene.camera, theme)
    if not is_raw:
        for overlay in scene.overlays:
            _paint_overlay(painter, lens, overlay, theme)


def paint_change_legend(painter: QPainter, width_px: int, height_px: int, theme: Theme) -> None:
    """Say, bottom right, which colour is which change in depth."""
    bar = QRectF(width_px - 152.0, height_px - 16.0, 140.0, 7.0)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        gradient.setColorAt(share, change_colour((2 * share - 1) * CHANGE_SPAN_M))
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(gradient)
    painter.drawRect(bar)
    painter.setPen(QColor(theme.muted))
    flags = Qt.AlignmentFlag.AlignBottom
    words = tr("nearer {cm:.0f} cm", cm=100 * CHANGE_SPAN_M), tr("{cm:.0f} cm farther", cm=100 * CHANGE_SPAN_M)
    above = QRectF(bar.x() - 40, bar.y() - 20, bar.width() + 40, 18)
    painter.drawText(above, flags | Qt.AlignmentFlag.AlignLeft, words[0])
    painter.drawText(above, flags | Qt.AlignmentFlag.AlignRight, words[1])


def _is_before(lens: Lens, camera: FilmingCamera) -> bool:
    """Whether the camera is nearer to the eye than the person."""
    _, depth = lens.project(np.stack([camera.eye_m, camera.target_m]))
    return bool(np.isnan(depth[0]) or depth[0] < depth[1])


def _paint_people(
    painter: QPainter,
    lens: Lens,
    scene: SkeletonScene,
    options: StageOptions,
    theme: Theme,
    *,
    is_raw: bool,
    opacity: float,
) -> None:
    body = scene.raw_body if is_raw else scene.body
    if scene.truth is not None:
        _paint_lines(painter, lens, scene.truth, [QColor(theme.truth)] * len(EDGES), _GHOST_M, scene.opacity)
    if body is None:
        by_side = {1: QColor(theme.left), -1: QColor(theme.right), 0: QColor(theme.middle)}
        _paint_lines(painter, lens, scene.raw, [QColor(theme.raw)] * len(EDGES), _GHOST_M, scene.opacity * 0.8)
        _paint_lines(painter, lens, scene.refined, [by_side[s] for s in _EDGE_SIDES], _LINE_M, scene.opacity)
        return
    shown = body if options.comparison == "depth" else replace(body, change_m=None)
    paint_body(painter, lens, shown, theme, opacity=opacity)
    if options.comparison == "over":
        _paint_lines(painter, lens, scene.raw, [QColor(theme.raw)] * len(EDGES), _GHOST_M, scene.opacity * 0.7)


def _paint_lines(
    painter: QPainter, lens: Lens, joints: FloatArray, colours: list[QColor], width_m: float, opacity: FloatArray
) -> None:
    points, depth = lens.project(joints)
    lines, far = points[EDGES].reshape(-1, 4), depth[EDGES].mean(axis=1)
    widths = np.maximum(lens.focal_px * width_m / far, 1.2)
    far_first = np.argsort(-far)
    for i in far_first[np.isfinite(lines[far_first]).all(axis=1)].tolist():
        colour = QColor(colours[i])
        colour.setAlphaF(float(opacity[i]))
        painter.setPen(QPen(colour, float(widths[i]), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QLineF(*lines[i].tolist()))


def _paint_errors(painter: QPainter, lens: Lens, joints: FloatArray, radius_m: FloatArray, colour: QColor) -> None:
    points, depth = lens.project(joints)
    spheres = np.column_stack([points, lens.focal_px * radius_m / depth])
    rim = QColor(colour)
    colour.setAlphaF(0.16)
    rim.setAlphaF(0.5)
    painter.setPen(QPen(rim, 1))
    painter.setBrush(colour)
    for x, y, radius in spheres[np.isfinite(spheres).all(axis=1)].tolist():
        painter.drawEllipse(QPointF(x, y), radius, radius)


def _paint_trails(painter: QPainter, lens: Lens, trails: FloatArray, names: tuple[str, ...], theme: Theme) -> None:
    colours = {1: theme.left, -1: theme.right, 0: theme.middle}
    for joint, name in enumerate(COCO_NAMES):
        if not any(part in name for part in names):
            continue
        pixels, _ = lens.project(trails[:, joint])
        known = pixels[np.isfinite(pixels).all(axis=1)].tolist()
        colour = QColor(colours[_SIDES[joint]])
        for i, (a, b) in enumerate(itertools.pairwise(known)):
            colour.setAlphaF(0.1 + 0.8 * (i + 1) / len(known))
            painter.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QLineF(*a, *b))


def _paint_overlay(painter: QPainter, lens: Lens, overlay: Overlay, theme: Theme) -> None:
    pixels, _ = lens.project(overlay.points_m)
    painter.setPen(QPen(QColor(overlay.colour), 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if len(pixels) > 1 and np.isfinite(pixels).all():
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in pixels.tolist()]))
    place, _ = lens.project(overlay.at_m)
    if overlay.text and np.isfinite(place).all():
        box = QRectF(painter.fontMetrics().boundingRect(overlay.text)).adjusted(-4, -2, 4, 2)
        box.moveCenter(QPointF(*place.tolist()))
        ground = QColor(theme.panel)
        ground.setAlphaF(0.8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(overlay.colour))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, overlay.text)
