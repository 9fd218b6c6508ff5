"""Takes as cards with a picture, in a list that can be searched with the keyboard alone."""

import math
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import fill, tr
from app.theme import theme_of
from core.system.files.names import shown
from core.take.listing import Listed

SIZE: Final = QSize(216, 206)
_PICTURE_HEIGHT: Final = 122
_PADDING: Final = 8
Index = QModelIndex | QPersistentModelIndex


def length_text(length_s: float) -> str:
    """Return a length as a list has it: 0:08, 1:02:03; "" when it is not known."""
    if math.isnan(length_s):
        return ""
    minutes, seconds = divmod(round(length_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def subject_text(listed: Listed) -> str:
    """Return who it is and how tall, "" when neither is known."""
    subject = listed.take.subject
    height = "" if subject.height_m is None else fill("{:.2f} m", subject.height_m)
    return "  ·  ".join(part for part in (shown(subject.name), height) if part)


def state_text(listed: Listed) -> str:
    """Return how far it is, and what was saved of it."""
    if not listed.is_there:
        return tr("video not found")
    saved = sorted({name for done in listed.take.exports for name in done.formats})
    state = tr(listed.state.value)
    return f"{state}  ·  " + tr("saved: {formats}", formats=", ".join(saved)) if saved else state


class TakeModel(QAbstractListModel):
    """A row a take; renaming is editing.

    Signals:
        renamed(int, str): The user typed another name for a row.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.takes: list[Listed] = []
        self._pictures: dict[str, QPixmap] = {}

    def show(self, takes: list[Listed]) -> None:
        """Show these."""
        self.beginResetModel()
        self.takes = takes
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many there are."""
        return 0 if parent.isValid() else len(self.takes)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Everything can be chosen and renamed."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return name, picture, and for tooltip and screen reader all that the card says."""
        listed = self.takes[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return shown(listed.take.name)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(listed)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = (shown(listed.take.name), subject_text(listed), length_text(listed.length_s), state_text(listed))
            told = ", ".join(part for part in parts if part)
            is_tip = role == Qt.ItemDataRole.ToolTipRole
            return f"{told}\n{shown(listed.take.source)}" if is_tip else told
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take another name; an empty one changes nothing."""
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name or name == self.data(index, role):
            return False
        self.renamed.emit(index.row(), name)
        return True

    def _picture(self, listed: Listed) -> QPixmap:
        path = listed.place.picture
        key = f"{path}:{path.stat().st_mtime_ns}" if path.is_file() else ""
        if key not in self._pictures:
            self._pictures[key] = QPixmap(str(path)) if key else QPixmap()
        return self._pictures[key]


class CardDelegate(QStyledItemDelegate):
    """Paints a card: picture, name, subject and length, state."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every card is as large as any other."""
        return SIZE

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint it."""
        found: Any = option  # the stubs do not know its fields
        model: Any = index.model()  # a TakeModel
        listed: Listed = model.takes[index.row()]
        theme = theme_of(found.palette)
        is_chosen = bool(found.state & QStyle.StateFlag.State_Selected)
        card = found.rect.adjusted(4, 4, -4, -4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(card, 7, 7)
        painter.fillPath(outline, QColor(theme.panel))
        painter.setClipPath(outline)
        frame = QRect(card.left(), card.top(), card.width(), _PICTURE_HEIGHT)
        self._paint_picture(painter, frame, index.data(Qt.ItemDataRole.DecorationRole), theme.well)
        length = length_text(listed.length_s)
        if length:
            self._paint_badge(painter, frame, length)
        painter.setClipping(False)
        painter.setPen(QColor(theme.refined if is_chosen else theme.border))
        painter.drawPath(outline)
        line = QRect(card.left() + _PADDING, frame.bottom() + 5, card.width() - 2 * _PADDING, 20)
        bold = found.font
        bold.setBold(True)
        self._write(painter, line, index.data(), theme.text, bold)
        bold.setBold(False)
        self._write(painter, line.translated(0, 22), subject_text(listed), theme.muted, bold)
        colour = theme.right if not listed.is_there else theme.muted
        self._write(painter, line.translated(0, 42), state_text(listed), colour, bold)
        painter.restore()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """The name is edited where it stands."""
        card = option.rect.adjusted(4, 4, -4, -4)
        editor.setGeometry(card.left() + 4, card.top() + _PICTURE_HEIGHT + 2, card.width() - 8, 26)

    @staticmethod
    def _paint_picture(painter: QPainter, frame: QRect, picture: QPixmap, well: str) -> None:
        painter.fillRect(frame, QColor(well))
        if not picture.isNull():
            size = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(frame.center())
            painter.drawPixmap(place, picture)

    @staticmethod
    def _paint_badge(painter: QPainter, frame: QRect, text: str) -> None:
        width = painter.fontMetrics().horizontalAdvance(text) + 10
        badge = QRect(frame.right() - width - 4, frame.bottom() - 22, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(badge, 3, 3)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    @staticmethod
    def _write(painter: QPainter, line: QRect, text: str, colour: str, font: Any) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = QApplication.fontMetrics() if painter.device() is None else painter.fontMetrics()
        painter.drawText(
            line,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            elided.elidedText(text, Qt.TextElideMode.ElideMiddle, line.width()),
        )
