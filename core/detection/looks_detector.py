"""Several looks at every frame, each by a tracker and a thread of its own: MediaPipe releases the interpreter lock."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np

from core.detection.agreement import Agreement
from core.detection.bundle import PoseModel
from core.detection.chosen_person import ChosenPerson
from core.detection.detector import PoseDetector
from core.detection.looks import Look, kept_looks, look_names
from core.detection.mirrored import MirroredDetector
from core.pose.types import Detection, FloatArray, Frame, LookLandmarks, nobody

_MOST_PEOPLE: Final = 4
_AHEAD: Final = 6
"""Frames that a quick look may be ahead of a slow one, where frames wait for nobody."""
_PATIENCE_S: Final = 2.0
"""A look that follows somebody else for so long looks for the person anew."""


class Tracker(Protocol):
    """What sees one person: `PoseDetector`, `ChosenPerson` or `LooksDetector`."""

    def detect(self, frame: Frame) -> Detection:
        """Return the person's landmarks."""

    def reset(self) -> None:
        """Forget the frames before."""

    def close(self) -> None:
        """Free what it holds."""


def open_detector(
    looks: Sequence[Look],
    models: Callable[[str], PoseModel],
    mode: str = "video",
    *,
    point_px: tuple[float, float] | None = None,
) -> Tracker:
    """Load what sees a person by these looks; one plain look alone needs no threads.

    Args:
        looks: At least one.
        models: Variant → its pose model.
        mode: video or image.
        point_px: Whom to follow, pixels: who is nearest to it; None for whom MediaPipe takes.

    Raises:
        ModelError: A pose model cannot be had.
    """
    trackers: list[Tracker] = []
    try:
        for look in looks:
            trackers.append(_tracker(look, models(look.variant), mode, point_px))
    except BaseException:
        for tracker in trackers:
            tracker.close()
        raise
    names = kept_looks(look_names(looks))
    return LooksDetector(names, trackers) if names else trackers[0]


def _tracker(look: Look, model: PoseModel, mode: str, point_px: tuple[float, float] | None) -> Tracker:
    one = PoseDetector(model, mode, n_people=1 if point_px is None else _MOST_PEOPLE)
    seeing = MirroredDetector(one) if look.is_mirrored else one
    return seeing if point_px is None else ChosenPerson(seeing, point_px)


class LooksDetector:
    """One detection made of several looks: the mean of those that agree on the person (`core.detection.agreement`).

    The detection carries what each look saw (`Detection.looks`), so that each can be refined by itself. Each look
    has a thread, in which all its work is done in turn.

    Args:
        names: Of the looks.
        trackers: What sees for each; owned from now on.

    Threading: one caller at a time.
    """

    def __init__(self, names: Sequence[str], trackers: Sequence[Tracker]) -> None:
        self.names = tuple(names)
        self._trackers = tuple(trackers)
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix=f"look-{name}") for name in names]
        self._agreement = Agreement()
        self._astray_since_s: list[float | None] = [None] * len(self._trackers)

    def detect(self, frame: Frame) -> Detection:
        """Return the mean of the looks at one frame; all NaN, visibility 0, when none sees anybody."""
        return self._joined(frame, self._begin(frame))

    def detect_stream(self, frames: Iterable[Frame]) -> Generator[Detection, None, None]:
        """Yield the same for frames that wait for nobody; a look begins with the next before the others are done."""
        begun: deque[tuple[Frame, list[Future[Detection]]]] = deque()
        for frame in frames:
            begun.append((frame, self._begin(frame)))
            if len(begun) > _AHEAD:
                yield self._joined(*begun.popleft())
        while begun:
            yield self._joined(*begun.popleft())

    def reset(self) -> None:
        """Forget the frames before: the next one is of another place or time."""
        self._agreement.reset()
        self._astray_since_s = [None] * len(self._trackers)
        self._all(lambda tracker: tracker.reset())

    def close(self) -> None:
        """Free the models; safe to call twice."""
        if self._threads:
            self._all(lambda tracker: tracker.close())
            for thread in self._threads:
                thread.shutdown()
            self._threads = []

    def _all(self, act: Callable[[Tracker], None]) -> None:
        done = [thread.submit(act, tracker) for thread, tracker in zip(self._threads, self._trackers, strict=True)]
        for work in done:
            work.result()

    def _begin(self, frame: Frame) -> list[Future[Detection]]:
        return [
            thread.submit(tracker.detect, frame) for thread, tracker in zip(self._threads, self._trackers, strict=True)
        ]

    def _joined(self, frame: Frame, seeing: Sequence[Future[Detection]]) -> Detection:
        seen = [work.result() for work in seeing]
        pixels = np.array([one.landmarks_px for one in seen])
        is_used = self._agreement.step(pixels, frame.time_s)
        self._call_back([one.is_found for one in seen], is_used.tolist(), frame.time_s)
        metres = np.array([one.landmarks_m for one in seen])
        visibility = np.array([one.visibility for one in seen])
        pixels[~is_used], metres[~is_used], visibility[~is_used] = np.nan, np.nan, 0.0
        return mean_detection(frame, LookLandmarks(self.names, pixels, metres, visibility))

    def _call_back(self, is_found: Sequence[bool], is_used: Sequence[bool], time_s: float) -> None:
        """Let looks that have long followed somebody else look for the person anew."""
        for number, is_astray in enumerate(f and not u for f, u in zip(is_found, is_used, strict=True)):
            since_s = self._astray_since_s[number]
            if not is_astray:
                self._astray_since_s[number] = None
            elif since_s is None:
                self._astray_since_s[number] = time_s
            elif time_s - since_s > _PATIENCE_S:
                self._astray_since_s[number] = None
                self._threads[number].submit(self._trackers[number].reset)


def mean_detection(frame: Frame, looks: LookLandmarks) -> Detection:
    """Return the mean of the looks that saw the person, with what each saw."""
    is_used = np.isfinite(looks.landmarks_m).all(axis=(1, 2))
    if not is_used.any():
        unseen = nobody(frame)
        return Detection(frame, unseen.landmarks_px, unseen.landmarks_m, unseen.visibility, looks)

    def mean(array: FloatArray) -> FloatArray:
        return np.asarray(array[is_used].mean(axis=0))

    return Detection(frame, mean(looks.landmarks_px), mean(looks.landmarks_m), mean(looks.visibility), looks)
