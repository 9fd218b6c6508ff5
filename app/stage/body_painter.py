"""Paints bodies: each part is the outline of its spheres with a gradient over it, the farthest first.

No shader does this, and none is needed: some thirty polygons cost less than the picture beside them (figures in
docs/findings.md).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen, QPolygonF, QRadialGradient

from app.stage.body import (
    PART_POINTS,
    PART_RADII_M,
    PART_STARTS,
    PARTS,
    POINT_NAMES,
    SKULL_RADIUS_M,
    Body,
    Part,
    face_rim,
)
from app.stage.lens import Lens
from app.theme import Theme
from core.pose.geometry import normalise
from core.pose.types import FloatArray

CHANGE_SPAN_M: Final = 0.10
"""A change in depth from which colours grow no stronger."""
_TURNS: Final = np.linspace(0.0, 2 * np.pi, 14, endpoint=False)
_CIRCLE: Final = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
_BEHIND_M: Final = 0.4
"""The neck ends inside the head and the chest, which always cover its ends."""
_LIGHT: Final = np.array([-0.55, -0.83])
_SKIN, _HAIR, _EYE = QColor(232, 190, 160), QColor(96, 84, 78), QColor(30, 30, 34)
_NEARER, _SAME, _FARTHER = np.array([0.48, 0.20, 0.58]), np.array([0.93, 0.93, 0.93]), np.array([0.0, 0.47, 0.22])
_SKULL: Final = POINT_NAMES.index("skull")
_CHIN: Final = POINT_NAMES.index("chin")
_CHIN_RADIUS_M: Final = 0.05
_NECK, _CHEST = POINT_NAMES.index("neck"), POINT_NAMES.index("chest")
_WAIST: Final = [POINT_NAMES.index("left_waist"), POINT_NAMES.index("right_waist")]


@dataclass(frozen=True)
class _Shape:
    outline: QPolygonF
    centres: FloatArray
    radii: FloatArray
    depth: float


def change_colour(change_m: float) -> QColor:
    """Return the colour of a change in depth: violet nearer to the camera, green farther, whitish for none."""
    share = float(np.clip(change_m / CHANGE_SPAN_M, -1.0, 1.0))
    end = _FARTHER if share > 0 else _NEARER
    red, green, blue = (_SAME + (end - _SAME) * abs(share)).tolist()
    return QColor.fromRgbF(red, green, blue)


def paint_body(painter: QPainter, lens: Lens, body: Body, theme: Theme, *, opacity: float = 1.0) -> None:
    """Paint a body as a lens sees it; what was not seen is grey and lets through what is behind."""
    shapes = [_shape(spheres) for spheres in _spheres(lens, body)]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    known = [(shape, part) for shape, part in zip(shapes, PARTS, strict=True) if shape is not None]
    for shape, part in sorted(known, key=lambda pair: -pair[0].depth - _BEHIND_M * (pair[1].kind == "neck")):
        is_seen = bool(body.seen[list(part.landmarks)].all())
        colour = _colour(part, body, theme)
        if not is_seen:
            _paint_ghost(painter, shape, QColor(theme.muted))
            continue
        painter.setOpacity(opacity)
        painter.setPen(QPen(colour.darker(165), 0.8))
        painter.setBrush(_shading(shape, part, colour))
        painter.drawPolygon(shape.outline)
        if part.kind == "skull":
            _paint_face(painter, lens, body, opacity)
        elif part.kind == "trunk" and _CHEST in part.points:
            _paint_spine(painter, lens, body)
    painter.setOpacity(1.0)


def _spheres(lens: Lens, body: Body) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    centres = body.points_m[PART_POINTS]
    pixels, depth = lens.project(centres)
    radii = lens.focal_px * PART_RADII_M * body.size / depth
    cuts = [slice(a, b) for a, b in zip(PART_STARTS[:-1].tolist(), PART_STARTS[1:].tolist(), strict=True)]
    return [(pixels[cut], radii[cut], depth[cut]) for cut in cuts]


def _shape(spheres: tuple[FloatArray, FloatArray, FloatArray]) -> _Shape | None:
    """Return the outline; None of what is unknown, behind the eye, or so near that it would fill the pane."""
    centres, radii, depth = spheres
    if not np.isfinite(radii).all() or np.abs(centres).max() > 2e4:
        return None
    rim = (centres[:, None] + radii[:, None, None] * _CIRCLE).reshape(-1, 2).astype(np.float32)
    hull = cv2.convexHull(rim)[:, 0].tolist()
    return _Shape(QPolygonF([QPointF(x, y) for x, y in hull]), centres, radii, float(depth.mean() + 0.4 * depth.min()))


def _colour(part: Part, body: Body, theme: Theme) -> QColor:
    if body.change_m is not None:
        return change_colour(float(np.mean(body.change_m[list(part.landmarks)])))
    if part.kind == "skull":
        return _HAIR
    if part.kind == "nose":
        return _SKIN.darker(108)
    return QColor({1: theme.left, -1: theme.right, 0: theme.middle}[part.side])


def _shading(shape: _Shape, part: Part, colour: QColor) -> QBrush:
    dark, light = colour.darker(175), colour.lighter(128)
    if len(shape.radii) == 2 and part.kind != "skull":
        along = shape.centres[1] - shape.centres[0]
        length = float(np.hypot(*along))
        if length > 1.0:
            across = np.array([-along[1], along[0]]) / length
            across = across if across @ _LIGHT > 0 else -across
            middle, reach = shape.centres.mean(axis=0), across * float(shape.radii.max())
            gradient = QLinearGradient(QPointF(*(middle - reach)), QPointF(*(middle + reach)))
            for stop, shade in ((0.0, dark), (0.42, colour), (0.72, light), (1.0, colour)):
                gradient.setColorAt(stop, shade)
            return QBrush(gradient)
    box = shape.outline.boundingRect()
    radius = max(box.width(), box.height()) / 2
    lit = QPointF(box.center().x() + _LIGHT[0] * radius * 0.35, box.center().y() + _LIGHT[1] * radius * 0.35)
    round_ = QRadialGradient(lit, radius * 1.35)
    for stop, shade in ((0.0, light), (0.45, colour), (1.0, dark)):
        round_.setColorAt(stop, shade)
    return QBrush(round_)


def _paint_ghost(painter: QPainter, shape: _Shape, grey: QColor) -> None:
    painter.setOpacity(0.9)
    line, fill = QColor(grey), QColor(grey)
    line.setAlphaF(0.55)
    fill.setAlphaF(0.16)
    painter.setPen(QPen(line, 1.0, Qt.PenStyle.DashLine))
    painter.setBrush(fill)
    painter.drawPolygon(shape.outline)


def _paint_face(painter: QPainter, lens: Lens, body: Body, opacity: float) -> None:
    """Paint the face where it is turned to the eye: from behind one sees hair."""
    if not np.isfinite(body.gaze).all():
        return
    centre, rim = face_rim(body)
    to_eye = normalise(lens.eye_m - centre)
    radius = SKULL_RADIUS_M * body.size
    # what of the rim lies on the far half is moved to where the skull's outline hides it
    away = np.minimum((rim - centre) @ to_eye, 0.0)[:, None] * to_eye
    moved = normalise(rim - centre - away) * radius + centre
    facing = float(body.gaze @ to_eye)
    if facing < -0.6:
        return
    pixels, _ = lens.project(moved)
    if not np.isfinite(pixels).all():
        return
    if facing > -0.25:
        chin, depth = lens.project(body.points_m[_CHIN])
        pixels = np.concatenate([pixels, chin + lens.focal_px * _CHIN_RADIUS_M * body.size / depth * _CIRCLE])
    hull = cv2.convexHull(pixels.astype(np.float32))[:, 0].tolist()
    painter.setOpacity(opacity)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_SKIN if body.change_m is None else change_colour(float(body.change_m[0])))
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in hull]))
    for landmark in (2, 5):
        place = centre + normalise(body.landmarks_m[landmark] - centre) * radius
        if (place - centre) @ to_eye > 0.1 * radius:
            (x, y), depth = lens.project(place)
            size = lens.focal_px * 0.013 * body.size / float(depth)
            painter.setBrush(_EYE)
            painter.drawEllipse(QPointF(x, y), size, size)


def _paint_spine(painter: QPainter, lens: Lens, body: Body) -> None:
    """Tell back from front: a spine on the back, a collar on the chest."""
    if not np.isfinite(body.facing).all():
        return
    to_eye = normalise(lens.eye_m - body.points_m[_CHEST])
    towards = float(body.facing @ to_eye)
    reach = 0.1 * body.size * np.sign(towards) * body.facing
    pen = QPen(QColor(20, 22, 26, int(150 * min(abs(towards) * 1.5, 1.0))), 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    neck, chest, waist = body.points_m[_NECK], body.points_m[_CHEST], body.points_m[_WAIST].mean(axis=0)
    if towards < 0:
        line = [neck + 0.3 * reach, chest + reach, waist + 0.8 * reach]
    else:
        across = (body.landmarks_m[11] - body.landmarks_m[12]) * 0.2
        line = [neck + across + 0.4 * reach, 0.6 * neck + 0.4 * chest + 0.9 * reach, neck - across + 0.4 * reach]
    pixels, _ = lens.project(np.stack(line))
    if np.isfinite(pixels).all():
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in pixels.tolist()]))
