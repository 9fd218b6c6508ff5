"""When each frame of a file is shown: what its packets say, made whole where they contradict themselves.

A constant rate that times were rounded from is taken exactly; variable rates keep their times. Repairs are made where
the intent is plain, by letting frames follow each other at the usual distance: no time at all, a clock that starts
anew (joined files), that goes on much later (a counter that ran over, a splice) or that is wrong for a single frame.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from core.pose.frame_rate import FASTEST_HZ, IntArray, constant_rate
from core.pose.types import FloatArray

FALLBACK_HZ: Final = 30.0
LONGEST_PAUSE_S: Final = 600.0
"""A video that shows one frame for longer has a broken clock."""

_NONE: Final = np.iinfo(np.int64).min
_MOST_REORDERED: Final = 17.0
"""Frames that a codec may store before ones that are shown earlier: 16 in H.264."""
_LOOK_AHEAD: Final = 3
_FAR: Final = 10_000
"""More frames than this are not missing at once."""
_EVEN: Final = 2.0
"""Frames without a time are spread between those around them up to this many times the usual distance."""


class Stamp(NamedTuple):
    """What a packet says of its frame, in ticks; None where it says nothing.

    Attributes:
        shown: When it is shown.
        decoded: When it is decoded.
        is_key: Whether it can be decoded by itself; no frame after it is shown before it.
    """

    shown: int | None
    decoded: int | None
    is_key: bool


@dataclass(frozen=True)
class Repairs:
    """What was wrong with the times of a file.

    Attributes:
        n_frames: Of the file.
        n_missing: Frames without a time that could be used.
        n_back: How often time stepped back.
        n_jumps: How often it jumped ahead by over `LONGEST_PAUSE_S`.
        jumped_s: By how much, all in all, seconds.
    """

    n_frames: int = 0
    n_missing: int = 0
    n_back: int = 0
    n_jumps: int = 0
    jumped_s: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.n_missing or self.n_back or self.n_jumps)

    def sentence(self, name: str, rate_hz: float) -> str:
        """Return what was wrong and what was done, "" when nothing was."""
        if self.n_missing == self.n_frames > 0:
            return f"{name} does not say when its frames are shown; they are taken to come at a steady {rate_hz:g} Hz."
        parts = list[str]()
        if self.n_missing:
            parts.append(f"{self.n_missing} of its {self.n_frames} frames have no usable one")
        if self.n_back:
            parts.append(f"they step back {_times(self.n_back)}, as where files were joined")
        if self.n_jumps:
            parts.append(f"they jump ahead {_times(self.n_jumps)}, by {_span(self.jumped_s)}")
        if not parts:
            return ""
        what = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        return f"The times in {name} are broken: {what}; the frames go on at {rate_hz:g} Hz there."

    def table(self) -> dict[str, int | float]:
        """Return them for a settings file, without what did not happen."""
        every = {
            "frames_without_time": self.n_missing,
            "steps_back": self.n_back,
            "jumps": self.n_jumps,
            "jumped_s": self.jumped_s,
        }
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True)
class Timeline:
    """The n frames of a file in the order in which they are shown.

    Attributes:
        times_s: (n,) seconds since the first is shown, strictly increasing.
        stamps: (n,) ticks by which a decoded frame is known again; the least int64 where it has none.
        rate_hz: Exact where it is constant, else the usual one.
        is_constant: Whether all times are multiples of one step.
        repairs: What was wrong.
    """

    times_s: FloatArray
    stamps: IntArray
    rate_hz: float
    is_constant: bool
    repairs: Repairs

    @property
    def end_s(self) -> float:
        """When the last frame is over, seconds."""
        return float(self.times_s[-1]) + 1.0 / self.rate_hz if len(self.times_s) else 0.0

    def time_s(self, index: int) -> float:
        """Return the time of a frame; beyond the end they go on at the usual distance."""
        n = len(self.times_s)
        if index < n:
            return float(self.times_s[index])
        return (float(self.times_s[-1]) if n else -1.0 / self.rate_hz) + (index - n + 1) / self.rate_hz

    def slowed(self, capture_hz: float) -> "Timeline":
        """Return the same frames with the times at which a camera of `capture_hz` took them."""
        factor = self.rate_hz / capture_hz
        return Timeline(self.times_s * factor, self.stamps, capture_hz, self.is_constant, self.repairs)


class Place:
    """Where in a timeline a decoder is.

    Args:
        timeline: Of the file.
        index: The frame that was decoded last; -1 before the first.

    Attributes:
        index: The same, now.
    """

    def __init__(self, timeline: Timeline, index: int = -1) -> None:
        self._timeline, self.index = timeline, index

    def go_on(self, stamp: int | None) -> float:
        """Take note of the next decoded frame; return its time, later than that of the one before.

        Frames that never came out are known by the stamp of the one that did; a stamp that is unknown is one more
        frame. The first frame may be anywhere.
        """
        following = self._timeline.stamps[self.index + 1 :][: None if self.index < 0 else _FAR]
        found = np.flatnonzero(following == stamp) if stamp is not None and len(following) else following[:0]
        self.index += int(found[0]) + 1 if len(found) else 1
        return self._timeline.time_s(self.index)


def timeline(packets: Iterable[Stamp], tick_s: float, said_hz: Sequence[float | None]) -> Timeline:
    """Return when frames are shown.

    Args:
        packets: Of every frame that is shown, as they lie in the file.
        tick_s: Seconds in one tick of their stamps.
        said_hz: Rates that the file claims, the most trusted first.
    """
    stamps = [p if p.shown is not None else p._replace(shown=p.decoded) for p in packets]
    claimed = [rate for rate in said_hz if rate is not None and 0 < rate <= FASTEST_HZ]
    step = _usual_step(stamps, tick_s, claimed)
    breaks = _Breaks(stamps, step, LONGEST_PAUSE_S / tick_s)
    order, shown = _in_order(breaks)
    raw = np.array([_NONE if stamps[i].shown is None else stamps[i].shown for i in order], dtype=np.int64)
    stretches, starts = [], np.searchsorted(breaks.stretch_of, np.arange(breaks.n_stretches + 1))
    for first, after in itertools.pairwise(starts.tolist()):
        index = np.flatnonzero(shown[first:after] != _NONE)
        ticks = shown[first:after][index]
        time_s = (ticks - (ticks[0] if len(ticks) else 0)) * tick_s
        if len(index) > 1 and len(index) - 1 > FASTEST_HZ * time_s[-1]:  # such times say nothing
            shown[first:after] = _NONE
            index, time_s = index[:0], time_s[:0]
        stretches.append((index, time_s))
    rate = constant_rate(stretches, tick_s, claimed)
    rate_hz = rate.rate_hz if rate is not None else 1.0 / (step * tick_s)
    places = iter([] if rate is None else rate.places)
    times, start_s = np.zeros(len(stamps)), 0.0
    for (index, time_s), first, after in zip(stretches, starts[:-1], starts[1:], strict=True):
        known_s = time_s if rate is None or not len(index) else next(places) / rate_hz
        part = _filled(after - first, index, known_s, 1.0 / rate_hz)
        times[first:after] = start_s + part - (part[0] if len(part) else 0.0)
        start_s = float(times[after - 1]) + 1.0 / rate_hz if after else 0.0
    repairs = Repairs(
        len(stamps),
        int((shown == _NONE).sum()) if rate is None or (raw == _NONE).any() or breaks.n_wrong else 0,
        breaks.n_back,
        breaks.n_jumps,
        breaks.jumped * tick_s,
    )
    return Timeline(times, raw, rate_hz, rate is not None, repairs)


class _Breaks:
    """Where the clock of a file breaks.

    Attributes:
        ticks: Stamp of each packet, `_NONE` where it cannot be used.
        stretch_of: Number of the stretch that each packet is in.
        n_stretches: How many there are.
        n_back, n_jumps, jumped, n_wrong: What happened; `jumped` in ticks.
    """

    def __init__(self, stamps: Sequence[Stamp], step: float, longest: float) -> None:
        self._stamps, self._step, self._longest = stamps, step, longest
        self.ticks = [_NONE if s.shown is None else s.shown for s in stamps]
        self.stretch_of: list[int] = []
        self.n_back = self.n_jumps = self.n_wrong = 0
        self.jumped = 0.0
        stretch = 0
        last: int | None = None  # the packet that is shown latest of its stretch
        before: int | None = None  # and the one that was before it
        for i, stamp in enumerate(stamps):
            if self.ticks[i] != _NONE and last is not None:
                stretch += self._is_new(i, last, before, stamp)
            if self.ticks[i] != _NONE and (not self.stretch_of or stretch != self.stretch_of[-1]):
                last, before = i, None
            elif self.ticks[i] != _NONE and (last is None or self.ticks[i] > self.ticks[last]):
                last, before = i, last
            self.stretch_of.append(stretch)
        self.n_stretches = stretch + 1 if stamps else 0

    def _is_new(self, i: int, last: int, before: int | None, stamp: Stamp) -> bool:
        """Whether packet `i` begins a stretch; a single packet with a wrong time loses it instead."""
        ahead = self.ticks[i] - self.ticks[last]
        n_unknown = sum(tick == _NONE for tick in self.ticks[last + 1 : i])
        if ahead > 0:
            if ahead > self._longest:
                self.n_jumps += 1
                self.jumped += ahead
                return True
            return n_unknown > 0 and ahead < 0.5 * (n_unknown + 1) * self._step
        if ahead == 0 or not self._steps_back(i, ahead, stamp):
            return False
        reach = _MOST_REORDERED * self._step
        if last == i - 1 and before is not None and 0 < self.ticks[i] - self.ticks[before] <= reach < -ahead:
            self.ticks[last] = _NONE  # it alone was far ahead
            self.n_wrong += 1
            return False
        following = [tick for tick in self.ticks[i + 1 : i + 1 + _LOOK_AHEAD] if tick != _NONE]
        if any(self.ticks[last] < tick <= self.ticks[last] + reach for tick in following):
            self.ticks[i] = _NONE  # it alone lags
            self.n_wrong += 1
            return False
        self.n_back += 1
        return True

    def _steps_back(self, i: int, ahead: int, stamp: Stamp) -> bool:
        if stamp.is_key or ahead < -_MOST_REORDERED * self._step:
            return True
        decoded, earlier = stamp.decoded, self._stamps[i - 1].decoded
        return decoded is not None and earlier is not None and decoded < earlier


def _in_order(breaks: _Breaks) -> tuple[IntArray, IntArray]:
    """Return the packets in the order in which they are shown, and their stamps; a repeated one counts once."""
    ticks = np.array(breaks.ticks, dtype=np.int64)
    stretch = np.array(breaks.stretch_of, dtype=np.int64)
    order = np.arange(len(ticks))
    known = np.flatnonzero(ticks != _NONE)
    order[known] = known[np.lexsort((ticks[known], stretch[known]))]
    shown = ticks[order]
    places = np.flatnonzero(shown != _NONE)
    is_repeated = (np.diff(shown[places]) == 0) & (np.diff(stretch[places]) == 0)
    shown[places[1:][is_repeated]] = _NONE
    return order, shown


def _filled(n: int, index: IntArray, known_s: FloatArray, step_s: float) -> FloatArray:
    """Return (n,) times from those that are known, strictly increasing."""
    if not len(index):
        return np.arange(n) * step_s
    places = np.arange(n)
    times = np.interp(places, index, known_s)
    times[: index[0]] = known_s[0] + (places[: index[0]] - index[0]) * step_s
    times[index[-1] :] = known_s[-1] + (places[index[-1] :] - index[-1]) * step_s
    n_between = np.diff(index)
    is_far = (n_between > 1) & (np.diff(known_s) > _EVEN * n_between * step_s)
    for i in np.flatnonzero(is_far):
        times[index[i] : index[i + 1]] = known_s[i] + np.arange(n_between[i]) * step_s
    return times


def _usual_step(stamps: Sequence[Stamp], tick_s: float, claimed: Sequence[float]) -> float:
    """Return the usual distance of two frames, ticks: measured, and claimed where nothing can be measured."""
    fallback = 1.0 / ((claimed[0] if claimed else FALLBACK_HZ) * tick_s)
    known = np.sort([s.shown for s in stamps if s.shown is not None])
    decoded = np.array([s.decoded for s in stamps if s.decoded is not None], dtype=np.int64)
    for steps in (np.diff(decoded), np.diff(known)):
        rising = steps[(steps > 0) & (steps * tick_s < LONGEST_PAUSE_S)]
        if len(rising) > len(stamps) / 2 and np.median(rising) * tick_s * FASTEST_HZ >= 1.0:
            return float(np.median(rising))
    return fallback


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _span(seconds: float) -> str:
    hours = seconds / 3600.0
    return f"{hours:.1f} h" if hours >= 1 else f"{seconds / 60.0:.0f} min"
