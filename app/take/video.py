"""The video with the detected skeleton over it."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.theme import DARK, theme_of
from core.pose.skeleton import EDGES, LANDMARK_NAMES, LANDMARK_TO_COCO, RIGID_ANCHORS
from core.pose.types import Refined

LINES: Final = np.array([*LANDMARK_TO_COCO[EDGES].tolist(), *((anchor, r) for r, (anchor, _) in RIGID_ANCHORS.items())])
"""(n, 2) landmark indices of the lines drawn: the skeleton's, and hands and feet."""


class VideoView(QWidget):
    """Paint the newest packet's image and landmarks, as large as fits; repaints only when a packet came.

    Signals:
        person_chosen(float, float): The user clicked on somebody, pixels of the image.
    """

    person_chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 120)
        self._packet: Refined | None = None
        self._image: QImage | None = None
        self._is_mirrored, self._has_overlay, self._is_dimmed = False, True, False
        self._is_choosing = False

    def show_packet(self, packet: Refined | None) -> None:
        """Show a packet; None clears the view."""
        self._packet, self._image = packet, None
        if packet is not None:
            pixels = np.ascontiguousarray(packet.detection.frame.image)
            height, width = pixels.shape[:2]
            # the image borrows the packet's memory, which lives as long as the packet is kept here
            self._image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._pixels = pixels
        self.update()

    def set_mirrored(self, is_mirrored: bool) -> None:
        """Show the picture as a mirror does; only what is painted: left stays left in colour, data and files."""
        self._is_mirrored = is_mirrored
        self.update()

    def set_overlay(self, is_on: bool) -> None:
        """Show or hide bones and joints."""
        self._has_overlay = is_on
        self.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Darken the picture under the bones."""
        self._is_dimmed = is_dimmed
        self.update()

    def begin_choice(self) -> None:
        """Let the user click on a person."""
        self._is_choosing = True
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the click as the choice of a person, if one is asked for."""
        if not self._is_choosing or self._image is None:
            super().mousePressEvent(event)
            return
        self._is_choosing = False
        self.unsetCursor()
        target = self.image_rect()
        x = (event.position().x() - target.x()) * self._image.width() / target.width()
        y = (event.position().y() - target.y()) * self._image.height() / target.height()
        self.person_chosen.emit(self._image.width() - x if self._is_mirrored else x, y)
        self.update()

    def sizeHint(self) -> QSize:
        """Half of a full HD picture."""
        return QSize(800, 450)

    def image_rect(self) -> QRectF:
        """Return where the image is painted: centred, its proportions kept."""
        if self._image is None:
            return QRectF(self.rect())
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint image, bones and joints."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme_of(self.palette()).well))
        if self._image is None or self._packet is None:
            return
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        target = self.image_rect()
        painter.save()
        if self._is_mirrored:  # the image is centred, so mirroring the widget mirrors the image in its place
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        painter.drawImage(target, self._image)
        if self._is_dimmed:
            painter.fillRect(target, QColor(0, 0, 0, 150))
        if self._packet.detection.is_found and self._has_overlay:
            self._paint_landmarks(painter, target)
        painter.restore()
        if self._is_choosing:
            self._paint_words(painter, tr("Click on the person to follow"))
        elif self._packet.detection.is_awaited:
            self._paint_words(painter, tr("This frame is not analysed yet"))
        elif not self._packet.detection.is_found:
            self._paint_words(painter, tr("Nobody found in this frame"))

    def _paint_landmarks(self, painter: QPainter, target: QRectF) -> None:
        assert self._packet is not None  # noqa: S101 painted only where there is a frame
        assert self._image is not None  # noqa: S101 painted only where there is a frame
        detection = self._packet.detection
        scale = target.width() / self._image.width()
        pixels = detection.landmarks_px * scale + [target.x(), target.y()]
        points = [QPointF(x, y) for x, y in pixels.tolist()]
        opacity = np.clip(detection.visibility, 0.0, 1.0).tolist()
        extent = float(np.ptp(pixels[LANDMARK_TO_COCO, 1]))
        width = min(max(extent / 90, 2.0), 5.0)
        painter.setClipRect(target)
        for (a, b), plain in zip(_LINE_ENDS, _LINE_COLOURS, strict=True):
            alpha = 0.15 + 0.85 * min(opacity[a], opacity[b])
            rim, colour = QColor(0, 0, 0), QColor(plain)
            rim.setAlphaF(0.55 * alpha)  # a dark rim keeps the line readable on any picture
            colour.setAlphaF(alpha)
            for each, pen_width in ((rim, width + 2), (colour, width)):
                painter.setPen(QPen(each, pen_width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(points[a], points[b])
        painter.setPen(Qt.PenStyle.NoPen)
        for landmark in _BODY_LANDMARKS:
            painter.setBrush(QColor(255, 255, 255, int(60 + 180 * opacity[landmark])))
            painter.drawEllipse(points[landmark], width * 0.75, width * 0.75)

    def _paint_words(self, painter: QPainter, text: str) -> None:
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 24, metrics.height() + 10)
        box.moveCenter(QPointF(self.width() / 2, 24.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(DARK.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def line_colour(a: int, b: int) -> QColor:
    """Return the colour of the line between two landmarks: blue left, orange right, light across the middle."""
    sides = {_side(a), _side(b)} - {0}
    if len(sides) != 1:
        return QColor(DARK.middle)
    return QColor(DARK.left if sides == {1} else DARK.right)


def _side(landmark: int) -> int:
    name = LANDMARK_NAMES[landmark]
    return 1 if "left" in name else -1 if "right" in name else 0


_BODY_LANDMARKS: Final[list[int]] = LANDMARK_TO_COCO.tolist()
_LINE_ENDS: Final[list[list[int]]] = LINES.tolist()
_LINE_COLOURS: Final = [line_colour(a, b) for a, b in _LINE_ENDS]
