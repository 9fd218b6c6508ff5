"""Stretches of time without a hole, which is what a filter can work on."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.pose.gaps import stream_starts
from core.pose.types import FloatArray


def runs(time_s: FloatArray, is_known: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """Yield the stretches of known samples; a gap in time ends one.

    Args:
        time_s: (T,) increasing, seconds.
        is_known: (T,).
    """
    if not len(time_s):
        return
    starts_anew = stream_starts(time_s) | np.r_[True, is_known[1:] != is_known[:-1]]
    starts = np.flatnonzero(starts_anew)
    for start, stop in zip(starts, np.r_[starts[1:], len(time_s)], strict=True):
        if is_known[start]:
            yield slice(int(start), int(stop))


def median_step_s(time_s: FloatArray) -> float:
    """Return the usual time between two samples, seconds; NaN for fewer than two."""
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else float("nan")
