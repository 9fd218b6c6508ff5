"""The 3D skeleton view without OpenGL: projected by hand, painted by QPainter."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.theme import theme_of
from app.views.orbit import OrbitCamera
from app.views.scene import EDGE_SIDE, SkeletonScene
from app.views.skeleton import GRID_HALF_M, GRID_STEP_M
from core.skeleton import EDGES
from core.types import FloatArray


class FlatSkeletonView(QWidget):
    """Left drag turns, right or middle drag moves, the wheel zooms, a double click resets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self.camera = OrbitCamera()
        self._scene: SkeletonScene | None = None
        self._pressed_at: QPointF | None = None
        self._grid = grid_lines()

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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_of(self.palette())
        self._draw_lines(painter, self._grid, QPen(QColor(theme.border), 1))
        if self._scene is None:
            return
        by_side = {1: QColor(theme.left), -1: QColor(theme.right), 0: QColor(theme.middle)}
        grey = QColor(theme.raw)
        self._draw_spheres(painter, self._scene.refined, self._scene.uncertainty_m, QColor(theme.refined))
        self._draw_skeleton(painter, self._scene.raw, [grey] * len(EDGES), 2.5, self._scene.opacity * 0.8)
        if self._scene.truth is not None:
            gold = QColor(theme.truth)
            self._draw_skeleton(painter, self._scene.truth, [gold] * len(EDGES), 2.5, self._scene.opacity)
        self._draw_skeleton(painter, self._scene.refined, [by_side[s] for s in EDGE_SIDE], 4.5, self._scene.opacity)

    def _draw_spheres(self, painter: QPainter, joints: FloatArray, radius_m: FloatArray, colour: QColor) -> None:
        size = self.width(), self.height()
        points, depth = self.camera.project(joints, size)
        focal_px = self.camera.focal_px(size)
        colour.setAlphaF(0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point, far, radius in zip(points, depth, radius_m, strict=True):
            if np.isfinite([*point, radius]).all():
                painter.drawEllipse(QPointF(*point), focal_px * radius / far, focal_px * radius / far)

    def _draw_lines(self, painter: QPainter, lines: FloatArray, pen: QPen) -> None:
        points, _ = self.camera.project(lines, (self.width(), self.height()))
        painter.setPen(pen)
        painter.drawLines([QLineF(*a, *b) for a, b in points if np.isfinite([a, b]).all()])

    def _draw_skeleton(
        self, painter: QPainter, joints: FloatArray, colours: list[QColor], width: float, opacity: FloatArray
    ) -> None:
        points, depth = self.camera.project(joints, (self.width(), self.height()))
        for i in np.argsort(-depth[EDGES].mean(axis=1)):  # far bones first
            ends = points[EDGES[i]]
            if not np.isfinite(ends).all():
                continue
            colour = QColor(colours[i])
            colour.setAlphaF(float(opacity[i]))
            near = self.camera.distance_m / float(depth[EDGES[i]].mean())
            painter.setPen(QPen(colour, width * near, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QLineF(*ends[0], *ends[1]))

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
