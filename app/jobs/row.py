"""One job in the panel: what it is, how far it is, and the buttons to deal with it."""

from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.jobs.job import Job, JobKind, JobState
from app.jobs.words import state_text
from app.language import tr
from app.widgets.made import made

STOP_WORDS: Final = {JobKind.TRAINING: "Stop", JobKind.STUDIO: "Stop", JobKind.CONVERSION: "Stop"}


class JobRow(QFrame):
    """A job as a card; a click selects it, so that its log is shown.

    Signals:
        selected(Job): It was clicked.
        dismissed(Job): It is over and the user does not want to see it any more.
    """

    selected = Signal(object)
    dismissed = Signal(object)

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.job = job
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._title = QLabel(job.title, textFormat=Qt.TextFormat.PlainText)
        self.state = made(QLabel, objectName="caption", textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(6)
        self.stop_button = QPushButton(tr(STOP_WORDS.get(job.kind, "Cancel")), autoDefault=False)
        self.folder_button = QPushButton(tr("Open folder"), autoDefault=False)
        self.dismiss_button = QPushButton(tr("Remove"), autoDefault=False)
        self.stop_button.clicked.connect(job.stop)
        self.folder_button.clicked.connect(self._open_folder)
        self.dismiss_button.clicked.connect(lambda: self.dismissed.emit(job))
        buttons = QHBoxLayout()
        for button in (self.folder_button, self.stop_button, self.dismiss_button):
            buttons.addWidget(button)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 6, 8, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.addWidget(self._title, 0, 0)
        grid.addLayout(buttons, 0, 1, 2, 1)
        grid.addWidget(self.state, 1, 0)
        grid.addWidget(self.bar, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        job.changed.connect(self.update_state)
        self.update_state()

    def update_state(self) -> None:
        """Show where the job stands."""
        job = self.job
        self.state.setText(state_text(job))
        is_busy = job.state in (JobState.RUNNING, JobState.STOPPING)
        self.bar.setVisible(is_busy)
        if is_busy:
            self.bar.setRange(0, job.progress.total or 0)
            self.bar.setValue(min(job.progress.done, job.progress.total or 0))
        self.stop_button.setVisible(not job.is_over)
        self.stop_button.setEnabled(job.is_stoppable)
        self.folder_button.setVisible(job.is_over and job.folder is not None and job.folder.is_dir())
        self.dismiss_button.setVisible(job.is_over)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select it."""
        super().mousePressEvent(event)
        self.selected.emit(self.job)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.job.folder)))
