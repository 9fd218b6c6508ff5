"""The thread that makes poses of detections while they come, and anew when something else is wanted."""

import contextlib
import threading
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.language import tr
from core.detection.bundle import load_pose_model
from core.detection.chosen_point import ChosenPoint
from core.detection.looks import Look
from core.errors import DataError, ModelError, NdrError
from core.refinement.refiners import Refiners
from core.take.detections import DetectionReader, Detections, joined
from core.take.instrument import Instrument, instrument_of, looks_for
from core.take.kept import load_kept, save_kept
from core.take.poses import GrowingPoses, How, Poses, finished
from core.take.recordings import kept_instrument
from core.take.refine import as_taken
from core.take.store import TakeFolder
from core.take.take import Processing, Take, TakeCamera

_LOOK_EVERY_S: Final = 0.5
_PATIENCE_S: Final = 1.0
_GROWTH: Final = 1.25
"""Somebody chosen is followed anew through all of it; so that is done when so much more has come."""


@dataclass(frozen=True)
class Wanted:
    """What poses are made of, and how.

    Attributes:
        processing: Variant, refiner, bones, filter.
        person: Who.
        is_mirrored: Whether it is turned back from a mirror.
    """

    processing: Processing
    person: ChosenPoint | None = None
    is_mirrored: bool = False

    @property
    def take(self) -> Take:
        """The same as a take."""
        return Take(processing=self.processing, person=self.person, camera=TakeCamera(is_mirrored=self.is_mirrored))

    def is_seen_as(self, other: "Wanted") -> bool:
        """Whether the same detections serve both."""
        return self._sight == other._sight

    @property
    def looks(self) -> tuple[Look, ...] | None:
        """The looks at it; None while nobody has found out what *automatic* comes to."""
        looks = self.processing.chosen_looks
        return None if looks is None else looks_for(looks, self.person)

    @property
    def _sight(self) -> tuple[object, ...]:
        return self.looks, self.person, self.is_mirrored


class Refining(QObject):
    """Reads detections, refines them, and says what is to be shown.

    Signals:
        shown(Wanted, Poses, slice, bool): Poses as they are known now; which rows are new or others; whether that is
            all there will be.
        analysis_wanted: There are frames that nobody has looked at.
        noted(str, str, str): Name of the refiner, where it runs, and what is going on.
        failed(str): One sentence.

    Threading: lives in the UI thread, works in one of its own.
    """

    shown = Signal(object, object, object, bool)
    analysis_wanted = Signal()
    noted = Signal(str, str, str)
    failed = Signal(str)

    def __init__(
        self, place: TakeFolder, wanted: Wanted, parent: QObject | None = None, *, has_video: bool = True
    ) -> None:
        super().__init__(parent)
        self._place, self.wanted, self._has_video = place, wanted, has_video
        self._wake, self._is_over = threading.Event(), threading.Event()
        self._refiners: dict[tuple[str, object], Refiners | None] = {}
        self._thread = threading.Thread(target=self._work, name="refining", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def want(self, wanted: Wanted) -> None:
        """Make other poses from now on."""
        self.wanted = wanted
        self._wake.set()

    def look(self) -> None:
        """There may be more to read."""
        self._wake.set()

    def close(self) -> None:
        """Stop, and wait a moment: refining an hour of video is not interrupted, and nobody listens any more."""
        self._is_over.set()
        self._wake.set()
        for signal in (self.shown, self.analysis_wanted, self.noted, self.failed):
            signal.disconnect()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_S)

    def _work(self) -> None:
        work: _Work | None = None
        while not self._is_over.is_set():
            wanted = self.wanted
            self._wake.clear()
            if wanted.looks is None:
                self.analysis_wanted.emit()  # which finds them out
                self._wait_for_another(wanted)
                continue
            try:
                if work is None or not wanted.is_seen_as(work.wanted):
                    work = self._begin(wanted)
                elif wanted != work.wanted:
                    how = self._how(wanted)
                    work.use(wanted, how)
                    self._note(how)
                self._show(work)
            except NdrError as error:
                self.failed.emit(str(error))
                self._wait_for_another(wanted)
                work = None
                continue
            self._wake.wait(None if work.is_final else _LOOK_EVERY_S)

    def _begin(self, wanted: Wanted) -> "_Work":
        how = self._how(wanted)
        work = _Work(self._place, wanted, how, self._instrument(wanted))
        if work.is_to_be_analysed:
            self.analysis_wanted.emit()
        self._note(how)
        return work

    def _instrument(self, wanted: Wanted) -> Instrument:
        looks = wanted.looks or ()
        if not self._has_video:
            kept = None if wanted.person else kept_instrument(self._place.folder, [look.name for look in looks])
            if kept is None:
                raise DataError("The video of this recording is not there, so it cannot be looked at in another way.")
            return kept
        models = {
            look.variant: load_pose_model(look.variant, lambda text: self.noted.emit("", "", text)) for look in looks
        }
        return instrument_of(looks, models, wanted.person)

    def _show(self, work: "_Work") -> None:
        for poses, rows in work.look():
            self.shown.emit(work.wanted, poses, rows, work.is_final)

    def _wait_for_another(self, wanted: Wanted) -> None:
        while not self._is_over.is_set() and self.wanted == wanted:
            self._wake.wait()
            self._wake.clear()

    def _how(self, wanted: Wanted) -> How:
        processing = wanted.processing
        refiner = self._refiner(wanted) if processing.learned_depth_refinement else None
        return How(refiner, processing.hold_bones and refiner is not None, processing.filter)

    def _refiner(self, wanted: Wanted) -> Refiners | None:
        key = wanted.processing.settings.refiner, wanted.looks
        if key not in self._refiners:
            try:
                self._refiners[key] = Refiners.load(key[0], wanted.looks or ())
            except ModelError as error:
                self._refiners[key] = None
                self.failed.emit(tr("{reason} Until then you see raw joints.", reason=error))
        return self._refiners[key]

    def _note(self, how: How) -> None:
        refiner = how.refiner
        if isinstance(refiner, Refiners):
            self.noted.emit(refiner.name, refiner.provider, "")
        else:
            self.noted.emit("", "", "")


