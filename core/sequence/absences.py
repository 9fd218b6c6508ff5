"""Times without a person, and the pose that is held there by formats that know no unknown value."""

from collections.abc import Mapping, Sequence
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
    return f"Nobody is seen from {_named(spans)}: the last pose is held there."


def unseen_note(names: Sequence[str], *, holds: bool) -> str:
    """Return what a file says of landmarks that are seen at no time, "" where there are none."""
    if not names:
        return ""
    what = "their bones stay in the rest pose" if holds else "they are unknown"
    return f"Never seen: {', '.join(name.replace('_', ' ') for name in names)}; {what}."


def held_note(unseen_s: Mapping[str, Spans]) -> str:
    """Return what a file that holds says of joints that are not seen for some time, "" where there are none."""
    if not unseen_s:
        return ""
    named = "; ".join(f"{name.replace('_', ' ')} {_named(spans)}" for name, spans in unseen_s.items())
    return f"Held while they are not seen: {named}."


def _named(spans: Spans) -> str:
    named = [f"{start:.2f} to {end:.2f} s" for start, end in spans[:_MOST_NAMED]]
    more = f" and {len(spans) - _MOST_NAMED} times more" if len(spans) > _MOST_NAMED else ""
    return ", ".join(named) + more


def rounded(spans: Spans) -> list[list[float]]:
    """Return spans for a file."""
    return [[round(start, 6), round(end, 6)] for start, end in spans]


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
