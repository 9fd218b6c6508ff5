"""Saving what is open: a whole file by a child process, a recording by a thread."""

import re
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.child_process import ChildProcess, ProcessOutcome
from app.session import Session
from app.task import Task
from core.exporters import EXPORTERS


class Exporter(QObject):
    """One export at a time.

    Signals:
        started(str, bool): What is going on, and whether it can be cancelled.
        progressed(int, int): Frames done, and in all (0 when unknown).
        succeeded(str, Path): What was saved, and the folder.
        failed(str): One sentence.
    """

    started = Signal(str, bool)
    progressed = Signal(int, int)
    succeeded = Signal(str, Path)
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._process: ChildProcess | None = None
        self._task: Task | None = None
        self._folder = Path()

    @property
    def is_running(self) -> bool:
        """Whether an export is going on."""
        return self._process is not None or self._task is not None

    def start(self, folder: Path, formats: list[str]) -> None:
        """Export what the session has open into `folder`: the whole file, or what was recorded so far."""
        self._folder = folder
        file = self._session.file
        if file is not None:
            self._start_process(file, folder, formats)
        else:
            self._start_task(folder, formats)

    def cancel(self) -> None:
        """Stop a child process as Ctrl-C would."""
        if self._process is not None:
            self._process.stop()

    def close(self) -> None:
        """The window closes: end the process; let a file being written be finished."""
        if self._process is not None:
            self._process.close()
        if self._task is not None:
            self._task.abandon()
            self._task.wait()

    def _start_process(self, file: Path, folder: Path, formats: list[str]) -> None:
        settings = self._session.settings
        is_refining = settings.learned_depth_refinement and self._session.can_refine
        arguments = [
            "process", str(file), "-o", str(folder), "--format", ",".join(formats), "--variant", settings.variant,
            "--learned-depth-refinement" if is_refining else "--no-learned-depth-refinement",
            "--model", settings.refiner, "--json-progress",
        ]  # fmt: skip
        self._process = ChildProcess("The export", arguments, self)
        self._process.reported.connect(self._on_report)
        self._process.finished.connect(self._on_process_finished)
        self.started.emit(f"Exporting {file.name}…", True)
        self._process.start()

    def _start_task(self, folder: Path, formats: list[str]) -> None:
        session = self._session
        name = session.source.name if session.source is not None else "recording"
        # the time keeps a second export from replacing the first
        stem = re.sub("[^A-Za-z0-9]+", "-", name).strip("-") + time.strftime("-%Y%m%d-%H%M%S")

        def work() -> list[Path]:
            sequence = session.recording()
            paths = [folder / f"{stem}.{name}" for name in formats]
            for path, name in zip(paths, formats, strict=True):
                EXPORTERS[name].save(sequence, path)
            return paths

        self._task = Task(work, name="saving")
        self._task.finished.connect(self._on_task_finished)
        self.started.emit("Saving the recording…", False)
        self._task.start()

    def _on_report(self, message: dict[str, object]) -> None:
        done, total = message.get("frame"), message.get("n_frames")
        if isinstance(done, int):
            self.progressed.emit(done, total if isinstance(total, int) else 0)

    def _on_process_finished(self, outcome: ProcessOutcome) -> None:
        process, self._process = self._process, None
        process.deleteLater()
        if outcome.is_success:
            notes = [line.removeprefix("Note: ") for line in process.errors if line.startswith("Note: ")]
            self.succeeded.emit(" ".join([f"Exported to {self._folder}.", *notes]), self._folder)
        elif outcome.is_stopped:
            self.succeeded.emit(f"{outcome} The frames done until then are in {self._folder}.", self._folder)
        else:
            self.failed.emit(str(outcome))

    def _on_task_finished(self, task: Task) -> None:
        self._task = None
        if task.error:
            self.failed.emit(task.error)
        else:
            names = ", ".join(path.name for path in task.result)
            self.succeeded.emit(f"Saved {names} in {self._folder}.", self._folder)
