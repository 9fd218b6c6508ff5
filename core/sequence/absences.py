"""Times without a person, and the pose that is held there by formats that know no unknown value."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray

_MOST_NAMED: Final = 4

Spans = list[tuple[float, float]]


def absences(time_s: FloatArray, is_seen: npt.NDArray[np.bool_], step_s: float) -> Spans:
    """Return when nobody is there: the first moment without a person and the first with one again, seconds.

    Args:
        time_s: (T,) increasing.
        is_seen: (T,).
        step_s: How long the last frame lasts, for an absence that is not over.
    """
    if not len(time_s):
        return []
    edges = np.flatnonzero(np.diff(np.r_[True, is_seen, True].astype(np.int8)))
    ends_s = np.r_[time_s, time_s[-1] + step_s]
    return [(float(ends_s[first]), float(ends_s[after])) for first, after in edges.reshape(-1, 2)]


def absence_note(spans: Spans) -> str:
    """Return what a file that holds the pose says about it, "" where nobody is ever absent."""
    if not spans:
        return ""
    named = [f"{start:.2f} to {end:.2f} s" for start, end in spans[:_MOST_NAMED]]
    more = f" and {len(spans) - _MOST_NAMED} times more" if len(spans) > _MOST_NAMED else ""
    return f"Nobody is seen from {', '.join(named)}{more}: the last pose is held there."


def held(values: npt.NDArray[Any], is_known: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Return (T, ...) values with each unknown one replaced by the last known, before the first by that.

    Args:
        values: (T, ...).
        is_known: (T,), once at least.
    """
    places = np.where(is_known, np.arange(len(values)), 0)
    places = np.maximum.accumulate(places)
    places[: int(np.argmax(is_known))] = int(np.argmax(is_known))
    return values[places]
