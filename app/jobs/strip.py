"""A strip below the views with the progress of what runs in the background."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.jobs.queue import JobQueue
from app.jobs.row import STOP_WORDS
from app.jobs.words import state_text
from app.language import tr


class JobStrip(QFrame):
    """Shown while a job runs: the newest one.

    Signals:
        details_wanted: The user wants to see all jobs.
    """

    details_wanted = Signal()

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._queue = queue
        self._is_redundant = False
        self.label = QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(8)
        self.stop_button = QPushButton(tr("Cancel"))
        self.stop_button.clicked.connect(self._stop)
        details = QPushButton(tr("Jobs"))
        details.clicked.connect(self.details_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 6, 4)
        layout.addWidget(self.label)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.stop_button)
        layout.addWidget(details)
        queue.changed.connect(self._update)
        self._update()

    def set_redundant(self, is_redundant: bool) -> None:
        """Stay away while the panel itself is seen."""
        self._is_redundant = is_redundant
        self._update()

    def _update(self) -> None:
        running = self._queue.running
        self.setVisible(bool(running) and not self._is_redundant)
        if not running:
            return
        job = running[-1]
        others = len(running) - 1 + self._queue.n_waiting
        more = tr("  ·  {others} more", others=others) if others else ""
        self.label.setText(f"{job.title}  ·  {state_text(job)}{more}")
        self.bar.setRange(0, job.progress.total or 0)
        self.bar.setValue(min(job.progress.done, job.progress.total or 0))
        self.stop_button.setText(tr(STOP_WORDS.get(job.kind, "Cancel")))
        self.stop_button.setEnabled(job.is_stoppable)

    def _stop(self) -> None:
        running = self._queue.running
        if running:
            running[-1].stop()
