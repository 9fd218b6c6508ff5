"""What floats over the seek bar: the picture and the time of where the pointer is."""

from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

_GAP_PX: Final = 6


class Preview(QFrame):
    """A part of the window, above everything in it, that the mouse goes through."""

    def __init__(self, window: QWidget) -> None:
        """Hidden until `show_at`."""
        super().__init__(window)
        self.surface = window
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.time = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 2)
        layout.setSpacing(1)
        layout.addWidget(self.picture)
        layout.addWidget(self.time)
        self.hide()

    def show_at(self, anchor: QPoint, time: str, picture: QImage | None) -> None:
        """Show a time and its picture.

        Args:
            anchor: Middle of the lower edge, in the coordinates of the window; kept within it.
            time: As people write it.
            picture: None while it is not there; the one before stays, so that nothing flickers.
        """
        self.time.setText(time)
        if picture is not None:
            self.picture.setPixmap(QPixmap.fromImage(picture))
        self.picture.setVisible(not self.picture.pixmap().isNull())
        self.adjustSize()
        left = min(max(anchor.x() - self.width() // 2, 0), self.surface.width() - self.width())
        self.move(left, anchor.y() - self.height() - _GAP_PX)
        self.show()
        self.raise_()

    def forget(self) -> None:
        """Hide, and keep no picture: another file begins."""
        self.hide()
        self.picture.clear()