class _Work:
    """Detections of one instrument and the poses made of them."""

    def __init__(self, place: TakeFolder, wanted: Wanted, how: How, instrument: Instrument) -> None:
        self._place, self._path = place, instrument.path(place.folder)
        self._instrument = instrument
        self.wanted, self._how = wanted, how
        self._reader: DetectionReader | None = None
        self._raw = Detections.empty((0, 0))
        self._growing: GrowingPoses | None = None
        self._n_followed = 0
        self.is_final = False

    @property
    def is_to_be_analysed(self) -> bool:
        """Whether there are frames that nobody has looked at."""
        return self._place.completed(self._instrument) is None

    def use(self, wanted: Wanted, how: How) -> None:
        """Make other poses of the same detections."""
        self.wanted, self._how, self._growing, self.is_final = wanted, how, None, False

    def look(self) -> list[tuple[Poses, slice]]:
        """Read what has come and return what is to be shown of it: nothing, or poses and which rows are others."""
        reader = None if self.is_final else self._open()
        if reader is None:
            return []
        completed = reader.completed  # asked before reading, so that nothing can come in between
        new = reader.read()
        if len(new):
            self._raw = joined(self._raw, new) if len(self._raw) else new
        return self._finish() if completed is not None else self._grow(new)

    def _finish(self) -> list[tuple[Poses, slice]]:
        seen = as_taken(self._raw, self.wanted.take)
        poses = load_kept(self._place.folder, self._instrument, self._how, seen)
        if poses is None:
            poses = finished(seen, self._how)
            save_kept(self._place.folder, self._instrument, self._how, poses)
        self.is_final = True
        return [(poses, slice(0, len(poses)))]

    def _grow(self, new: Detections) -> list[tuple[Poses, slice]]:
        is_anew = self._growing is None
        if self.wanted.person is not None:
            n = len(self._raw)
            if n < _GROWTH * self._n_followed or not n:
                return []
            self._n_followed, is_anew = n, True
        elif not is_anew and not len(new):
            return []
        if is_anew or self._growing is None:
            self._growing = GrowingPoses(self._how, self._raw.image_size)
            new = self._raw
        rows = self._growing.add(as_taken(new, self.wanted.take))
        return [(self._growing.poses, rows)]

    def _open(self) -> DetectionReader | None:
        """Return what is read from; None while the analysis has not begun."""
        if self._reader is None:
            with contextlib.suppress(DataError):
                self._reader = DetectionReader(self._path)
        return self._reader
