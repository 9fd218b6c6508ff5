"""Opens what the user wants to see, away from the UI thread; a file becomes a take."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.task import Task
from core.errors import NdrError, OutputError
from core.sources import CameraSpec, Source, is_url
from core.sources.without_video import FramesWithoutVideo
from core.system.memory import give_memory_back
from core.take.recordings import is_recording, open_recording
from core.take.store import TakeFolder, TakeStore
from core.take.take import Processing, Take

_CLOSE_TIMEOUT_S: Final = 3.0
FALLBACK_PERIOD_S: Final = 1 / 30
Spec = str | Path | int | CameraSpec


@dataclass(frozen=True)
class Opened:
    """What was opened.

    Attributes:
        spec: As it was asked for.
        source: Where its frames come from.
        place: Where its take is kept; None for what is live, and where nothing can be kept.
        take: What is known of it.
        note: What the user should know, "" for nothing.
    """

    spec: Spec
    source: Source
    place: TakeFolder | None = None
    take: Take | None = None
    note: str = ""


def open_spec(spec: Spec, open_: Callable[[Spec], Source], takes: TakeStore | None, processing: Processing) -> Opened:
    """Open a source and find its take.

    Raises:
        SourceError: It cannot be opened.
        DataError: The `NAME.take.toml` beside it cannot be read.
    """
    if takes is not None and isinstance(spec, str | Path) and is_recording(Path(str(spec))) and not is_url(spec):
        return _open_recording(Path(str(spec)).expanduser(), open_, takes, processing)
    source = open_(spec)
    if takes is None or source.is_live:
        return Opened(spec, source)
    try:
        place, take = takes.open(Path(str(spec)).expanduser(), processing)
    except OutputError as error:
        return Opened(spec, source, note=f"{error} Until then it is looked at while it plays, and nothing is kept.")
    except NdrError:
        source.close()
        raise
    return Opened(spec, source, place, take)


def _open_recording(path: Path, open_: Callable[[Spec], Source], takes: TakeStore, processing: Processing) -> Opened:
    opened = open_recording(path, takes, processing)
    if opened.video is not None:
        return Opened(opened.video, open_(opened.video), opened.place, opened.take)
    held = opened.sequence
    source = FramesWithoutVideo(path.name, held.time_s, held.frame_index, held.image_size)
    note = f"The video of {path.name} is not beside it: its poses are shown without pictures."
    return Opened(path, source, opened.place, opened.take, note)


def period_of(source: Source) -> float:
    """Return the seconds between two frames, nominally."""
    return 1.0 / source.fps if source.fps else FALLBACK_PERIOD_S


def duration_of(source: Source) -> float | None:
    """Return how long a file is, seconds; None for what is live."""
    if source.is_live:
        return None
    duration_s = getattr(source, "duration_s", None)
    return float(duration_s) if duration_s else (source.n_frames or 0) * period_of(source)


class Opener(QObject):
    """Opens one thing at a time; a newer wish takes the place of an older one.

    Signals:
        opened(Opened): It is there.
        failed(str): It cannot be opened; one sentence.

    Threading: lives in the UI thread, sources open in a Task.
    """

    opened = Signal(object)
    failed = Signal(str)

    def __init__(self, open_: Callable[[Spec], Source], takes: TakeStore | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._takes = open_, takes
        self._task: Task | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being opened."""
        return self._task is not None

    def begin(self, spec: Spec, processing: Processing, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Open something.

        Args:
            spec: What.
            processing: For a new take.
            before: Called in the Task before it is opened: lets go of a camera, which can be opened once only.
            after: Called in the Task once it is there: ends what was open before.
        """
        previous = self._task
        if previous is not None:
            previous.abandon()

        def work() -> Opened:
            if previous is not None:
                previous.wait()
            before()
            opened = open_spec(spec, self._open, self._takes, processing)
            after()
            give_memory_back()
            return opened

        self._task = Task(work, name="opening", discard=lambda opened: opened.source.close())
        self._task.finished.connect(self._on_finished)
        self._task.start()

    def close(self) -> None:
        """Take no more interest in what is being opened, and wait for it."""
        task, self._task = self._task, None
        if task is not None:
            task.abandon()
            task.wait(_CLOSE_TIMEOUT_S)  # a driver that hangs must not keep the window open
            if task.result is not None:
                task.result.source.close()  # it was there before anybody could be told

    def _on_finished(self, task: Task) -> None:
        if task is not self._task:
            if task.result is not None:
                task.result.source.close()
            return
        self._task = None
        if task.error:
            self.failed.emit(task.error)
        else:
            self.opened.emit(task.result)
