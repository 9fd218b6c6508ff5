"""A strip above the views that says in words what went wrong or what has happened."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget


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
        close = QToolButton(text="✕", toolTip="Dismiss", autoRaise=True)
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._button)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def show_error(self, text: str) -> None:
        """Say what went wrong and what to do."""
        self._show("warning", text, "", None)

    def show_notice(self, text: str, button: str = "", action: Callable[[], object] | None = None) -> None:
        """Say what has happened; `button` offers to do something about it."""
        self._show("notice", text, button, action)

    def _show(self, kind: str, text: str, button: str, action: Callable[[], object] | None) -> None:
        self.setObjectName(kind)
        self.style().unpolish(self)  # the style sheet picks the colour by the name
        self.style().polish(self)
        self._label.setText(text)
        self._button.setText(button)
        self._button.setVisible(action is not None)
        self._action = action
        self.show()

    def _act(self) -> None:
        if self._action is not None:
            self._action()
        self.hide()
