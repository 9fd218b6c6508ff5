"""Strips above the views that say in words what went wrong or what has happened."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.widgets.made import made

_MOST: Final = 3


class Strip(QFrame):
    """One thing that is said.

    Signals:
        dismissed: It was read.

    Attributes:
        text: What it says.
        about: What a later message about the same takes the place of; "" for nothing.
    """

    dismissed = Signal()

    def __init__(
        self, kind: str, text: str, details: str, button: str, action: Callable[[], object] | None, about: str
    ) -> None:
        """Say something.

        Args:
            kind: The style sheet's name of a colour.
            text: In words.
            details: Shown on demand, "" for none.
            button: What it offers to do.
            action: Does that; the message stays when it returns False.
            about: See the class.
        """
        super().__init__()
        self.setObjectName(kind)
        self.text, self.about, self._action = text, about, action
        label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton(button)
        self.button.setVisible(action is not None)
        self.button.clicked.connect(self._act)
        self.more = made(QPushButton, tr("Details"), checkable=True)
        self.more.setVisible(bool(details))
        self.details = QPlainTextEdit(details, readOnly=True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setMaximumHeight(110)
        self.details.setVisible(False)
        self.more.toggled.connect(self.details.setVisible)
        close = made(QToolButton, text="✕", toolTip=tr("Dismiss"), autoRaise=True)
        close.clicked.connect(self.dismissed)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self.more, 0, 1)
        layout.addWidget(self.button, 0, 2)
        layout.addWidget(close, 0, 3, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.details, 1, 0, 1, 4)
        layout.setColumnStretch(0, 1)

    def _act(self) -> None:
        if self._action is not None and self._action() is not False:
            self.dismissed.emit()


class Banner(QWidget):
    """Hidden until there is something to say; what is said stays until it is dismissed.

    The newest is on top. A message takes the place of an earlier one about the same, so that "is back" does not stand
    beside "was lost"; of everything else the newest few are kept.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strips: list[Strip] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        super().hide()

    @property
    def text(self) -> str:
        """What it said last."""
        return self.strips[0].text if self.strips else ""

    def show_error(
        self,
        text: str,
        details: str = "",
        button: str = "",
        action: Callable[[], object] | None = None,
        *,
        about: str = "",
    ) -> None:
        """Say what went wrong and what to do; `details` are shown on demand, `button` offers to do something."""
        self._show(Strip("warning", text, details, button, action, about))

    def show_notice(
        self, text: str, button: str = "", action: Callable[[], object] | None = None, *, about: str = ""
    ) -> None:
        """Say what has happened; `button` offers to do something about it."""
        self._show(Strip("notice", text, "", button, action, about))

    def hide(self) -> None:
        """Take everything back."""
        for strip in list(self.strips):
            self._remove(strip)

    def take_back(self, about: str) -> None:
        """Take back what was said about something: it is no longer so."""
        for strip in [strip for strip in self.strips if strip.about == about]:
            self._remove(strip)

    def _show(self, new: Strip) -> None:
        for old in list(self.strips):
            if old.text == new.text or (new.about and old.about == new.about):
                self._remove(old)
        for old in self.strips[_MOST - 1 :]:
            self._remove(old)
        new.dismissed.connect(lambda: self._remove(new))
        self.strips.insert(0, new)
        self._column.insertWidget(0, new)
        self.show()

    def _remove(self, strip: Strip) -> None:
        self.strips.remove(strip)
        self._column.removeWidget(strip)
        strip.hide()
        strip.deleteLater()
        if not self.strips:
            super().hide()
