"""What is open at the moment: a source, the loop that runs on it, and what was recorded."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.session.choices import Choices
from app.session.loss import Loss, back_again
from app.session.open_take import OpenTake
from app.session.opening import FALLBACK_PERIOD_S, Opened, Opener, Spec, duration_of, period_of
from app.session.pipelines import LoadedPipeline, WindowPipeline, figures_of, load_pipeline
from app.session.recording import Recorder, Recording
from app.session.state import STATE_OF_LOOP, SessionState, SessionStatus, status_of
from app.session.take_choices import choices_of, processing_for, with_choices
from app.session.track import Track
from core.detection.chosen_point import ChosenPoint
from core.live.loop import LiveLoop, Runner
from core.live.playback import Transport
from core.pose.types import Refined
from core.sequence.pose_sequence import PoseSequence
from core.settings import Settings
from core.sources import Source, open_source
from core.system.memory import give_memory_back
from core.take.store import TakeStore

_CLOSE_TIMEOUT_S: Final = 3.0


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
        position_index: Number of that packet's frame.
        recording_to: The recording that goes on, None when there is none.
        open_take: What is known of the open file, None for what is live and where nothing can be kept.
        loss: What is done about a camera that broke off.

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
        takes: TakeStore | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._choices = settings, choices or Choices()
        self._load, self.takes = load or (lambda wanted, told: load_pipeline(wanted, told, 1.0 / self.period_s)), takes
        self.open_take: OpenTake | None = None
        self._opener = Opener(open_, takes, self)
        self._opener.opened.connect(self._on_opened)
        self._opener.failed.connect(self._on_not_opened)
        self._loop: LiveLoop | None = None
        self._source: Source | None = None
        self._spec: Spec | None = None
        self._loaded: LoadedPipeline | None = None
        self._activity = ""
        self._recorder, self._n_warnings = Recorder(), 0
        self._reported: tuple[SessionState, LoadedPipeline | None] = (SessionState.EMPTY, None)
        self.loss = Loss(self)
        self.loss.retry.timeout.connect(self._try_again)
        self._resume_at: tuple[float, bool] | None = None
        self.track = Track(is_live=True)
        self.position_s, self.position_index, self._is_known = 0.0, 0, False
        self.recording_to: Recording | None = None
        self.send_on: Callable[[Refined], None] = lambda _packet: None  # to other programs, in the inference thread

    @property
    def state(self) -> SessionState:
        """What is going on."""
        if self.loss.is_lost:
            return SessionState.LOST
        if self._opener.is_busy:
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
        known = figures_of(self._loaded) if self.open_take is None else self.open_take.figures()
        return status_of(status, self._loop.stats, self._source, n_recorded=self._recorder.n_frames, **known)

    @property
    def settings(self) -> Settings:
        """The settings in force: the take's own, where there is one."""
        return self._settings if self.open_take is None else self.open_take.take.processing.settings

    @property
    def choices(self) -> Choices:
        """What was chosen about processing and the person: for the take, where there is one."""
        return self._choices if self.open_take is None else choices_of(self.open_take.take)

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
        return None if self._source is None else duration_of(self._source)

    @property
    def period_s(self) -> float:
        """Seconds between two frames, nominally."""
        return FALLBACK_PERIOD_S if self._source is None else period_of(self._source)

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
        self.loss.forget()
        self._resume_at = None
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
        """Follow who is nearest to a point of the image: in all of a take, in a live source from now on."""
        if self.open_take is not None:
            self.open_take.change(person=ChosenPoint(x_px, y_px, self.position_s))
        elif self._loaded is not None:
            self._loaded.pipeline.choose_person((x_px, y_px))

    def set_refinement(self, is_on: bool) -> None:
        """Switch the refiner on or off; takes effect at the next frame."""
        if self._process(learned_depth_refinement=is_on):
            return
        self._settings = replace(self._settings, learned_depth_refinement=is_on)
        if self._loaded is not None and self._loaded.model_name:
            self._loaded.pipeline.refinement_on = is_on
        self._show_again()
        self.changed.emit()

    def set_choices(self, choices: Choices) -> None:
        """Process as chosen from the next frame on; a take keeps it for itself.

        Raises:
            SettingsError: A value makes no sense.
        """
        if self.open_take is not None:
            processing, subject, camera = with_choices(self.open_take.take, choices)
            self.open_take.change(processing=processing, subject=subject, camera=camera)
            return
        self._choices = choices
        if self._loaded is not None:
            self._loaded.pipeline.apply(choices)
        self._show_again()
        self.changed.emit()

    def use_refiner(self, path: Path) -> None:
        """Refine with another model from now on."""
        self._settings = replace(self._settings, refiner=str(path), learned_depth_refinement=True)
        if not self._process(refiner=str(path), learned_depth_refinement=True):
            self._reopen()

    def use_quality(self, quality: str) -> None:
        """Look with more or less work from now on; what a take knows by other looks stays with it."""
        if self._process(quality=quality, variant="", looks=""):
            return
        self._settings = replace(self._settings, quality=quality, variant="", looks="")
        self._reopen()

    def take(self) -> Refined | None:
        """Return the newest packet not yet taken; call this at the rate of the screen.

        Changes in the worker threads are noticed here and reported by the signals.
        """
        self._report_changes()
        packet = self._loop.take() if self._loop is not None else None
        if packet is not None:
            frame = packet.detection.frame
            self.position_s, self.position_index = frame.time_s, frame.index
            self._is_known = self.open_take is None or self.open_take.showing.knows(frame.index)
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
        self.loss.forget()
        self._opener.close()
        if self._loop is not None:
            self._loop.stop(_CLOSE_TIMEOUT_S)
            self._loop = None
        self._close_take()
        self._source = None
        give_memory_back()

    def _close_take(self) -> None:
        if self.open_take is not None:
            self.open_take.close()
        self.open_take = None

    def _process(self, **changes: Any) -> bool:
        """Process the open take otherwise; return whether there is one."""
        if self.open_take is not None:
            self.open_take.change(processing=replace(self.open_take.take.processing, **changes))
        return self.open_take is not None

    def _show_again(self) -> None:
        """Process the frame that a paused file stands at once more: a choice is another one."""
        if self.transport is not None and self.state in (SessionState.PAUSED, SessionState.ENDED):
            self.transport.show_again(self.position_s)

    def _on_take_shown(self, is_all: bool) -> None:
        take = self.open_take
        if is_all or (take is not None and not self._is_known and take.showing.knows(self.position_index)):
            self._show_again()

    def _reopen(self) -> None:
        if self._spec is not None and self._loop is not None:
            spec, transport = self._spec, self.transport
            here = (self.position_s, transport.is_paused) if transport is not None else None
            self.open(spec)
            self._resume_at = here
        self.changed.emit()

    def _begin_opening(self, spec: Spec) -> None:
        loop, source = self._loop, self._source

        def let_go() -> None:
            if loop is not None and source is not None and source.is_live:
                loop.stop()  # a camera can be opened once only

        end = (lambda: None) if loop is None else loop.stop
        self._opener.begin(spec, processing_for(self._settings, self._choices), let_go, end)
        self.changed.emit()

    def _on_opened(self, opened: Opened) -> None:
        was_lost = self.loss.forget()
        self._start(opened, is_return=was_lost)
        if was_lost:
            self.noted.emit(back_again(opened.source))
        self.changed.emit()

    def _on_not_opened(self, reason: str) -> None:
        if self.loss.is_lost:
            self.loss.retry.start()
        else:
            self.failed.emit(reason)
        self.changed.emit()

    def _start(self, opened: Opened, *, is_return: bool) -> None:
        source = opened.source
        if is_return:
            self._recorder.begin_part()  # what it gave before it was lost may not be saved yet
        else:
            self._recorder = Recorder()
            if opened.spec != self._spec:  # another person, another camera
                self._choices = replace(self._choices, height_m=0.0, fov_deg=0.0, calibration="")
        self._close_take()
        self._spec, self._source = opened.spec, source
        self._loaded, self._activity, self._n_warnings = None, "", 0
        self.track, self.position_s, self.position_index = Track(is_live=source.is_live), 0.0, 0
        self._loop = LiveLoop(source, self._begin_take(opened), lossless=not source.is_live, on_packet=self._on_packet)
        if self._resume_at is not None and not source.is_live:
            time_s, is_paused = self._resume_at
            if is_paused:
                self._loop.pause()
            self._loop.transport.seek(time_s)
        self._resume_at = None
        self._loop.start()
        self.started.emit()
        if self.open_take is not None:
            self._loop.transport.set_range(self.open_take.take.in_s, self.open_take.take.out_s)
            self.open_take.start()
        if opened.note:
            self.noted.emit(opened.note)

    def _begin_take(self, opened: Opened) -> Callable[[], Runner]:
        """Return what the loop runs: the player of a take, or a pipeline that looks at every frame as it comes."""
        if opened.take is None or opened.place is None:
            return self._make_pipeline
        self.open_take = OpenTake(opened.place, opened.take, self.track, opened.source.n_frames, self)
        self.open_take.changed.connect(self.changed)
        self.open_take.shown.connect(self._on_take_shown)
        self.open_take.failed.connect(self.failed)
        return self.open_take.player

    def _on_packet(self, packet: Refined) -> None:
        """Called in the inference thread."""
        if self.open_take is None:  # which fills it itself
            self.track.add(packet)
        self.send_on(packet)
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

    def _set_activity(self, text: str) -> None:
        self._activity = text

    def _try_again(self) -> None:
        if self._spec is not None:
            self._begin_opening(self._spec)

    def _report_changes(self) -> None:
        now = self.state, self._loaded
        before, self._reported = self._reported, now
        if now != before:
            if now[0] != before[0]:
                sentence = self.loss.notice(self._loop, self._source, now[0])
                if sentence:
                    self.failed.emit(sentence)
            if now[1] is not None and now[1] is not before[1]:
                for note in now[1].notes:
                    self.noted.emit(note)
            self.changed.emit()
        warnings = self._source.warnings if self._source is not None else []
        for warning in warnings[self._n_warnings :]:
            self.noted.emit(warning)
        self._n_warnings = len(warnings)
