"""Which frame rate times belong to: exactly, where they are those of a constant rate that were rounded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray

IntArray = npt.NDArray[np.integer[Any]]

FASTEST_HZ: Final = 2000.0
"""No camera that anybody brings is faster; times closer together than that are none."""
_ROUNDED_TICKS: Final = 2.0
"""A time is rounded once by who recorded and once by who copied."""
_MILLISECOND_S: Final = 1.01e-3
"""What others rounded to, however fine the ticks are that they are copied in."""
_LEAST_TICKS: Final = 4.0
"""Places on a grid this narrow would be hit by any times."""
_SLACK_S: Final = 1e-6
_EXACT: Final = 1e-9
_SAME: Final = 1e-5
_USUAL_HZ: Final = (
    *(12.5, 15.0, 24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 100.0, 120.0, 144.0, 200.0, 240.0, 250.0, 300.0, 480.0),
    *(500.0, 600.0, 960.0, 1000.0),
    *(whole * 1000.0 / 1001.0 for whole in (15, 24, 30, 48, 60, 120, 240)),
)
"""Rates that cameras offer."""


@dataclass(frozen=True)
class ConstantRate:
    """A constant rate that explains times.

    Attributes:
        rate_hz: The exact rate.
        places: For each stretch, the (n,) number of each frame on the grid, from 0; a jump is where frames are missing.
    """

    rate_hz: float
    places: list[IntArray]


def constant_rate(
    stretches: Sequence[tuple[IntArray, FloatArray]], tick_s: float, said_hz: Iterable[float | None]
) -> ConstantRate | None:
    """Return the constant rate whose rounded times these are; None when they are not, as those of phones often.

    Args:
        stretches: Times without a break: (n,) number of each frame among the frames, and its (n,) time, both rising.
        tick_s: What times were rounded to, seconds.
        said_hz: Rates that somebody claims, the most trusted first; the first that agrees with all times is taken,
            then what is measured.
    """
    known = [(index, time_s) for index, time_s in stretches if len(time_s)]
    if sum(len(time_s) for _, time_s in known) < 2:
        return None
    span_s = max(float(time_s[-1] - time_s[0]) for _, time_s in known)
    share = _ROUNDED_TICKS * max(tick_s, _MILLISECOND_S) / span_s if span_s > 0 else 0.0
    claimed = [rate for rate in said_hz if rate is not None and 0 < rate <= FASTEST_HZ]
    for said in (*claimed, *_measured(known, tick_s)):
        for rate_hz in _usual_near(said, share):
            places = [_places(index, time_s, 1.0 / rate_hz, tick_s) for index, time_s in known]
            fitting = [place for place in places if place is not None]
            if len(fitting) == len(places):
                return ConstantRate(rate_hz, fitting)
    return None


def _places(index: IntArray, time_s: FloatArray, step_s: float, tick_s: float) -> IntArray | None:
    """Return the places of one stretch on a grid of `step_s`, None where it is not on one."""
    place: IntArray = index - index[0]
    passed_s = time_s - time_s[0]
    most = max(_ROUNDED_TICKS * tick_s, min(_MILLISECOND_S, step_s / 4.0)) + _SLACK_S
    if np.ptp(passed_s - place * step_s) <= most:
        return place
    if abs(step_s - round(step_s / tick_s) * tick_s) < _EXACT * step_s:  # a whole number of ticks needs no rounding
        most = _EXACT * float(passed_s[-1]) + _SLACK_S
    elif step_s < _LEAST_TICKS * tick_s:
        return None
    place = np.rint(passed_s / step_s).astype(np.int64)
    steps = np.diff(place)
    is_on_grid = np.ptp(passed_s - place * step_s) <= most and steps.min() >= 1 and np.median(steps) == 1
    return place if is_on_grid else None


def _measured(stretches: Sequence[tuple[IntArray, FloatArray]], tick_s: float) -> list[float]:
    """Return rates that the longest stretch may have: with all frames there, and with some missing."""
    index, time_s = max(stretches, key=lambda stretch: len(stretch[1]))
    rates = list[float]()
    span_s, n_steps = float(time_s[-1] - time_s[0]), int(index[-1] - index[0])
    if span_s > 0 and n_steps:
        rates.append(n_steps / span_s)
    steps = np.diff(time_s)
    usual_s = float(np.median(steps)) if len(steps) else 0.0
    if usual_s > 0:
        near = steps[np.abs(steps - usual_s) <= _ROUNDED_TICKS * max(tick_s, _MILLISECOND_S)]
        usual_s = float(near.mean()) if len(near) else usual_s  # a median of rounded steps is one of them: 8 for 8.33
        rates.append(int(np.rint(steps / usual_s).sum()) / span_s)
    return [rate for rate in rates if 0 < rate <= FASTEST_HZ]


def _usual_near(rate_hz: float, share: float) -> list[float]:
    """Return a rate, before it the usual ones that it cannot be told from: whole ones first, if it is none itself."""
    near = [usual for usual in _USUAL_HZ if abs(usual / rate_hz - 1.0) <= max(share, _SAME)]
    itself = [usual for usual in near if abs(usual / rate_hz - 1.0) <= _SAME]
    whole = [float(round(rate_hz))] if round(rate_hz) and abs(round(rate_hz) / rate_hz - 1.0) <= share else []
    near.sort(key=lambda usual: (usual % 1.0 > 0, abs(usual - rate_hz)))
    return [*itself, rate_hz] if itself else [*near, *whole, rate_hz]
