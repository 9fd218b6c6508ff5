"""A strip above the views that says in words what went wrong or what has happened."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPlainTextEdit, QPushButton, QToolButton, QWidget

from app.language import tr


class Banner(QFrame):
    """Hidden until there is something to say; stays until it is dismissed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        self._action: Callable[[], object] | None = None
        self.more = QPushButton(tr("Details"), checkable=True)
        self.details = QPlainTextEdit(readOnly=True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setMaximumHeight(110)
        self.more.toggled.connect(self.details.setVisible)
        close = QToolButton(text="✕", toolTip=tr("Dismiss"), autoRaise=True)
        close.clicked.connect(self.hide)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._label, 0, 0)
        layout.addWidget(self.more, 0, 1)
        layout.addWidget(self._button, 0, 2)
        layout.addWidget(close, 0, 3, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.details, 1, 0, 1, 4)
        layout.setColumnStretch(0, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def show_error(
        self, text: str, details: str = "", button: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """Say what went wrong and what to do; `details` are shown on demand, `button` offers to do something."""
        self._show("warning", text, button, action, details)

    def show_notice(self, text: str, button: str = "", action: Callable[[], object] | None = None) -> None:
        """Say what has happened; `button` offers to do something about it."""
        self._show("notice", text, button, action, "")

    def _show(self, kind: str, text: str, button: str, action: Callable[[], object] | None, details: str) -> None:
        self.setObjectName(kind)
        self.style().unpolish(self)  # the style sheet picks the colour by the name
        self.style().polish(self)
        self._label.setText(text)
        self._button.setText(button)
        self._button.setVisible(action is not None)
        self._action = action
        self.details.setPlainText(details)
        self.more.setVisible(bool(details))
        self.more.setChecked(False)
        self.details.setVisible(False)
        self.show()

    def _act(self) -> None:
        if self._action is not None:
            self._action()
        self.hide()
