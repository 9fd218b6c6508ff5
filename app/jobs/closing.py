"""What becomes of running jobs when the window is closed: the user is asked, nothing is ended in silence."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.jobs.job import Job, JobKind
from app.jobs.panel import JobPanel
from app.jobs.queue import JobQueue
from app.jobs.words import state_text
from app.language import tr
from app.widgets.made import made

_MOST_NAMED = 4
_MARGIN_PX = 14
IF_STOPPED = {
    JobKind.TRAINING: "A training can be continued from its last whole epoch.",
    JobKind.STUDIO: "The studio goes on where it was when it is told to make the same data again.",
    JobKind.CONVERSION: "A conversion keeps the videos that are finished.",
    JobKind.EXPORT: "An export keeps the frames done until then, one that waits is not done at all.",
}


class Answer(Enum):
    """What the user wants."""

    STAY = auto()
    STOP = auto()
    BACKGROUND = auto()


def ask_about_jobs(queue: JobQueue, parent: QWidget, *, in_background: bool = True) -> Answer:
    """Return what shall become of the jobs that run or wait; STAY when the question is waved away.

    Args:
        queue: Has some of them.
        parent: The window that is to be closed.
        in_background: Whether they could go on without it.
    """
    jobs = queue.unfinished
    box = QMessageBox(QMessageBox.Icon.Question, tr("Jobs are not done"), _question(jobs), parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    kinds = dict.fromkeys(job.kind for job in jobs)
    ends = "\n".join(f"•  {tr(IF_STOPPED[kind])}" for kind in kinds if kind in IF_STOPPED)
    box.setInformativeText(tr("If they are stopped:") + f"\n{ends}" if ends else "")
    layout = box.layout()
    assert layout is not None  # noqa: S101 a message box has one
    layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
    stop = box.addButton(tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
    behind: QPushButton | None = None
    if in_background:
        behind = box.addButton(tr("Go on in the background"), QMessageBox.ButtonRole.AcceptRole)
        behind.setToolTip(tr("The window goes, a small one with the jobs stays until they are done"))
    stay = box.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    if clicked is stop:
        return Answer.STOP
    return Answer.BACKGROUND if behind is not None and clicked is behind else Answer.STAY


def _question(jobs: tuple[Job, ...]) -> str:
    lines = [tr("These jobs are not done:")]
    lines += [f"•  {job.title}: {state_text(job)}" for job in jobs[:_MOST_NAMED]]
    if len(jobs) > _MOST_NAMED:
        lines.append(tr("and {n} more", n=len(jobs) - _MOST_NAMED))
    return "\n".join(lines)


class BackgroundWindow(QWidget):
    """What stays of the program while jobs go on without the window; closes by itself when they are done.

    Signals:
        closed: It is gone, and with it the last reason to go on.
    """

    closed = Signal()

    def __init__(self, queue: JobQueue) -> None:
        """Not shown yet."""
        super().__init__()
        self.setWindowTitle(tr("Jobs - Neural Depth Refinement"))
        self._queue = queue
        note = made(QLabel, tr("The program ends when these are done."), objectName="caption")
        layout = QVBoxLayout(self)
        layout.addWidget(JobPanel(queue), 1)
        layout.addWidget(note)
        self.resize(760, 260)
        queue.changed.connect(self._close_when_done)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask, as the window itself did."""
        if self._queue.unfinished and ask_about_jobs(self._queue, self, in_background=False) is not Answer.STOP:
            event.ignore()
            return
        self._queue.changed.disconnect(self._close_when_done)
        super().closeEvent(event)
        self.closed.emit()

    def _close_when_done(self) -> None:
        if not self._queue.unfinished:
            self.close()
