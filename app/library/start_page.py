"""What the window shows before anything is open."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import tr
from app.theme import theme_of


class EmptyView(QWidget):
    """Says what to do, with a button for each way to begin."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(tr("See a person's pose in true depth"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setBold(True)
        title.setFont(font)
        hint = QLabel(
            tr(
                "Drop a video here, or open a file or a camera. One person, one camera, no calibration:\n"
                "MediaPipe's 3D joints are corrected as they come, and you see from where the camera looks."
            )
        )
        hint.setObjectName("caption")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        for action in actions:
            keys = action.shortcut().toString()
            button = QPushButton(action.icon(), f" {action.text()}" + (f"   {keys}" if keys else ""))
            button.setMinimumHeight(38)
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(18)
        layout.addStretch(2)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(hint)
        layout.addLayout(buttons)
        layout.addStretch(3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the outline of a place to drop things on."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme_of(self.palette()).border), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 12, 12)
