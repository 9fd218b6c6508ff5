"""The list of jobs with their logs."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.jobs.row import JobRow
from app.language import tr
from app.widgets.made import made
from core.errors import OutputError
from core.system.files.atomic import write_text

_MOST_LINES: Final = 2000
_HEIGHT: Final = 140
EMPTY_WORDS: Final = "Nothing runs. Training, making data, conversion and export appear here."


class JobPanel(QWidget):
    """Jobs on the left, the log of the selected one on the right."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._rows: dict[Job, JobRow] = {}
        self._shown: Job | None = None
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(6)
        self._empty = made(QLabel, tr(EMPTY_WORDS), objectName="caption", wordWrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._list)
        scroll = made(QScrollArea, widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(scroll)
        splitter.addWidget(self._create_log())
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.addWidget(splitter)
        queue.added.connect(self._add)
        queue.removed.connect(self._remove)
        queue.changed.connect(self._update)
        for job in queue.jobs:
            self._add(job)
        self._update()

    @property
    def rows(self) -> tuple[JobRow, ...]:
        """The cards, oldest first."""
        return tuple(self._rows.values())

    def sizeHint(self) -> QSize:
        """Leave most of the window to the views."""
        return QSize(800, _HEIGHT)

    def show_log(self, job: Job) -> None:
        """Show the log of a job, and go on with it."""
        if self._shown is not None:
            self._shown.logged.disconnect(self.log.appendPlainText)
        self._shown = job
        self._caption.setText(tr("Log: {title}", title=job.title))
        self.log.setPlainText("\n".join(job.log))
        self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())
        job.logged.connect(self.log.appendPlainText)
        self._update()

    def _create_log(self) -> QWidget:
        self._caption = made(QLabel, tr("Log"), objectName="caption", textFormat=Qt.TextFormat.PlainText)
        self.log = QPlainTextEdit(readOnly=True, maximumBlockCount=_MOST_LINES)
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setMinimumSize(160, 40)
        self.clear_button = QPushButton(tr("Clear finished"), autoDefault=False)
        self.clear_button.clicked.connect(self._queue.clear_finished)
        self.save_button = QPushButton(tr("Save log…"), autoDefault=False)
        self.save_button.clicked.connect(self._save_log)
        header = QHBoxLayout()
        header.addWidget(self._caption, 1)
        header.addWidget(self.save_button)
        header.addWidget(self.clear_button)
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(header)
        layout.addWidget(self.log, 1)
        return box

    def _add(self, job: Job) -> None:
        row = JobRow(job)
        row.selected.connect(self.show_log)
        row.dismissed.connect(self._queue.remove)
        self._rows[job] = row
        self._list.insertWidget(0, row)
        if self._shown is None or self._shown.is_over:
            self.show_log(job)

    def _remove(self, job: Job) -> None:
        row = self._rows.pop(job)
        self._list.removeWidget(row)
        row.deleteLater()
        if job is self._shown:
            job.logged.disconnect(self.log.appendPlainText)
            self._shown = None
            self.log.clear()
            self._caption.setText(tr("Log"))
            if self._rows:
                self.show_log(next(reversed(self._rows)))

    def _update(self) -> None:
        self._empty.setVisible(not self._rows)
        self.clear_button.setEnabled(any(job.is_over for job in self._rows))
        self.save_button.setEnabled(self._shown is not None)

    def _save_log(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, tr("Save log"), str(Path.home() / "job.log"), tr("Text (*.log *.txt)")
        )
        if path and self._shown is not None:
            try:
                write_text(Path(path), "\n".join(self._shown.log) + "\n")
            except OutputError as error:
                self._shown.note(str(error))


class JobDock(QDockWidget):
    """The panel as a dock; hidden until there is something to see."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(tr("Jobs"), parent)
        self.setObjectName("jobs_dock")  # what saveState remembers it by
        self.panel = JobPanel(queue)
        self.panel.setMinimumHeight(120)
        self.setWidget(self.panel)
        self.hide()
