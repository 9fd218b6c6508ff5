"""A strip below the views with the progress of work in the background."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget


class JobStrip(QFrame):
    """Shown while a job runs.

    Signals:
        cancelled: The user wants it to stop.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._label = QLabel()
        self.bar = QProgressBar()
        self.bar.setFixedHeight(14)
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 6, 4)
        layout.addWidget(self._label)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self._cancel)
        self.hide()

    def begin(self, text: str, *, can_cancel: bool) -> None:
        """Show the strip with a bar that only says 'busy'."""
        self._label.setText(text)
        self.bar.setRange(0, 0)
        self._cancel.setVisible(can_cancel)
        self._cancel.setEnabled(True)
        self.show()

    def set_progress(self, done: int, total: int) -> None:
        """Show how much is done; total 0 when it cannot be known."""
        self.bar.setRange(0, total)
        self.bar.setValue(min(done, total))

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self._label.setText("Stopping…")
        self.cancelled.emit()
