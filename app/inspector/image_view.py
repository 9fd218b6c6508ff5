"""The image plane of a pair: MediaPipe's 2D joints, and the truth as the camera would see it."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage.scene import EDGE_SIDE, edge_opacity
from app.theme import DARK, theme_of
from core.pose.skeleton import EDGES
from core.pose.types import FloatArray, ImageArray

LEFT, RIGHT, MIDDLE = DARK.left, DARK.right, DARK.middle  # on a dark ground in every theme
TRUTH = DARK.truth


class ImageView(QWidget):
    """Paints MediaPipe's joints in the colours of their sides and the truth in yellow, on the picture if known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self._region = QRectF(0, 0, 16, 9)
        self._joints: FloatArray | None = None
        self._truth: FloatArray | None = None
        self._opacity: FloatArray = np.ones(len(EDGES))
        self._image: QImage | None = None

    def sizeHint(self) -> QSize:
        """As tall as the 3D view beside it."""
        return QSize(460, 450)

    def show_part(self, region: QRectF) -> None:
        """Show this part of the image, pixels, as large as fits."""
        self._region = region
        self.update()

    def show_pose(self, joints_px: FloatArray, truth_px: FloatArray, visibility: FloatArray) -> None:
        """Show (17, 2) MediaPipe's and true joints, pixels."""
        self._joints, self._truth = joints_px, truth_px
        self._opacity = edge_opacity(np.nan_to_num(visibility))
        self.update()

    def show_image(self, image: ImageArray | None) -> None:
        """Put an RGB picture beneath the joints; None: none."""
        self._image = None
        if image is not None:
            pixels = np.ascontiguousarray(image)
            height, width = pixels.shape[:2]
            self._image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._joints = self._truth = self._image = None
        self.update()

    def scale(self) -> float:
        """Return how many pixels of the widget a pixel of the image is."""
        return min(self.width() / self._region.width(), self.height() / self._region.height())

    def origin(self) -> QPointF:
        """Return where the image's top left corner is in the widget."""
        return QPointF(self.width() / 2, self.height() / 2) - self._region.center() * self.scale()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, MediaPipe's joints and the truth."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.well))
        if self._image is not None:
            size = self._image.size() * self.scale()
            painter.drawImage(QRectF(self.origin(), size), self._image)
        if self._joints is None or self._truth is None:
            return
        by_side = {1: QColor(LEFT), -1: QColor(RIGHT), 0: QColor(MIDDLE)}
        self._paint_bones(painter, self._joints, [by_side[int(s)] for s in EDGE_SIDE], 4.5)
        self._paint_bones(painter, self._truth, [QColor(TRUTH)] * len(EDGES), 2.0)

    def _paint_bones(self, painter: QPainter, joints: FloatArray, colours: list[QColor], width: float) -> None:
        origin = self.origin()
        points = joints * self.scale() + [origin.x(), origin.y()]
        for edge, colour, opacity in zip(EDGES, colours, self._opacity, strict=True):
            if np.isfinite(points[edge]).all():
                shade = QColor(colour)
                shade.setAlphaF(float(opacity))
                painter.setPen(QPen(shade, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(QPointF(*points[edge[0]]), QPointF(*points[edge[1]]))
