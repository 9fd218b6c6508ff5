"""Where the camera stands: a compass around the person seen from above, and a gauge of its height."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.analysis.plots import QUARTERS, azimuth_text, elevation_text
from app.language import tr
from app.stage.pixmap_cache import PixmapCache
from app.theme import Theme, theme_of

_TRAIL: Final = 40


@dataclass(frozen=True)
class Needle:
    """One moment of the dial.

    Attributes:
        azimuth_deg: Predicted, 0 in front, 90 to the subject's right.
        elevation_deg: Predicted, positive above the pelvis.
        raw_azimuth_deg: From MediaPipe's own joints; NaN when unknown.
        distance: How far away it is, in words; "" when unknown.
    """

    azimuth_deg: float
    elevation_deg: float
    raw_azimuth_deg: float = float("nan")
    distance: str = ""


class ViewpointDial(QWidget):
    """The person in the middle faces up; the marker on the ring is the camera, the thin one MediaPipe's opinion."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(170, 120)
        self.setToolTip(
            tr("The camera seen from above: the person in the middle faces up. Right: its height above the hips.")
        )
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._scales = PixmapCache()
        self.needle: Needle | None = None
        self._trail: deque[float] = deque(maxlen=_TRAIL)

    def sizeHint(self) -> QSize:
        """Wider than high: the gauge is beside the compass."""
        return QSize(260, 180)

    def show_needle(self, needle: Needle | None) -> None:
        """Show a moment; None when nobody is seen."""
        if needle == self.needle:
            return
        if needle is not None:
            self._trail.append(needle.azimuth_deg)
        self.needle = needle
        self.update()

    def clear(self) -> None:
        """Another source begins."""
        self._trail.clear()
        self.needle = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint compass, gauge and what they say."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.85)
        line = QFontMetrics(font).height()
        gauge_width = min(self.width() * 0.3, 96.0)
        room = QRectF(0, 0, self.width() - gauge_width, self.height() - line - 2)
        radius = max(min(room.width() / 2 - 48, room.height() / 2 - line - 9), 16.0)
        gauge = QRectF(self.width() - gauge_width, line + 6, gauge_width - 10, self.height() - 2 * line - 14)

        def paint_scales(painter: QPainter) -> None:
            painter.setFont(font)
            _paint_compass(painter, theme, room.center(), radius)
            _paint_gauge(painter, theme, gauge)

        painter.drawPixmap(0, 0, self._scales.picture(self, theme.panel, theme, paint_scales))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        self._paint_trail(painter, theme, room.center(), radius)
        if self.needle is None:
            return
        if np.isfinite(self.needle.raw_azimuth_deg):
            painter.setPen(QPen(QColor(theme.raw), 2))
            angle = self.needle.raw_azimuth_deg
            painter.drawLine(ring_point(room.center(), radius * 0.6, angle), ring_point(room.center(), radius, angle))
        _paint_camera(painter, theme, room.center(), radius, self.needle.azimuth_deg)
        _paint_height(painter, theme, gauge, self.needle.elevation_deg)
        if self.needle.distance:
            painter.setPen(QColor(theme.muted))
            foot = QRectF(8, self.height() - line - 3, self.width() - 16, line)
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.needle.distance)

    def words(self) -> str:
        """Return what it shows as text."""
        if self.needle is None:
            return ""
        return f"{azimuth_text(self.needle.azimuth_deg)}, {elevation_text(self.needle.elevation_deg)}"

    def _paint_trail(self, painter: QPainter, theme: Theme, centre: QPointF, radius: float) -> None:
        colour = QColor(theme.refined)
        painter.setPen(Qt.PenStyle.NoPen)
        for i, angle in enumerate(self._trail):
            colour.setAlphaF(0.5 * (i + 1) / _TRAIL)
            painter.setBrush(colour)
            painter.drawEllipse(ring_point(centre, radius, angle), 2.5, 2.5)


def ring_point(centre: QPointF, radius: float, azimuth_deg: float) -> QPointF:
    """Return the place of an azimuth on the compass: 0 up, since the person faces up; 90, their right, right."""
    angle = math.radians(azimuth_deg)
    return QPointF(centre.x() + radius * math.sin(angle), centre.y() - radius * math.cos(angle))


