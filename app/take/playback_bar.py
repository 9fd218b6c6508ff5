"""The row of controls below the video of a file."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from app.language import fill, tr
from app.take.seek_bar import SeekBar, clock_text
from app.widgets.made import made

SPEEDS: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


class TransportBar(QWidget):
    """Buttons, seek bar, time and speed; the buttons are the window's own actions.

    Signals:
        speed_chosen(float): Of SPEEDS.
    """

    speed_chosen = Signal(float)

    def __init__(self, actions: list[QAction | None], parent: QWidget | None = None) -> None:
        """Show a button for each action; None is the place of the seek bar."""
        super().__init__(parent)
        self.seek_bar = SeekBar()
        self.clock = made(QToolButton, autoRaise=True)
        self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance("0:00.00 / 00:00.00  ·  00000") + 12)
        self.clock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed = made(QComboBox, toolTip=tr("Speed of playback"))
        for speed in SPEEDS:
            self.speed.addItem(fill("{:g}×", speed), speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.activated.connect(lambda index: self.speed_chosen.emit(SPEEDS[index]))
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 3)
        layout.setSpacing(1)
        for action in actions:
            if action is None:
                layout.addWidget(self.seek_bar, 1)
                layout.addWidget(self.clock)
                continue
            button = made(QToolButton, autoRaise=True, iconSize=QSize(18, 18))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setDefaultAction(action)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        layout.addWidget(self.speed)

    def set_position(self, position_s: float, frame_index: int) -> None:
        """Show where one is: the time, and the number of the frame."""
        self.seek_bar.set_position(position_s)
        text = f"{clock_text(position_s)} / {clock_text(self.seek_bar.duration_s)}  ·  {frame_index}"
        if text != self.clock.text():
            self.clock.setText(text)

    def set_speed(self, speed: float) -> None:
        """Show the speed in force."""
        if speed in SPEEDS:
            self.speed.setCurrentIndex(SPEEDS.index(speed))
