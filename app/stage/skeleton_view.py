"""The 3D skeleton view: projected by hand, painted by QPainter.

Two dozen lines need no OpenGL, and one widget of it makes Qt put the whole window together by it: where it is drawn
in software, every video frame then costs twice (figures in ARCHITECTURE.md).
"""

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.stage.orbit import OrbitCamera
from app.stage.pixmap_cache import PixmapCache
from app.stage.scene import EDGE_SIDE, SkeletonScene
from app.theme import theme_of
from core.pose.skeleton import EDGES
from core.pose.types import FloatArray

GRID_HALF_M: Final = 1.5
GRID_STEP_M: Final = 0.25
_EDGE_SIDES: Final[list[int]] = EDGE_SIDE.tolist()
_TURN_PX: Final = 20
_KEYS: Final = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
_ZOOM_KEYS: Final = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class SkeletonView(QWidget):
    """Left drag turns, right or middle drag moves, the wheel zooms, a double click resets.

    Reached with Tab, the arrow keys turn it, with Shift they move it, plus and minus zoom.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the arrow keys from the transport
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.camera = OrbitCamera()
        self._scene: SkeletonScene | None = None
        self._pressed_at: QPointF | None = None
        self._floor = PixmapCache()

    @property
    def azimuth_deg(self) -> float:
        """Where one looks from, display azimuth."""
        return self.camera.azimuth_deg

    def sizeHint(self) -> QSize:
        """As tall as the video beside it."""
        return QSize(460, 450)

    def show_scene(self, scene: SkeletonScene | None) -> None:
        """Draw a scene; None leaves only the floor."""
        if scene is not self._scene:
            self._scene = scene
            self.update()

    def reset_camera(self) -> None:
        """Look from the start position again."""
        self._look(OrbitCamera())

    def look_from(self, azimuth_deg: float, elevation_deg: float) -> None:
        """Look from another direction, as far away as before."""
        self._look(replace(self.camera, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the floor, the spheres, the raw ghost, the truth, then the refined skeleton."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        floor = self._floor.picture(
            self, theme.panel, (self.camera, theme), lambda painter: self._paint_floor(painter, QColor(theme.border))
        )
        painter.drawPixmap(0, 0, floor)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scene = self._scene
        if scene is not None:
            by_side = {1: QColor(theme.left), -1: QColor(theme.right), 0: QColor(theme.middle)}
            self._draw_spheres(painter, scene.refined, scene.uncertainty_m, QColor(theme.refined))
            self._draw_skeleton(painter, scene.raw, [QColor(theme.raw)] * len(EDGES), 2.5, scene.opacity * 0.8)
            if scene.truth is not None:
                self._draw_skeleton(painter, scene.truth, [QColor(theme.truth)] * len(EDGES), 2.5, scene.opacity)
            self._draw_skeleton(painter, scene.refined, [by_side[s] for s in _EDGE_SIDES], 4.5, scene.opacity)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.refined), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_floor(self, painter: QPainter, colour: QColor) -> None:
        points, _ = self.camera.project(grid_lines(), (self.width(), self.height()))
        painter.setPen(QPen(colour, 1))
        lines = points[np.isfinite(points).all(axis=(1, 2))].reshape(-1, 4).tolist()
        painter.drawLines([QLineF(*line) for line in lines])

    def _draw_spheres(self, painter: QPainter, joints: FloatArray, radius_m: FloatArray, colour: QColor) -> None:
        size = self.width(), self.height()
        points, depth = self.camera.project(joints, size)
        radius_px = self.camera.focal_px(size) * radius_m / depth
        spheres = np.column_stack([points, radius_px])
        colour.setAlphaF(0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for x, y, radius in spheres[np.isfinite(spheres).all(axis=1)].tolist():
            painter.drawEllipse(QPointF(x, y), radius, radius)

    def _draw_skeleton(
        self, painter: QPainter, joints: FloatArray, colours: list[QColor], width: float, opacity: FloatArray
    ) -> None:
        points, depth = self.camera.project(joints, (self.width(), self.height()))
        lines, far = points[EDGES].reshape(-1, 4), depth[EDGES].mean(axis=1)
        widths = width * self.camera.distance_m / far
        far_first = np.argsort(-far)
        for i in far_first[np.isfinite(lines[far_first]).all(axis=1)].tolist():
            colour = QColor(colours[i])
            colour.setAlphaF(float(opacity[i]))
            painter.setPen(QPen(colour, float(widths[i]), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QLineF(*lines[i].tolist()))

    def _look(self, camera: OrbitCamera) -> None:
        self.camera = camera
        self.update()

    def event(self, event: QEvent) -> bool:
        """Take the arrow keys before the transport does, while the focus is here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn, move or zoom."""
        key = Qt.Key(event.key())
        if key in _ZOOM_KEYS:
            self._look(self.camera.zoomed(_ZOOM_KEYS[key]))
        elif key in _KEYS:
            right, down = (_TURN_PX * step for step in _KEYS[key])
            is_move = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._look(self._moved(right, down) if is_move else self.camera.turned(right, down))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        self._pressed_at = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn with the left button, move with the others."""
        if self._pressed_at is None:
            return
        delta, self._pressed_at = event.position() - self._pressed_at, event.position()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._look(self.camera.turned(delta.x(), delta.y()))
        else:
            self._look(self._moved(delta.x(), delta.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look from the start position again."""
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Come nearer or go away."""
        self._look(self.camera.zoomed(event.angleDelta().y() / 120))

    def _moved(self, right_px: float, down_px: float) -> OrbitCamera:
        return self.camera.moved(right_px, down_px, min(self.width(), self.height()))


def grid_lines() -> FloatArray:
    """Return the (n, 2, 3) lines of the floor, metres, display axes."""
    ticks = np.arange(-GRID_HALF_M, GRID_HALF_M + GRID_STEP_M / 2, GRID_STEP_M)
    along_x = [[(-GRID_HALF_M, t, 0.0), (GRID_HALF_M, t, 0.0)] for t in ticks]
    along_y = [[(t, -GRID_HALF_M, 0.0), (t, GRID_HALF_M, 0.0)] for t in ticks]
    return np.array(along_x + along_y)