def _paint_compass(painter: QPainter, theme: Theme, centre: QPointF, radius: float) -> None:
    painter.setPen(QPen(QColor(theme.border), 2))
    painter.drawEllipse(centre, radius, radius)
    for angle in range(0, 360, 30):
        inner = radius - (7 if angle % 90 == 0 else 3)
        painter.drawLine(ring_point(centre, inner, angle), ring_point(centre, radius, angle))
    painter.setPen(QColor(theme.muted))
    metrics = painter.fontMetrics()
    for text, angle in zip(map(tr, QUARTERS), (0, 90, 180, 270), strict=True):
        width = metrics.horizontalAdvance(text)
        apart = radius + (11 + width / 2 if angle % 180 else metrics.height() / 2 + 8)
        box = QRectF(0, 0, width + 4, metrics.height())
        box.moveCenter(ring_point(centre, apart, angle))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    _paint_person(painter, theme, centre, radius * 0.42)


def _gauge_place(box: QRectF) -> tuple[QPointF, float]:
    return QPointF(box.left() + 6, box.center().y()), min(box.width() - 8, box.height() / 2)


def _paint_gauge(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """Paint a half circle from straight above to straight below, the person to its left."""
    centre, radius = _gauge_place(box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.border), 2))
    painter.drawArc(QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius), -90 * 16, 180 * 16)
    for angle in range(-90, 91, 30):
        inner = radius - (6 if angle % 90 == 0 else 3)
        painter.drawLine(_height_point(centre, inner, angle), _height_point(centre, radius, angle))
    painter.setPen(QPen(QColor(theme.border), 1, Qt.PenStyle.DashLine))
    painter.drawLine(centre, _height_point(centre, radius, 0))


def _paint_height(painter: QPainter, theme: Theme, box: QRectF, elevation_deg: float) -> None:
    centre, radius = _gauge_place(box)
    painter.setPen(QPen(QColor(theme.refined), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(centre, _height_point(centre, radius - 3, elevation_deg))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.refined))
    painter.drawEllipse(_height_point(centre, radius, elevation_deg), 5, 5)
    painter.setPen(QColor(theme.text))
    line = painter.fontMetrics().height()
    above = QRectF(box.left() - 20, box.top() - line - 2, box.width() + 26, line)
    painter.drawText(above, Qt.AlignmentFlag.AlignRight, elevation_text(elevation_deg))


def _height_point(centre: QPointF, radius: float, elevation_deg: float) -> QPointF:
    angle = math.radians(elevation_deg)
    return QPointF(centre.x() + radius * math.cos(angle), centre.y() - radius * math.sin(angle))


def _paint_person(painter: QPainter, theme: Theme, centre: QPointF, size: float) -> None:
    """Paint shoulders (blue left, orange right), head and nose, facing up."""
    painter.setPen(Qt.PenStyle.NoPen)
    for x, colour in ((-1, theme.left), (1, theme.right)):
        painter.setBrush(QColor(colour))
        painter.drawPie(
            QRectF(centre.x() - size, centre.y() - size * 0.34, 2 * size, size * 0.68),
            (90 if x < 0 else -90) * 16,
            180 * 16,
        )
    painter.setBrush(QColor(theme.middle))
    nose = [ring_point(centre, size * r, a) for r, a in ((0.42, -35), (0.68, 0), (0.42, 35))]
    painter.drawPolygon(QPolygonF(nose))
    painter.drawEllipse(centre, size * 0.42, size * 0.42)


def _paint_camera(painter: QPainter, theme: Theme, centre: QPointF, radius: float, azimuth_deg: float) -> None:
    """Paint a camera on the ring that looks at the middle, and its view as a faint wedge."""
    wedge = QColor(theme.refined)
    wedge.setAlphaF(0.16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(wedge)
    eye = ring_point(centre, radius, azimuth_deg)
    sides = [ring_point(centre, radius * 0.5, azimuth_deg + turn) for turn in (-70, 70)]
    painter.drawPolygon(QPolygonF([eye, *sides]))
    painter.save()
    painter.translate(eye)
    painter.rotate(azimuth_deg)
    painter.setBrush(QColor(theme.refined))
    painter.drawRoundedRect(QRectF(-8, -7, 16, 10), 2.5, 2.5)
    painter.drawPolygon(QPolygonF([QPointF(-3.5, 3), QPointF(3.5, 3), QPointF(6, 8), QPointF(-6, 8)]))
    painter.restore()
