"""What is open at the moment: a source, the loop that runs on it, and what was recorded."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.pipelines import LoadedPipeline, load_pipeline
from app.task import Task
from core.errors import DataError
from core.live import LiveLoop, LoopState
from core.pipeline import Pipeline
from core.sequence import PoseSequence, SequenceBuilder
from core.settings import Settings
from core.sources import Source, open_source
from core.types import Refined

Spec = str | Path | int
_CLOSE_TIMEOUT_S: Final = 3.0


class SessionState(StrEnum):
    """What a session is doing; the value is shown in the status line."""

    EMPTY = "nothing open"
    OPENING = "opening"
    LOADING = "loading models"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "stopped"


_STATE_OF_LOOP: Final = {
    LoopState.IDLE: SessionState.LOADING,
    LoopState.STARTING: SessionState.LOADING,
    LoopState.RUNNING: SessionState.PLAYING,
    LoopState.PAUSED: SessionState.PAUSED,
    LoopState.FINISHED: SessionState.ENDED,
    LoopState.FAILED: SessionState.FAILED,
    LoopState.STOPPED: SessionState.FAILED,
}


@dataclass(frozen=True)
class SessionStatus:
    """A moment's figures for the status line; NaN and "" where there is nothing to say."""

    state: SessionState
    source_name: str = ""
    fps: float = float("nan")
    latency_ms: float = float("nan")
    n_dropped: int = 0
    n_recorded: int = 0
    model_name: str = ""
    provider: str = ""
    activity: str = ""


