"""Three steps through the window for who sees it for the first time."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import tr
from app.theme import theme_of
from app.widgets.made import made

_DONE_KEY: Final = "tour_done"
_CARD_WIDTH: Final = 330


@dataclass(frozen=True)
class Stop:
    """One step.

    Attributes:
        target: What is pointed at.
        title: In a few words.
        text: What to see there.
    """

    target: QWidget
    title: str
    text: str


def is_first_run() -> bool:
    """Return whether the tour was never finished or skipped."""
    return str(QSettings().value(_DONE_KEY, "false")) != "true"


class Tour(QWidget):
    """Covers the window without darkening it: a frame around the thing, and a card beside it.

    Signals:
        finished: It was finished or skipped.
    """

    finished = Signal()

    def __init__(self, stops: list[Stop], window: QWidget) -> None:
        super().__init__(window)
        self._stops, self._step, self._surface = stops, 0, window
        self.card = made(QFrame, self, objectName="tour")
        self._title = made(QLabel, objectName="value")
        self._text = QLabel(wordWrap=True)
        self._count = made(QLabel, objectName="caption")
        self.skip_button, self.next_button = QPushButton(tr("Skip")), QPushButton(tr("Next"))
        self.next_button.setDefault(True)
        self.skip_button.clicked.connect(self.finish)
        self.next_button.clicked.connect(self.go_on)
        buttons = QHBoxLayout()
        buttons.addWidget(self._count, 1)
        buttons.addWidget(self.skip_button)
        buttons.addWidget(self.next_button)
        layout = QVBoxLayout(self.card)
        layout.setContentsMargins(16, 12, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addLayout(buttons)
        window.installEventFilter(self)
        self._show_step()
        self.show()
        self.raise_()

    @property
    def step(self) -> int:
        """Which step is shown, from 0."""
        return self._step

    def go_on(self) -> None:
        """Show the next step, or finish after the last."""
        if self._step + 1 == len(self._stops):
            self.finish()
            return
        self._step += 1
        self._show_step()

    def finish(self) -> None:
        """End the tour; it does not come again by itself."""
        QSettings().setValue(_DONE_KEY, "true")
        self._surface.removeEventFilter(self)
        self.hide()
        self.finished.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep up with the window's size."""
        if event.type() == QEvent.Type.Resize:
            self._show_step()
        return False

    def keyPressEvent(self, event: QEvent) -> None:
        """Escape skips."""
        if getattr(event, "key", lambda: None)() == Qt.Key.Key_Escape:
            self.finish()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a frame around what is pointed at."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme_of(self.palette()).refined), 3))
        painter.drawRoundedRect(self._target_rect().adjusted(1, 1, -1, -1), 8, 8)

    def _target_rect(self) -> QRect:
        target = self._stops[self._step].target
        return QRect(target.mapTo(self._surface, QPoint(0, 0)), target.size())

    def _show_step(self) -> None:
        stop = self._stops[self._step]
        self.setGeometry(self._surface.rect())
        self._title.setText(stop.title)
        self._text.setText(stop.text)
        self._count.setText(tr("{n} of {total}", n=self._step + 1, total=len(self._stops)))
        self.next_button.setText(tr("Done") if self._step + 1 == len(self._stops) else tr("Next"))
        self.card.setFixedWidth(_CARD_WIDTH)
        self.card.adjustSize()
        self.card.move(place_beside(self._target_rect(), self.card.size(), self.rect()))
        self.next_button.setFocus()
        self.update()


def place_beside(target: QRect, size: QSize, room: QRect) -> QPoint:
    """Return where a card of a QSize goes: right of the target, else left of it, above, or below; always in sight."""
    width, height = size.width(), size.height()
    gap = 14
    for x, y in (
        (target.right() + gap, target.top()),
        (target.left() - gap - width, target.top()),
        (target.left(), target.top() - gap - height),
        (target.left(), target.bottom() + gap),
    ):
        if room.contains(QRect(x, y, width, height)):
            return QPoint(x, y)
    return QPoint(room.center().x() - width // 2, room.center().y() - height // 2)
