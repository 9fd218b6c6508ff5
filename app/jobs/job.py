"""One piece of long work: its steps, how far it is, what it said, how it ended."""

import shlex
import time
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.child_process import ChildProcess, ProcessOutcome
from app.jobs.step import Step, Work, doing_text
from app.language import tr
from app.task import Task
from core.system.progress import Progress

_MOST_LOG_LINES: Final = 2000
_ETA_AFTER_S: Final = 3.0


class JobKind(StrEnum):
    """What a job is for; the value names its icon and is shown."""

    TRAINING = "training"
    STUDIO = "studio"
    CONVERSION = "conversion"
    CHECK = "check"
    EXPORT = "export"


class JobState(StrEnum):
    """Where a job stands; the value is shown."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Job(QObject):
    """Runs its steps one after the other; the first that fails ends it.

    Attributes:
        kind: What it is for.
        title: Shown in the panel.
        folder: Where its results are, None when there is no such place.
        state: Where it stands.
        progress: Of the step that runs.
        doing: What it does, in words; "" when there is nothing to say.
        log: The newest lines that its steps wrote.
        words: One sentence on how it ended, "" until then.
        steps: Those that are still to come.
        running: What runs now.

    Signals:
        changed: State or progress is another one.
        logged(str): A line for the log.
        reported(dict): A JSON line of a step.
        finished(Job): It ended, however it did.
    """

    changed = Signal()
    logged = Signal(str)
    reported = Signal(dict)
    finished = Signal(object)

    def __init__(
        self, kind: JobKind, title: str, steps: Sequence[Step], *, folder: Path | None = None, success: str = ""
    ) -> None:
        """Prepare a job; `success` is what to say when it has done all."""
        super().__init__()
        self.kind, self.title, self.folder = kind, title, folder
        self._success = success or tr("{title}: done.", title=title)
        self.state = JobState.QUEUED
        self.progress, self.doing = Progress(), ""
        self.log: deque[str] = deque(maxlen=_MOST_LOG_LINES)
        self.words = ""
        self.steps = list(steps)
        self.running: ChildProcess | Task | None = None
        self._is_stopped = False
        self._started_s = 0.0

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in (JobState.DONE, JobState.STOPPED, JobState.FAILED)

    @property
    def was_started(self) -> bool:
        """Whether it ever left the queue."""
        return self._started_s > 0

    @property
    def is_stoppable(self) -> bool:
        """Whether it waits, or runs something that can be interrupted."""
        if self.state == JobState.QUEUED:
            return True
        return self.state == JobState.RUNNING and isinstance(self.running, ChildProcess)

    @property
    def eta_s(self) -> float:
        """Seconds that the step which runs will take at its present speed; NaN while that cannot be told."""
        done, total = self.progress.done, self.progress.total
        passed = time.monotonic() - self._started_s
        if self.state != JobState.RUNNING or total is None or not 0 < done <= total or passed < _ETA_AFTER_S:
            return float("nan")
        if self.progress.eta_s is not None:
            return self.progress.eta_s
        return passed / done * (total - done)

    def start(self) -> None:
        """Begin with the first step."""
        self._next_step()

    def stop(self) -> None:
        """Interrupt the step that runs; steps that are there to keep what was reached still follow."""
        if self.state == JobState.QUEUED:
            self._end(JobState.STOPPED, tr("{title}: taken off the queue.", title=self.title))
        elif self.is_stoppable:
            self._is_stopped = True
            self.state = JobState.STOPPING
            if isinstance(self.running, ChildProcess):
                self.running.stop()
            self.changed.emit()

    def cancel(self) -> None:
        """Interrupt the step that runs; nothing follows."""
        if not self.is_over:
            self.steps.clear()
            self.stop()

    def close(self) -> None:
        """End at once and tell nobody: the window closes."""
        self.steps.clear()
        running, self.running = self.running, None
        if isinstance(running, ChildProcess):
            running.finished.disconnect()
            running.close()
        elif running is not None:
            running.abandon()
            running.wait()

    def note(self, line: str) -> None:
        """Put a line into the log."""
        self.log.append(line)
        self.logged.emit(line)

    def _next_step(self) -> None:
        step = next(self._wanted(), None)
        if step is None:
            self._end(JobState.STOPPED, self.words) if self._is_stopped else self._end(JobState.DONE, self._success)
            return
        self.state, self.progress, self.doing = JobState.RUNNING, Progress(), step.what
        self._started_s = time.monotonic()
        if isinstance(step, Work):
            self.running = Task(step.function, name=step.what)
            self.running.finished.connect(self._on_work_finished)
        else:
            self.note(f"$ main.py {shlex.join(step.arguments)}")
            self.running = ChildProcess(step.what, list(step.arguments), self)
            self.running.reported.connect(self._on_reported)
            self.running.logged.connect(self.note)
            self.running.finished.connect(self._on_process_finished)
        self.running.start()
        self.changed.emit()

    def _wanted(self) -> Any:
        while self.steps:
            step = self.steps.pop(0)
            if (step.after_stop or not self._is_stopped) and (step.needs is None or step.needs.is_file()):
                yield step

    def _on_reported(self, message: dict[str, Any]) -> None:
        progress = Progress.from_message(message)
        if progress is not None:
            self.progress, self.doing = progress, doing_text(message, progress)
            self.changed.emit()
        self.reported.emit(message)

    def _on_process_finished(self, outcome: ProcessOutcome) -> None:
        process, self.running = self.running, None
        if process is not None:
            process.deleteLater()
        if outcome.is_stopped:
            self.words = str(outcome)
        if outcome.is_success or outcome.is_stopped:
            self._next_step()
        else:
            self._end(JobState.FAILED, str(outcome))

    def _on_work_finished(self, task: Task) -> None:
        self.running = None
        if task.error:
            self._end(JobState.FAILED, task.error)
        else:
            self._next_step()

    def _end(self, state: JobState, words: str) -> None:
        self.steps.clear()
        self.state, self.words = state, words
        if not self.log or self.log[-1] != words:  # a failure speaks in the last words of its step
            self.note(words)
        self.changed.emit()
        self.finished.emit(self)