class Session(QObject):
    """Owns the source, the loop and the recording. Its state is worked out from them, never stored.

    Signals:
        changed: The state, the source or the model may be another one now.
        started: Another source begins; what was shown of the one before is over.
        failed(str): Something went wrong; one sentence.
        noted(str): Something the user should know; one sentence.

    Threading: lives in the UI thread. Sources open in a Task, models load in the loop's inference thread; packets
    are fetched by `take`, never sent by a signal.
    """

    changed = Signal()
    started = Signal()
    failed = Signal(str)
    noted = Signal(str)

    def __init__(
        self,
        settings: Settings,
        *,
        load: Callable[[Settings, Callable[[str], None]], LoadedPipeline] = load_pipeline,
        open_: Callable[[Spec], Source] = open_source,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._load, self._open = load, open_
        self._opening: Task | None = None
        self._loop: LiveLoop | None = None
        self._source: Source | None = None
        self._spec: Spec | None = None
        self._loaded: LoadedPipeline | None = None
        self._activity = ""
        self._recorder = Recorder()
        self._n_warnings = 0
        self._reported: tuple[SessionState, LoadedPipeline | None] = (SessionState.EMPTY, None)

    @property
    def state(self) -> SessionState:
        """What is going on."""
        if self._opening is not None:
            return SessionState.OPENING
        if self._loop is None:
            return SessionState.EMPTY
        return _STATE_OF_LOOP[self._loop.stats.state]

    @property
    def status(self) -> SessionStatus:
        """Everything the status line shows."""
        status = SessionStatus(self.state, activity=self._activity if self.state == SessionState.LOADING else "")
        if self._loop is None or self._source is None:
            return status
        stats, loaded = self._loop.stats, self._loaded
        return replace(
            status,
            source_name=self._source.name,
            fps=stats.fps,
            latency_ms=stats.latency_ms,
            n_dropped=stats.n_dropped,
            n_recorded=self._recorder.n_frames,
            model_name=loaded.model_name if loaded else "",
            provider=loaded.provider if loaded else "",
        )

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def source(self) -> Source | None:
        """The open source."""
        return self._source

    @property
    def file(self) -> Path | None:
        """The open source's path, None when it is a camera or a stream."""
        if self._source is None or self._source.is_live:
            return None
        return Path(str(self._spec)).expanduser()

    @property
    def can_refine(self) -> bool:
        """Whether a refiner is loaded, or may yet be."""
        return self._loaded is None or bool(self._loaded.model_name)

    def open(self, spec: Spec) -> None:
        """Open a file, camera or URL; what is open now goes on until the new one is there."""
        previous = self._opening
        if previous is not None:
            previous.abandon()
        loop, source = self._loop, self._source

        def work() -> tuple[Spec, Source]:
            if previous is not None:
                previous.wait()
            if loop is not None and source is not None and source.is_live:
                loop.stop()  # a camera can be opened once only
            opened = self._open(spec)
            if loop is not None:
                loop.stop()
            return spec, opened

        self._opening = Task(work, name="opening", discard=lambda result: result[1].close())
        self._opening.finished.connect(self._on_opened)
        self._opening.start()
        self.changed.emit()

    def play(self) -> None:
        """Go on; from the start when the source has ended or failed."""
        if self._loop is not None and self.state == SessionState.PAUSED:
            self._loop.resume()
        elif self._spec is not None and self.state in (SessionState.ENDED, SessionState.FAILED):
            self.open(self._spec)
        self.changed.emit()

    def pause(self) -> None:
        """Stand still; a file waits, a camera's frames go by."""
        if self._loop is not None:
            self._loop.pause()
        self.changed.emit()

    def toggle(self) -> None:
        """Pause what plays, play what does not."""
        if self.state == SessionState.PLAYING:
            self.pause()
        else:
            self.play()

    def set_refinement(self, is_on: bool) -> None:
        """Switch the refiner on or off; takes effect at the next frame."""
        self._settings = replace(self._settings, learned_depth_refinement=is_on)
        if self._loaded is not None and self._loaded.model_name:
            self._loaded.pipeline.refinement_on = is_on
        self.changed.emit()

    def use_refiner(self, path: Path) -> None:
        """Refine with another model from now on; what is open starts again."""
        self._settings = replace(self._settings, refiner=str(path), learned_depth_refinement=True)
        if self._spec is not None:
            self.open(self._spec)
        self.changed.emit()

    def take(self) -> Refined | None:
        """Return the newest packet not yet taken; call this at the rate of the screen.

        Changes in the worker threads are noticed here and reported by the signals.
        """
        self._report_changes()
        return self._loop.take() if self._loop is not None else None

    def recording(self) -> PoseSequence:
        """Return what a camera or stream gave so far. Slow for hours of recording: call it in a Task.

        Raises:
            DataError: Nothing was recorded.
        """
        name = self._source.name if self._source is not None else ""
        return self._recorder.sequence({"source": name, **asdict(self._settings)})

    def close(self) -> None:
        """Stop everything and wait for the threads."""
        if self._opening is not None:
            self._opening.abandon()
            self._opening.wait(_CLOSE_TIMEOUT_S)  # a driver that hangs must not keep the window open
            if self._opening.result is not None:
                self._opening.result[1].close()  # it was there before anybody could be told
            self._opening = None
        if self._loop is not None:
            self._loop.stop(_CLOSE_TIMEOUT_S)
            self._loop = None
        self._source = None

    def _on_opened(self, task: Task) -> None:
        if task is not self._opening:
            if task.result is not None:
                task.result[1].close()
            return
        self._opening = None
        if task.error:
            self.failed.emit(task.error)
        else:
            self._start(*task.result)
        self.changed.emit()

    def _start(self, spec: Spec, source: Source) -> None:
        self._spec, self._source = spec, source
        self._loaded, self._activity, self._n_warnings = None, "", 0
        self._recorder = Recorder()
        self._loop = LiveLoop(
            source,
            self._make_pipeline,
            lossless=not source.is_live,
            on_packet=self._recorder.add if source.is_live else None,
        )
        self._loop.start()
        self.started.emit()

    def _make_pipeline(self) -> Pipeline:
        """Called in the inference thread."""
        loaded = self._load(self._settings, self._set_activity)
        if loaded.model_name:
            loaded.pipeline.refinement_on = self._settings.learned_depth_refinement
        self._loaded = loaded
        return loaded.pipeline

    def _set_activity(self, text: str) -> None:
        self._activity = text

    def _report_changes(self) -> None:
        now = self.state, self._loaded
        before, self._reported = self._reported, now
        if now != before:
            if now[0] == SessionState.FAILED and self._loop is not None and self._loop.stats.error:
                self.failed.emit(self._loop.stats.error)
            if now[1] is not None and now[1] is not before[1]:
                for note in now[1].notes:
                    self.noted.emit(note)
            self.changed.emit()
        warnings = self._source.warnings if self._source is not None else []
        for warning in warnings[self._n_warnings :]:
            self.noted.emit(warning)
        self._n_warnings = len(warnings)


class Recorder:
    """Collects packets in the inference thread and hands out a sequence in any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._builder = SequenceBuilder()
        self.n_frames = 0

    def add(self, packet: Refined) -> None:
        """Take in one packet; called in the inference thread."""
        with self._lock:
            self._builder.append(packet)
            self.n_frames += 1

    def sequence(self, meta: dict[str, Any]) -> PoseSequence:
        """Return everything so far.

        Raises:
            DataError: There is nothing.
        """
        if not self.n_frames:
            raise DataError("Nothing is recorded yet; play a camera or a stream for a moment first.")
        with self._lock:
            return self._builder.build(meta)
