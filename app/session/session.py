"""What is open at the moment: a source, the loop that runs on it, and what was recorded."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.choices import Choices
from app.language import tr
from app.session.pipelines import LoadedPipeline, WindowPipeline, load_pipeline
from app.session.recording import Recorder, Recording
from app.session.state import STATE_OF_LOOP, SessionState, SessionStatus
from app.session.track import Track
from app.task import Task
from core.live.loop import LiveLoop
from core.live.playback import Transport
from core.pose.types import Refined
from core.sequence.pose_sequence import PoseSequence
from core.settings import Settings
from core.sources import CameraSpec, Source, open_source
from core.system.memory import give_memory_back

Spec = str | Path | int | CameraSpec
RETRY_MS: Final = 2000
_CLOSE_TIMEOUT_S: Final = 3.0
_FALLBACK_FPS: Final = 30.0


class Session(QObject):
    """Owns the source, the loop and the recording. Its state is worked out from them, never stored.

    Signals:
        changed: The state, the source, the model or a choice may be another one now.
        started: Another source begins; what was shown of the one before is over.
        failed(str): Something went wrong; one sentence.
        noted(str): Something the user should know; one sentence.

    Attributes:
        track: Figures of every frame of the open source, for the plots.
        position_s: Time of the newest packet that was taken, in the source.
        recording_to: The recording that goes on, None when there is none.

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
        choices: Choices | None = None,
        load: Callable[[Settings, Callable[[str], None]], LoadedPipeline] | None = None,
        open_: Callable[[Spec], Source] = open_source,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._choices = settings, choices or Choices()
        self._load, self._open = load or self._load_for_source, open_
        self._opening: Task | None = None
        self._loop: LiveLoop | None = None
        self._source: Source | None = None
        self._spec: Spec | None = None
        self._loaded: LoadedPipeline | None = None
        self._activity = ""
        self._recorder = Recorder()
        self._n_warnings = 0
        self._reported: tuple[SessionState, LoadedPipeline | None] = (SessionState.EMPTY, None)
        self._is_lost = False
        self._retry = QTimer(self, interval=RETRY_MS, singleShot=True)
        self._retry.timeout.connect(self._try_again)
        self._resume_at: tuple[float, bool] | None = None
        self.track = Track(is_live=True)
        self.position_s = 0.0
        self.recording_to: Recording | None = None

    @property
    def state(self) -> SessionState:
        """What is going on."""
        if self._is_lost:
            return SessionState.LOST
        if self._opening is not None:
            return SessionState.OPENING
        if self._loop is None:
            return SessionState.EMPTY
        return STATE_OF_LOOP[self._loop.state]

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
            size_px=self._source.size_px,
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
    def choices(self) -> Choices:
        """What was chosen about processing and the person."""
        return self._choices

    @property
    def source(self) -> Source | None:
        """The open source."""
        return self._source

    @property
    def transport(self) -> Transport | None:
        """The controls of an open file; None when nothing is open or it is a camera or a stream."""
        return None if self._loop is None or self.file is None else self._loop.transport

    @property
    def duration_s(self) -> float | None:
        """How long the open file is; None when it is live."""
        source = self._source
        if source is None or source.is_live:
            return None
        duration_s = getattr(source, "duration_s", None)
        return float(duration_s) if duration_s else (source.n_frames or 0) * self.period_s

    @property
    def period_s(self) -> float:
        """Seconds between two frames, nominally."""
        return 1.0 / ((self._source.fps if self._source else None) or _FALLBACK_FPS)

    @property
    def file(self) -> Path | None:
        """The open source's path, None when it is a camera or a stream."""
        if self._source is None or self._source.is_live:
            return None
        return Path(str(self._spec)).expanduser()

    @property
    def is_lost(self) -> bool:
        """Whether a camera or stream broke off and is asked for again."""
        return self._is_lost

    @property
    def can_refine(self) -> bool:
        """Whether a refiner is loaded, or may yet be."""
        return self._loaded is None or bool(self._loaded.model_name)

    def open(self, spec: Spec) -> None:
        """Open a file, camera or URL; what is open now goes on until the new one is there."""
        self._retry.stop()
        self._is_lost, self._resume_at = False, None
        self._begin_opening(spec)

    def play(self) -> None:
        """Go on; from the in point when the file has ended, anew when the source has failed."""
        state = self.state
        if self._loop is not None and state in (SessionState.PAUSED, SessionState.ENDED) and self._source is not None:
            if state == SessionState.ENDED and not self._source.is_live:
                self._loop.transport.seek(self._loop.transport.range_s[0])
            elif state == SessionState.ENDED and self._spec is not None:
                self.open(self._spec)
            self._loop.resume()
        elif self._spec is not None and state in (SessionState.FAILED, SessionState.LOST):
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

    def choose_person(self, x_px: float, y_px: float) -> None:
        """Follow who is nearest to a point of the image from now on."""
        if self._loaded is not None:
            self._loaded.pipeline.choose_person((x_px, y_px))

    def set_refinement(self, is_on: bool) -> None:
        """Switch the refiner on or off; takes effect at the next frame."""
        self._settings = replace(self._settings, learned_depth_refinement=is_on)
        if self._loaded is not None and self._loaded.model_name:
            self._loaded.pipeline.refinement_on = is_on
        self._show_again()
        self.changed.emit()

    def set_choices(self, choices: Choices) -> None:
        """Process as chosen from the next frame on."""
        self._choices = choices
        if self._loaded is not None:
            self._loaded.pipeline.apply(choices)
        self._show_again()
        self.changed.emit()

    def use_refiner(self, path: Path) -> None:
        """Refine with another model from now on; a file goes on where it is."""
        self._settings = replace(self._settings, refiner=str(path), learned_depth_refinement=True)
        self._reopen()

    def use_quality(self, quality: str) -> None:
        """Look with more or less work from now on, whatever was chosen exactly before; a file goes on where it is."""
        self._settings = replace(self._settings, quality=quality, variant="", looks="")
        self._reopen()

    def take(self) -> Refined | None:
        """Return the newest packet not yet taken; call this at the rate of the screen.

        Changes in the worker threads are noticed here and reported by the signals.
        """
        self._report_changes()
        packet = self._loop.take() if self._loop is not None else None
        if packet is not None:
            self.position_s = packet.detection.frame.time_s
        return packet

    def recording(self) -> PoseSequence:
        """Return what a camera or stream gave so far. Slow for hours of it: call it in a Task.

        Raises:
            DataError: Nothing was recorded.
        """
        return self._recorder.sequence(self.meta())

    def meta(self) -> dict[str, Any]:
        """Return what made the poses, for a file of them."""
        facts = {} if self._loaded is None else self._loaded.facts
        return {"source": self._source.name if self._source is not None else "", **asdict(self._settings), **facts}

    def close(self) -> None:
        """Stop everything and wait for the threads."""
        self._retry.stop()
        self._is_lost = False
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
        give_memory_back()

    def _show_again(self) -> None:
        """Process the frame that a paused file stands at once more: a choice is another one."""
        if self.transport is not None and self.state == SessionState.PAUSED:
            self.transport.seek(self.position_s)

    def _reopen(self) -> None:
        if self._spec is not None and self._loop is not None:
            spec, transport = self._spec, self.transport
            here = (self.position_s, transport.is_paused) if transport is not None else None
            self.open(spec)
            self._resume_at = here
        self.changed.emit()

    def _begin_opening(self, spec: Spec) -> None:
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
                give_memory_back()
            return spec, opened

        self._opening = Task(work, name="opening", discard=lambda result: result[1].close())
        self._opening.finished.connect(self._on_opened)
        self._opening.start()
        self.changed.emit()

    def _on_opened(self, task: Task) -> None:
        if task is not self._opening:
            if task.result is not None:
                task.result[1].close()
            return
        self._opening = None
        if not task.error:
            was_lost, self._is_lost = self._is_lost, False
            self._start(*task.result, is_return=was_lost)
            if was_lost and self._source is not None:
                self.noted.emit(tr("{name} is back.", name=_capital(self._source.name)))
        elif self._is_lost:
            self._retry.start()
        else:
            self.failed.emit(task.error)
        self.changed.emit()

    def _start(self, spec: Spec, source: Source, *, is_return: bool) -> None:
        if is_return:
            self._recorder.begin_part()  # what it gave before it was lost may not be saved yet
        else:
            self._recorder = Recorder()
        self._spec, self._source = spec, source
        self._loaded, self._activity, self._n_warnings = None, "", 0
        self.track, self.position_s = Track(is_live=source.is_live), 0.0
        self._loop = LiveLoop(source, self._make_pipeline, lossless=not source.is_live, on_packet=self._on_packet)
        if self._resume_at is not None and not source.is_live:
            time_s, is_paused = self._resume_at
            if is_paused:
                self._loop.pause()
            self._loop.transport.seek(time_s)
        self._resume_at = None
        self._loop.start()
        self.started.emit()

    def _on_packet(self, packet: Refined) -> None:
        """Called in the inference thread."""
        self.track.add(packet)
        if self._source is not None and self._source.is_live:
            self._recorder.add(packet)
            recording = self.recording_to
            if recording is not None:
                recording.add(packet)

    def _make_pipeline(self) -> WindowPipeline:
        """Called in the inference thread."""
        loaded = self._load(self._settings, self._set_activity)
        if loaded.model_name:
            loaded.pipeline.refinement_on = self._settings.learned_depth_refinement
        loaded.pipeline.apply(self._choices)
        self._loaded = loaded
        return loaded.pipeline

    def _load_for_source(self, settings: Settings, report: Callable[[str], None]) -> LoadedPipeline:
        return load_pipeline(settings, report, 1.0 / self.period_s)

    def _set_activity(self, text: str) -> None:
        self._activity = text

    def _try_again(self) -> None:
        if self._spec is not None:
            self._begin_opening(self._spec)

    def _notice_loss(self, state: SessionState) -> None:
        """A camera that was there and is gone is asked for again until it is back."""
        loop, source = self._loop, self._source
        if loop is None or source is None or state not in (SessionState.FAILED, SessionState.ENDED):
            return
        error, is_sources = loop.stats.error, loop.stats.source_failed
        if not source.is_live or (error and not is_sources):
            if error:
                self.failed.emit(error)
            return
        reason = error or tr("{name} ended.", name=source.name)
        self._is_lost = True
        self._retry.start()
        self.failed.emit(tr("{reason} Trying again every {seconds:g} seconds.", reason=reason, seconds=RETRY_MS / 1000))

    def _report_changes(self) -> None:
        now = self.state, self._loaded
        before, self._reported = self._reported, now
        if now != before:
            if now[0] != before[0]:
                self._notice_loss(now[0])
            if now[1] is not None and now[1] is not before[1]:
                for note in now[1].notes:
                    self.noted.emit(note)
            self.changed.emit()
        warnings = self._source.warnings if self._source is not None else []
        for warning in warnings[self._n_warnings :]:
            self.noted.emit(warning)
        self._n_warnings = len(warnings)


def _capital(name: str) -> str:
    """Return a camera's name as a sentence begins; an address stays as it is."""
    return name if "://" in name else name[:1].upper() + name[1:]
