"""A view in a dock: its header is the bar by which it is moved, and says the current value."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.language import tr
from app.widgets.made import made


class _Note(QLabel):
    """A legend that is shown whole or not at all: half of it would mislead."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it where there is room."""
        if self.width() >= self.sizeHint().width():
            super().paintEvent(event)


class Header(QWidget):
    """Caption, small legend, current value, tools."""

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._note = made(_Note, "", objectName="caption", textFormat=Qt.TextFormat.RichText)
        self._value = made(QLabel, "", objectName="value", textFormat=Qt.TextFormat.PlainText)
        self._value.setMinimumWidth(1)  # a narrow panel cuts it rather than growing the window
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # the value goes first
        self._has_close = False
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(8, 3, 3, 1)
        self._layout.setSpacing(4)
        self._layout.addWidget(made(QLabel, caption, objectName="caption"))
        self._layout.addWidget(self._note, 1)
        self._layout.addWidget(self._value)

    @property
    def value(self) -> str:
        """The current value as shown."""
        return self._value.text()

    def set_value(self, text: str) -> None:
        """Show the current value."""
        if text != self._value.text():
            self._value.setText(text)

    def set_note(self, rich_text: str) -> None:
        """Show a small legend beside the caption."""
        self._note.setText(rich_text)

    def add_tool(self, widget: QWidget) -> None:
        """Put a small button or box at the end."""
        end = self._layout.count() - (1 if self._has_close else 0)
        self._layout.insertWidget(end, widget)

    def add_close(self, button: QWidget) -> None:
        """Put the button that hides the view at the very end."""
        self._layout.addWidget(button)
        self._has_close = True


class ViewDock(QDockWidget):
    """A view that can be moved, floated, tabbed and hidden.

    Attributes:
        header: Its bar.
        view: What it shows.
        is_seen: Whether it is neither hidden nor behind another tab; what nobody sees needs no drawing.
    """

    def __init__(self, name: str, caption: str, view: QWidget, parent: QWidget | None = None) -> None:
        """Make a dock; `name` is what its place is remembered by."""
        super().__init__(caption, parent)
        self.setObjectName(f"{name}_dock")
        self.header, self.view, self.is_seen = Header(caption), view, False
        close = made(QToolButton, text="✕", toolTip=tr("Hide (View menu brings it back)"), autoRaise=True)
        close.setObjectName("dock_close")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.close)
        self.header.add_close(close)
        self.setTitleBarWidget(self.header)
        card = made(QWidget, objectName="card")
        card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.addWidget(view)
        self.setWidget(card)
        self.visibilityChanged.connect(self._on_visibility)

    def _on_visibility(self, is_seen: bool) -> None:
        self.is_seen = is_seen
