"""What the cameras see, side by side, before and while it is recorded."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.theme import DARK, theme_of
from core.take.recording.rig import CameraFeed


class PreviewGrid(QWidget):
    """Paints the newest picture of each camera as large as fits; `tick` at the rate of the screen.

    Attributes:
        countdown: Seconds until it is recorded, over everything; 0 for none.
        is_recording: Whether a red frame stands around the pictures.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 200)
        self.setAccessibleName(tr("What the cameras see"))
        self._feeds: list[tuple[CameraFeed, bool]] = []
        self._shown: list[int] = []
        self.countdown, self.is_recording = 0, False

    def sizeHint(self) -> QSize:
        """Half of a full HD picture."""
        return QSize(800, 450)

    def show_feeds(self, feeds: Sequence[tuple[CameraFeed, bool]]) -> None:
        """Show these cameras, each with whether it is mirrored."""
        self._feeds = list(feeds)
        self.update()

    def tick(self) -> None:
        """Repaint if a picture came."""
        now = [id(feed.newest) for feed, _ in self._feeds]
        if now != self._shown or any(feed.error for feed, _ in self._feeds):
            self._shown = now
            self.update()

    def cells(self) -> list[QRectF]:
        """Return where each camera's picture may be: in as many columns as make them largest."""
        n = len(self._feeds)
        if not n:
            return []

        def shown_width(columns: int) -> float:
            rows = math.ceil(n / columns)
            return min(self.width() / columns, self.height() / rows * 16 / 9)

        columns = max(range(1, n + 1), key=shown_width)
        rows = math.ceil(n / columns)
        width, height = self.width() / columns, self.height() / rows
        return [
            QRectF(i % columns * width, i // columns * height, width, height).adjusted(3, 3, -3, -3) for i in range(n)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, what they are, and what goes on."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme_of(self.palette()).well))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._feeds:
            painter.setPen(QColor(DARK.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Add a camera to see what it sees"))
        for number, (cell, (feed, is_mirrored)) in enumerate(zip(self.cells(), self._feeds, strict=True), 1):
            self._paint_camera(painter, cell, feed, number, is_mirrored=is_mirrored)
        if self.countdown:
            painter.fillRect(self.rect(), QColor(0, 0, 0, 90))
            font = painter.font()
            font.setPixelSize(max(self.height() // 3, 40))
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(QColor(DARK.text))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.countdown))

    def _paint_camera(
        self, painter: QPainter, cell: QRectF, feed: CameraFeed, number: int, *, is_mirrored: bool
    ) -> None:
        frame = feed.newest
        words = feed.error or tr("Opening…")
        if frame is not None:
            pixels = np.ascontiguousarray(frame.image)
            height, width = pixels.shape[:2]
            image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            scale = min(cell.width() / width, cell.height() / height)
            place = QRectF(0, 0, width * scale, height * scale)
            place.moveCenter(cell.center())
            painter.save()
            if is_mirrored:
                painter.translate(2 * place.center().x(), 0)
                painter.scale(-1, 1)
            painter.drawImage(place, image)
            painter.restore()
            if self.is_recording:
                painter.setPen(QPen(QColor("#d4342a"), 3))
                painter.drawRect(place)
            rate = feed.fps
            figures = "" if math.isnan(rate) else tr("  {rate:.0f} fps", rate=rate)
            words = feed.error or f"{number}  {feed.name}  {width} × {height}{figures}"
        box = QRectF(cell.x() + 6, cell.y() + 6, cell.width() - 12, painter.fontMetrics().height() + 6)
        text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, round(box.width()) - 12)
        box.setWidth(painter.fontMetrics().horizontalAdvance(text) + 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 160))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(DARK.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
