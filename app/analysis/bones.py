"""How much each bone's length varies; a click on a bone shows its length over time."""

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.language import fill, tr
from app.session.track import LENGTHS, RAW_LENGTHS, Track
from app.theme import theme_of
from core.pose.bone_lengths import WINDOW_S
from core.pose.metrics import bone_cv, masked_mean
from core.pose.skeleton import BONE_NAMES
from core.pose.types import FloatArray

WHOLE_BODY: Final = "whole body"
ROWS: Final = (WHOLE_BODY, *BONE_NAMES)
_FULL_SCALE: Final = 0.16
_GAP_PX: Final = 8
_BAR_PX: Final = 52
_VALUES_PX: Final = 94


class BoneList(QWidget):
    """A row for the whole body and one for each bone: raw and refined CV of the last seconds as bars.

    Signals:
        chosen(str): A row of ROWS was clicked, or reached with the arrow keys.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._font = QFont(self.font())
        self._font.setPointSizeF(self.font().pointSizeF() * 0.9)
        metrics = QFontMetricsF(self._font)
        self._label_px = 2 * _GAP_PX + max(metrics.horizontalAdvance(bone_text(name)) for name in ROWS)
        self.setMinimumSize(round(self._label_px) + _VALUES_PX, 11 * 13)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            tr("Variation of bone lengths over the last 10 seconds: grey raw, green refined. Click a bone.")
        )
        self.selected = WHOLE_BODY
        self.values = np.full((len(ROWS), 2), np.nan)

    def sizeHint(self) -> QSize:
        """Rows that are easy to hit."""
        return QSize(round(self._label_px) + _BAR_PX + _VALUES_PX, len(ROWS) * 17)

    def redraw(self, track: Track, now_s: float) -> None:
        """Show the CV of the seconds before a time."""
        values = bone_variation(track, now_s)
        if not np.array_equal(values, self.values, equal_nan=True):
            self.values = values
            self.update()

    def clear(self) -> None:
        """Another source begins."""
        self.values = np.full((len(ROWS), 2), np.nan)
        self.update()

    def select(self, name: str) -> None:
        """Choose a row, as a click does."""
        self.selected = name
        self.update()
        self.chosen.emit(name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row that was clicked."""
        row = int(event.position().y() / self.height() * len(ROWS))
        self.select(ROWS[min(max(row, 0), len(ROWS) - 1)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the row above or below."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.select(ROWS[(ROWS.index(self.selected) + step) % len(ROWS)])
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        height = self.height() / len(ROWS)
        for i, name in enumerate(ROWS):
            row = QRectF(0, i * height, self.width(), height)
            if name == self.selected:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.border))
                painter.drawRoundedRect(row.adjusted(2, 0.5, -2, -0.5), 4, 4)
            painter.setPen(QColor(theme.text if name == self.selected else theme.muted))
            painter.drawText(row.adjusted(_GAP_PX, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, bone_text(name))
            self._paint_values(painter, row, self.values[i])

    def _paint_values(self, painter: QPainter, row: QRectF, values: FloatArray) -> None:
        raw, refined = values
        theme = theme_of(self.palette())
        values_box = row.adjusted(row.width() - _VALUES_PX, 0, -_GAP_PX, 0)
        if not np.isfinite(refined):
            painter.setPen(QColor(theme.muted))
            painter.drawText(values_box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "–")
            return
        room = max(row.width() - self._label_px - _VALUES_PX, 4.0)
        thick = min(row.height() / 3, 5.0)
        painter.setPen(Qt.PenStyle.NoPen)
        for value, colour, offset in ((raw, theme.raw, -thick), (refined, theme.refined, 0.5)):
            painter.setBrush(QColor(colour))
            length = room * min(value / _FULL_SCALE, 1.0)
            painter.drawRect(QRectF(self._label_px, row.center().y() + offset, max(length, 1.0), thick - 0.5))
        painter.setPen(QColor(theme.text))
        painter.drawText(
            values_box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, variation_text(raw, refined)
        )


def bone_variation(track: Track, now_s: float) -> FloatArray:
    """Return the (11, 2) raw and refined CV of ROWS over the `WINDOW_S` seconds before a time; NaN when unknown."""
    found = track.between(now_s - WINDOW_S, now_s, (*RAW_LENGTHS, *LENGTHS))
    values = np.column_stack(
        [bone_cv(np.column_stack([found[name] for name in names])) for names in (RAW_LENGTHS, LENGTHS)]
    )
    return np.vstack([masked_mean(values, axis=0), values])


def bone_text(name: str) -> str:
    """Return how a row of ROWS is called on the screen."""
    return tr(name.replace("_", " ").capitalize())


def variation_text(raw: float, refined: float) -> str:
    """Return both CVs in percent: '8.9 → 3.2 %'."""
    both = "{:.1f} → {:.1f} %" if raw != refined else "{1:.1f} %"
    return fill(both, 100 * raw, 100 * refined)
