"""A card with a caption, a large current value and one view in it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.made import made


class Panel(QFrame):
    """Frame a view; `set_value` shows what it says at this moment."""

    def __init__(self, caption: str, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.view = view
        self._caption = made(QLabel, caption, objectName="caption")
        self._value = made(QLabel, "", objectName="value")
        self._value.setTextFormat(Qt.TextFormat.PlainText)
        self._note = made(QLabel, "", objectName="caption")
        self._note.setTextFormat(Qt.TextFormat.RichText)

        header = QHBoxLayout()
        header.setContentsMargins(10, 6, 10, 0)
        header.setSpacing(10)
        header.addWidget(self._caption)
        header.addWidget(self._note)
        header.addStretch(1)
        header.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.setSpacing(2)
        layout.addLayout(header)
        layout.addWidget(view, 1)

    def set_value(self, text: str) -> None:
        """Show the current value in the header."""
        if text != self._value.text():
            self._value.setText(text)

    @property
    def value(self) -> str:
        """The current value as shown."""
        return self._value.text()

    def set_note(self, rich_text: str) -> None:
        """Show a small legend beside the caption."""
        self._note.setText(rich_text)
