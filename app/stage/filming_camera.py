"""The camera that filmed, where it stands in the scene, and its picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QTransform

from app.language import tr
from app.stage.lens import Lens
from app.theme import Theme
from core.pose.types import FloatArray, ImageArray

PLANE_M: Final = 0.42
"""How far in front of the eye its picture is drawn."""
_LONGER_PX: Final = 256
DIRECTIONS: Final = (
    "in front", "front right", "on the right", "behind right", "behind", "behind left", "on the left", "front left",
)  # fmt: skip
"""Where the camera is about the person, every 45 degrees of azimuth."""


@dataclass(frozen=True)
class FilmingCamera:
    """Where the camera is, and what it sees.

    Attributes:
        eye_m: (3,) display axes, metres.
        axes: (3, 3) rows right, up, forward, display axes.
        target_m: (3,) the middle of the person's hips.
        sees_from_m: (3,) where the eye must be for this frame's body to lie over the picture: as `eye_m`, but not
            steadied over time.
        intrinsics: (3, 3), pixels of the picture.
        picture: (H, W, 3) uint8 RGB.
        azimuth_deg: Of the viewpoint.
        elevation_deg: Of the viewpoint.
    """

    eye_m: FloatArray
    axes: FloatArray
    target_m: FloatArray
    sees_from_m: FloatArray
    intrinsics: FloatArray
    picture: ImageArray
    azimuth_deg: float
    elevation_deg: float

    @property
    def distance_m(self) -> float:
        """From the eye to the hips."""
        return float(np.linalg.norm(self.target_m - self.eye_m))

    def corners(self, depth_m: float = PLANE_M) -> FloatArray:
        """Return the (4, 3) corners of the picture at a depth: top left, top right, bottom right, bottom left."""
        height, width = self.picture.shape[:2]
        x = (np.array([0, width, width, 0]) - self.intrinsics[0, 2]) / self.intrinsics[0, 0]
        y = (np.array([0, 0, height, height]) - self.intrinsics[1, 2]) / self.intrinsics[1, 1]
        inside = np.stack([x, -y, np.ones(4)], axis=1) * depth_m
        result: FloatArray = self.eye_m + inside @ self.axes
        return result

    def frame(self, size_px: tuple[int, int]) -> QRectF:
        """Return where the picture is in a (width, height) pane that one looks through the camera in."""
        height, width = self.picture.shape[:2]
        scale = min(size_px[0] / width, size_px[1] / height)
        return QRectF(
            (size_px[0] - width * scale) / 2, (size_px[1] - height * scale) / 2, width * scale, height * scale
        )

    def lens(self, size_px: tuple[int, int]) -> Lens:
        """Return the projection by which the scene lies over `frame`."""
        frame = self.frame(size_px)
        scale = frame.width() / self.picture.shape[1]
        centre = (frame.x() + self.intrinsics[0, 2] * scale, frame.y() + self.intrinsics[1, 2] * scale)
        return Lens(self.sees_from_m, self.axes, float(self.intrinsics[0, 0]) * scale, centre)

    def words(self) -> str:
        """Return where it is, as one says it."""
        where = tr(DIRECTIONS[round(self.azimuth_deg / 45.0) % 8])
        return tr(
            "Camera {azimuth_deg:.0f}° {where}, {elevation_deg:.0f}° {side}, {distance_m:.1f} m",
            azimuth_deg=self.azimuth_deg % 360.0,
            where=where,
            elevation_deg=abs(self.elevation_deg),
            side=tr("above") if self.elevation_deg >= 0 else tr("below"),
            distance_m=self.distance_m,
        )


def paint_backdrop(painter: QPainter, camera: FilmingCamera, size_px: tuple[int, int]) -> None:
    """Paint the picture as what lies behind everything, for looking through the camera."""
    picture = np.ascontiguousarray(camera.picture)
    height, width = picture.shape[:2]
    image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    painter.drawImage(camera.frame(size_px), image)
    painter.fillRect(camera.frame(size_px), QColor(0, 0, 0, 70))


def paint_frustum(painter: QPainter, lens: Lens, camera: FilmingCamera, theme: Theme) -> None:
    """Paint the camera with its picture, and the ray to the person's hips."""
    corners = camera.corners()
    pixels, _ = lens.project(corners)
    line = QColor(theme.refined)
    painter.setPen(QPen(line, 1.2, Qt.PenStyle.DashLine))
    painter.drawLines([QLineF(*ends) for ends in lens.lines(np.array([[camera.eye_m, camera.target_m]])).tolist()])
    if np.isfinite(pixels).all():
        _paint_picture(painter, camera.picture, pixels)
    painter.setPen(QPen(line, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    above = (corners[0] + corners[1]) / 2
    mark = [
        0.6 * above + 0.4 * corners[0],
        above + (corners[0] - corners[3]) * 0.12,
        0.6 * above + 0.4 * corners[1],
    ]
    edges = [(camera.eye_m, corner) for corner in corners]
    edges += [(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    edges += [(mark[0], mark[1]), (mark[1], mark[2])]
    painter.drawLines([QLineF(*ends) for ends in lens.lines(np.array(edges)).tolist()])


def _paint_picture(painter: QPainter, picture: ImageArray, corners_px: FloatArray) -> None:
    """Paint a picture onto four points; small, since it is seen small."""
    height, width = picture.shape[:2]
    scale = min(_LONGER_PX / max(height, width), 1.0)
    small = cv2.resize(picture, (max(round(width * scale), 2), max(round(height * scale), 2)))
    h, w = small.shape[:2]
    image = QImage(small.data, w, h, 3 * w, QImage.Format.Format_RGB888)
    place = QPolygonF([QPointF(x, y) for x, y in corners_px.tolist()])
    turn = QTransform()
    square = QPolygonF([QPointF(0, 0), QPointF(w, 0), QPointF(w, h), QPointF(0, h)])
    turned = QTransform.quadToQuad(square, place, turn)
    if not turned:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setTransform(turn, True)
    painter.drawImage(0, 0, image)
    painter.restore()
