"""A picture of where the axes of an export point: the person, the camera, gravity."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme_of
from core.pose.geometry import upright_rotation, view_ray_rotation
from core.pose.types import FloatArray

# The scene has x to the right of the camera's picture, y against gravity, z from the person to the camera.
_HIPS: Final = np.array([0.0, 0.95, 0.0])
_CAMERA: Final = np.array([0.0, 1.6, 2.4])
_AIM: Final = np.array([-0.55, 0.85, 0.0])
"""What the camera looks at: beside the person, so that its axis and the ray to the hips differ."""
_PERSON: Final = (
    ((0.0, 1.62, 0.0), (0.0, 1.45, 0.0)), ((-0.2, 1.45, 0.0), (0.2, 1.45, 0.0)), ((-0.1, 0.95, 0.0), (0.1, 0.95, 0.0)),
    ((-0.2, 1.45, 0.0), (-0.1, 0.95, 0.0)), ((0.2, 1.45, 0.0), (0.1, 0.95, 0.0)),
    ((-0.2, 1.45, 0.0), (-0.3, 1.15, 0.0)), ((-0.3, 1.15, 0.0), (-0.32, 0.88, 0.08)),
    ((0.2, 1.45, 0.0), (0.3, 1.15, 0.0)), ((0.3, 1.15, 0.0), (0.32, 0.88, 0.08)),
    ((-0.1, 0.95, 0.0), (-0.12, 0.5, 0.02)), ((-0.12, 0.5, 0.02), (-0.12, 0.05, 0.0)),
    ((0.1, 0.95, 0.0), (0.12, 0.5, 0.02)), ((0.12, 0.5, 0.02), (0.12, 0.05, 0.0)),
)  # fmt: skip
_HEAD: Final = np.array([0.0, 1.7, 0.0])
_ARROW: Final = 0.75
_TURN_RAD: Final = np.deg2rad(-42.0)
_TILT_RAD: Final = np.deg2rad(27.0)
_NAMES: Final = ("x", "y", "z")
_COLOURS: Final = ("right", "refined", "left")
"""Of the theme, one per axis."""


def axes_in_scene(coordinates: str, up: str) -> FloatArray:
    """Return the (3, 3) unit axes of an export as rows, in the scene: right in the picture, up, towards the camera.

    Args:
        coordinates: One of `core.sequence.coordinates.COORDINATES`.
        up: One of `core.sequence.coordinates.UP_AXES`; for upright ones.
    """
    forward = (_AIM - _CAMERA) / np.linalg.norm(_AIM - _CAMERA)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    camera = np.stack([right, np.cross(forward, right), forward])  # rows: the camera's x, y, z in the scene
    if coordinates == "camera":
        return camera
    if coordinates == "view-ray":
        ray = camera @ (_HIPS - _CAMERA)
        return np.asarray(view_ray_rotation(ray / np.linalg.norm(ray)) @ camera)
    level = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])  # a level camera's axes in the scene
    return np.asarray(upright_rotation(np.array([0.0, -1.0, 0.0]), up) @ level)


class AxesPicture(QWidget):
    """Draws one choice of axes at the hips of a person in front of a camera."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._coordinates, self._up = "upright", "y"
        self.setMinimumSize(230, 170)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_axes(self, coordinates: str, up: str) -> None:
        """Show other axes."""
        self._coordinates, self._up = coordinates, up
        self.setAccessibleName(f"Axes: {coordinates}, {up} up" if coordinates == "upright" else f"Axes: {coordinates}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw floor, camera, person, then the axes over them."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.setPen(QPen(QColor(theme.border), 1))
        for k in np.linspace(-1.0, 1.0, 5):
            self._line(painter, (k, 0, -1), (k, 0, 2.4))
        for k in np.linspace(-1.0, 2.4, 8):
            self._line(painter, (-1, 0, k), (1, 0, k))
        self._draw_camera(painter, QColor(theme.muted))
        painter.setPen(QPen(QColor(theme.middle), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for start, end in _PERSON:
            self._line(painter, start, end)
        painter.setBrush(QColor(theme.middle))
        radius = 0.09 * self._scale
        painter.drawEllipse(self._at(_HEAD), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        axes = axes_in_scene(self._coordinates, self._up)
        for axis, name, colour in zip(axes, _NAMES, _COLOURS, strict=True):
            self._draw_arrow(painter, axis, name, QColor(getattr(theme, colour)))
        painter.end()

    @property
    def _scale(self) -> float:
        return min(self.width() / 3.4, self.height() / 2.45)

    def _at(self, point: FloatArray | tuple[float, ...]) -> QPointF:
        """Return where a point of the scene is drawn: seen from the person's side, a little from above."""
        x, y, z = np.asarray(point, dtype=float) - (0.0, 0.95, 0.75)
        across = np.cos(_TURN_RAD) * x + np.sin(_TURN_RAD) * z
        deep = np.cos(_TURN_RAD) * z - np.sin(_TURN_RAD) * x
        up = np.cos(_TILT_RAD) * y - np.sin(_TILT_RAD) * deep
        return QPointF(self.width() / 2 + across * self._scale, self.height() * 0.52 - up * self._scale)

    def _line(
        self, painter: QPainter, start: FloatArray | tuple[float, ...], end: FloatArray | tuple[float, ...]
    ) -> None:
        painter.drawLine(self._at(start), self._at(end))

    def _draw_camera(self, painter: QPainter, colour: QColor) -> None:
        camera = axes_in_scene("camera", "y")
        painter.setPen(QPen(colour, 1.5))
        corners = [
            _CAMERA + 0.5 * camera[2] + 0.26 * i * camera[0] + 0.18 * j * camera[1]
            for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        for corner in corners:
            self._line(painter, _CAMERA, corner)
        painter.drawPolygon(QPolygonF([self._at(corner) for corner in corners]))
        if self._coordinates != "upright":
            target = _HIPS if self._coordinates == "view-ray" else _CAMERA + 2.5 * camera[2]
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            self._line(painter, _CAMERA, target)

    def _draw_arrow(self, painter: QPainter, axis: FloatArray, name: str, colour: QColor) -> None:
        start, end = self._at(_HIPS), self._at(_HIPS + _ARROW * axis)
        painter.setPen(QPen(colour, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(start, end)
        along = np.array([end.x() - start.x(), end.y() - start.y()])
        length = float(np.hypot(*along))
        along = along / max(length, 1e-6)
        side = np.array([-along[1], along[0]])
        tip = np.array([end.x(), end.y()])
        head = [tip + 9 * along, tip + 5 * side, tip - 5 * side]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(*point) for point in head]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(colour)
        centre = tip + 20 * along
        painter.drawText(QRectF(centre[0] - 10, centre[1] - 10, 20, 20), Qt.AlignmentFlag.AlignCenter, name)
