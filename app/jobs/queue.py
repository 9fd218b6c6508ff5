"""The jobs of this window: one long job at a time, and a short one beside it."""

from PySide6.QtCore import QObject, Signal

from app.jobs.job import Job, JobKind, JobState


class JobQueue(QObject):
    """Starts what waits as soon as its lane is free.

    Training, studio and conversion fill the machine, so they wait for each other; an export or a check of seconds does
    not wait for a training of hours.

    Signals:
        added(Job): Another one waits or runs.
        removed(Job): It is no longer listed.
        finished(Job): It ended, however it did.
        changed: Any job's state or progress is another one.
    """

    added = Signal(object)
    removed = Signal(object)
    finished = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are listed, oldest first."""
        return tuple(self._jobs)

    @property
    def running(self) -> tuple[Job, ...]:
        """Those that run at this moment."""
        return tuple(job for job in self._jobs if job.state in (JobState.RUNNING, JobState.STOPPING))

    @property
    def unfinished(self) -> tuple[Job, ...]:
        """Those that run or wait."""
        return tuple(job for job in self._jobs if not job.is_over)

    @property
    def n_waiting(self) -> int:
        """How many wait for their turn."""
        return sum(job.state == JobState.QUEUED for job in self._jobs)

    def add(self, job: Job) -> None:
        """List a job and start it when its lane is free."""
        job.setParent(self)
        job.changed.connect(self.changed)
        job.finished.connect(self._on_finished)
        self._jobs.append(job)
        self.added.emit(job)
        self._start_waiting()

    def remove(self, job: Job) -> None:
        """Take a job that is over off the list."""
        if job.is_over and job in self._jobs:
            self._jobs.remove(job)
            self.removed.emit(job)
            self.changed.emit()
            job.deleteLater()

    def clear_finished(self) -> None:
        """Take all that are over off the list."""
        for job in [job for job in self._jobs if job.is_over]:
            self.remove(job)

    def close(self) -> None:
        """End everything: the window closes."""
        for job in self._jobs:
            job.close()

    def _start_waiting(self) -> None:
        busy = {_lane(job) for job in self.running}
        for job in self._jobs:
            if job.state == JobState.QUEUED and _lane(job) not in busy:
                busy.add(_lane(job))
                job.start()
        self.changed.emit()

    def _on_finished(self, job: Job) -> None:
        self.finished.emit(job)
        self._start_waiting()


def _lane(job: Job) -> str:
    return "short" if job.kind in (JobKind.EXPORT, JobKind.CHECK) else "long"
