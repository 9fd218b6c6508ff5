"""The 3D skeleton view without OpenGL: projected by hand, painted by QPainter."""

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.theme import theme_of
from app.views.backdrop import Backdrop
from app.views.orbit import OrbitCamera
from app.views.scene import EDGE_SIDE, SkeletonScene
from app.views.skeleton import GRID_HALF_M, GRID_STEP_M
from core.skeleton import EDGES
from core.types import FloatArray

_EDGE_SIDES: Final[list[int]] = EDGE_SIDE.tolist()


class FlatSkeletonView(QWidget):
    """Left drag turns, right or middle drag moves, the wheel zooms, a double click resets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self.camera = OrbitCamera()
        self._scene: SkeletonScene | None = None
        self._pressed_at: QPointF | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._floor = Backdrop()

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
        """Paint the floor, the raw ghost, then the refined skeleton."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        floor = self._floor.picture(
            self, theme.panel, (self.camera, theme), lambda painter: self._paint_floor(painter, QColor(theme.border))
        )
        painter.drawPixmap(0, 0, floor)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._scene is None:
            return
        by_side = {1: QColor(theme.left), -1: QColor(theme.right), 0: QColor(theme.middle)}
        grey = QColor(theme.raw)
        self._draw_spheres(painter, self._scene.refined, self._scene.uncertainty_m, QColor(theme.refined))
        self._draw_skeleton(painter, self._scene.raw, [grey] * len(EDGES), 2.5, self._scene.opacity * 0.8)
        self._draw_skeleton(painter, self._scene.refined, [by_side[s] for s in _EDGE_SIDES], 4.5, self._scene.opacity)

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
            self._look(self.camera.moved(delta.x(), delta.y(), min(self.width(), self.height())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look from the start position again."""
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Come nearer or go away."""
        self._look(self.camera.zoomed(event.angleDelta().y() / 120))


def grid_lines() -> FloatArray:
    """Return the (n, 2, 3) lines of the floor, metres, display axes."""
    ticks = np.arange(-GRID_HALF_M, GRID_HALF_M + GRID_STEP_M / 2, GRID_STEP_M)
    along_x = [[(-GRID_HALF_M, t, 0.0), (GRID_HALF_M, t, 0.0)] for t in ticks]
    along_y = [[(t, -GRID_HALF_M, 0.0), (t, GRID_HALF_M, 0.0)] for t in ticks]
    return np.array(along_x + along_y)
