"""The bar of a file's time: where one is, what was looked at, where nobody was found, in and out point."""

import math
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from app.language import number_text
from app.theme import theme_of
from core.pose.types import FloatArray

_HEIGHT_PX: Final = 26
_MARGIN_PX: Final = 8
_NEAR_PX: Final = 6


class SeekBar(QWidget):
    """Click or drag to go somewhere.

    Signals:
        sought(float): Seconds.
        pointed(float): The pointer is over this time, seconds; NaN: it has gone.
    """

    sought = Signal(float)
    pointed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setMinimumWidth(120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.duration_s = 0.0
        self.position_s = 0.0
        self.range_s: tuple[float, float | None] = (0.0, None)
        self.marks: list[tuple[float, float]] = []
        self.looked_at: list[tuple[float, float]] = []
        self.markers: tuple[tuple[float, str], ...] = ()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(400, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """One line."""
        return QSize(120, _HEIGHT_PX)

    def set_duration(self, duration_s: float) -> None:
        """Show another file."""
        self.duration_s, self.position_s, self.marks, self.looked_at = duration_s, 0.0, [], []
        self.update()

    def set_position(self, position_s: float) -> None:
        """Show where one is; repaints only when the handle moves by a pixel."""
        moves = round(self.x_of(position_s)) != round(self.x_of(self.position_s))
        self.position_s = position_s
        if moves:
            self.update()

    def set_range(self, range_s: tuple[float, float | None]) -> None:
        """Show the in and out point."""
        self.range_s = range_s
        self.update()

    def set_markers(self, markers: tuple[tuple[float, str], ...]) -> None:
        """Show moments with names, (seconds, name)."""
        if markers != self.markers:
            self.markers = markers
            self.update()

    def marker_at(self, time_s: float) -> str:
        """Return the name of the marker within a few pixels of a time, "" where there is none."""
        near = [(abs(self.x_of(at_s) - self.x_of(time_s)), name) for at_s, name in self.markers]
        apart, name = min(near, default=(math.inf, ""))
        return name if apart <= _NEAR_PX else ""

    def set_seen(self, time_s: FloatArray, found: FloatArray, period_s: float) -> None:
        """Mark what was looked at so far.

        Args:
            time_s: (n,) times of the frames that were looked at, increasing.
            found: (n,) 1 where somebody was found, 0 where nobody.
            period_s: Between frames.
        """
        looked_at = stretches(time_s, np.ones(len(time_s)), period_s)
        marks = stretches(time_s, 1.0 - found, period_s)
        if (looked_at, marks) != (self.looked_at, self.marks):
            self.looked_at, self.marks = looked_at, marks
            self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag; say what time is under the pointer."""
        self.pointed.emit(self._time(event.position().x()))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has gone."""
        super().leaveEvent(event)
        self.pointed.emit(math.nan)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing to point at."""
        super().hideEvent(event)
        self.pointed.emit(math.nan)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        self._paint_stretch(painter, (0.0, self.duration_s), middle - 3, 6, theme.border)
        for stretch in self.looked_at:
            self._paint_stretch(painter, stretch, middle - 3, 6, theme.muted, opacity=0.55)
        for stretch in self.marks:
            self._paint_stretch(painter, stretch, middle - 3, 6, theme.right)
        in_s, out_s = self.range_s
        if in_s > 0 or out_s is not None:
            end_s = self.duration_s if out_s is None else out_s
            self._paint_stretch(painter, (in_s, end_s), middle + 4, 2.5, theme.refined)
            for time_s, side in ((in_s, 1), (end_s, -1)):
                x = self.x_of(time_s)
                flag = [QPointF(x, middle - 9), QPointF(x + 6 * side, middle - 9), QPointF(x, middle + 9)]
                painter.setBrush(QColor(theme.refined))
                painter.drawPolygon(QPolygonF(flag))
        painter.setBrush(QColor(theme.truth))
        for time_s, _ in self.markers:
            x = self.x_of(time_s)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 1), QPointF(x + 4, 1), QPointF(x, 9)]))
        if self.duration_s > 0:
            painter.setBrush(QColor(theme.text))
            painter.drawEllipse(QPointF(self.x_of(self.position_s), middle), 6, 6)

    def _paint_stretch(
        self,
        painter: QPainter,
        stretch: tuple[float, float],
        y: float,
        height: float,
        colour: str,
        opacity: float = 1.0,
    ) -> None:
        left, right = self.x_of(stretch[0]), self.x_of(stretch[1])
        fill = QColor(colour)
        fill.setAlphaF(opacity)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(left, y, max(right - left, 2.0), height), 2, 2)

    def _go(self, event: QMouseEvent) -> None:
        self.sought.emit(self._time(event.position().x()))

    def x_of(self, time_s: float) -> float:
        """Return where a time is, pixels from the left."""
        share = time_s / self.duration_s if self.duration_s > 0 else 0.0
        return _MARGIN_PX + min(max(share, 0.0), 1.0) * (self.width() - 2 * _MARGIN_PX)

    def _time(self, x: float) -> float:
        share = (x - _MARGIN_PX) / max(self.width() - 2 * _MARGIN_PX, 1)
        return min(max(share, 0.0), 1.0) * self.duration_s


def stretches(time_s: FloatArray, is_in: FloatArray, period_s: float) -> list[tuple[float, float]]:
    """Return (start, end) of the runs of frames for which `is_in` is 1; a gap of over three periods ends a run."""
    chosen = np.asarray(is_in) > 0.5
    if not chosen.any():
        return []
    apart = np.diff(time_s) > 3 * period_s
    begins = chosen & np.concatenate([[True], ~chosen[:-1] | apart])
    ends = chosen & np.concatenate([~chosen[1:] | apart, [True]])
    return [(float(a), float(b) + period_s) for a, b in zip(time_s[begins], time_s[ends], strict=True)]


def clock_text(time_s: float) -> str:
    """Return a time as people write it: 0:07.25, 1:02:03.50."""
    hundredths = round(time_s * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    seconds = number_text(f"{rest // 100:02d}.{rest % 100:02d}")
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"
