"""Which past frames a refiner looks at beside the present one: the one place for that rule."""

from bisect import bisect_right
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.gaps import GAP_S, stream_starts
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray

_TOLERANCE_S: Final = 1e-3
Rows = npt.NDArray[np.int64]
_POSE_SHAPES: Final = ((N_JOINTS, 3), (N_JOINTS,), (N_JOINTS, 2))
_FIRST_ROWS: Final = 256
Pose = tuple[FloatArray, FloatArray, FloatArray]
"""(17, 3) joints, (17,) visibility, (17, 2) pixels of one frame."""


def past_rows(time_s: FloatArray, ages_s: tuple[float, ...]) -> Rows:
    """Return for every frame of a stream the rows of its window.

    A window is the frame itself and then, for each age, the latest frame at least that old; where the stream is not
    that long, its first frame. A gap in time (`core.pose.gaps`) begins a new stream. Any frame rate will do.

    Args:
        time_s: (T,) seconds.
        ages_s: K - 1 ages, seconds, rising.

    Returns:
        (T, K) row numbers, the first column 0..T-1.
    """
    times = np.asarray(time_s, dtype=float)
    own = np.arange(len(times))
    if not len(times):
        return np.zeros((0, 1 + len(ages_s)), np.int64)
    steps = np.diff(times)
    is_first = stream_starts(times)
    starts = np.maximum.accumulate(np.where(is_first, own, 0))
    # times made to rise over all streams, so that one search serves them all
    rising = times + np.r_[0.0, np.cumsum(np.where(is_first[1:], GAP_S - steps, 0.0))]
    columns = [own]
    for age in ages_s:
        rows = np.searchsorted(rising, rising - age + _TOLERANCE_S, side="right") - 1
        columns.append(np.clip(rows, starts, own))
    return np.stack(columns, axis=1).astype(np.int64)


class PastFrames:
    """The same rule, frame by frame: remembers what the window of the next frame may need.

    Args:
        ages_s: K - 1 ages, seconds, rising.
    """

    def __init__(self, ages_s: tuple[float, ...]) -> None:
        self._ages_s = ages_s
        self._times_s: list[float] = []
        # one row per time; single precision, as networks take them
        self._rows = tuple(np.empty((_FIRST_ROWS, *shape), np.float32) for shape in _POSE_SHAPES)

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._times_s.clear()

    def window(self, pose: Pose, time_s: float) -> Pose:
        """Remember a frame and return its window, each array with a leading K: the frame itself first.

        After a gap in time call `reset`.
        """
        times = self._times_s
        if len(times) == len(self._rows[0]):
            self._make_room(time_s)
        for rows, part in zip(self._rows, pose, strict=True):
            rows[len(times)] = part
        times.append(time_s)
        chosen = [len(times) - 1]
        chosen += [max(bisect_right(times, time_s - age + _TOLERANCE_S) - 1, 0) for age in self._ages_s]
        joints, seen, pixels = (rows.take(chosen, axis=0) for rows in self._rows)
        return joints, seen, pixels

    def _make_room(self, time_s: float) -> None:
        """Move what may still be needed to the front, or into twice the room if most of it is."""
        oldest_s = time_s - (self._ages_s[-1] if self._ages_s else 0.0) + _TOLERANCE_S
        n_over = max(bisect_right(self._times_s, oldest_s) - 1, 0)
        del self._times_s[:n_over]
        n = len(self._times_s)
        room = len(self._rows[0]) * (1 if 2 * n <= len(self._rows[0]) else 2)
        kept = [rows[n_over:] for rows in self._rows]
        self._rows = tuple(np.empty((room, *shape), np.float32) for shape in _POSE_SHAPES)
        for rows, past in zip(self._rows, kept, strict=True):
            rows[:n] = past
