"""Which past frames a refiner looks at beside the present one: the one place for that rule."""

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from core.types import GAP_S, FloatArray

_TOLERANCE_S: Final = 1e-3
Rows = npt.NDArray[np.int64]
Pose = tuple[FloatArray, FloatArray, FloatArray]
"""(17, 3) joints, (17,) visibility, (17, 2) pixels of one frame."""


def past_rows(time_s: FloatArray, ages_s: tuple[float, ...]) -> Rows:
    """Return for every frame of a stream the rows of its window.

    A window is the frame itself and then, for each age, the latest frame at least that old; where the stream is not
    that long, its first frame. A pause of over `GAP_S`, or a time that does not rise, begins a new stream. Any frame
    rate will do.

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
    is_first = np.r_[True, ~((steps > 0) & (steps <= GAP_S))]
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
        self._past: deque[tuple[float, Pose]] = deque()

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._past.clear()

    def window(self, pose: Pose, time_s: float) -> Pose:
        """Remember a frame and return its window, each array with a leading K: the frame itself first.

        A pause of over `GAP_S` or a step back in time begins a new stream.
        """
        if self._past and not 0.0 < time_s - self._past[-1][0] <= GAP_S:
            self._past.clear()
        self._past.append((time_s, pose))
        oldest_s = time_s - (self._ages_s[-1] if self._ages_s else 0.0) + _TOLERANCE_S
        while len(self._past) > 1 and self._past[1][0] <= oldest_s:
            self._past.popleft()
        chosen = [pose]
        position = len(self._past) - 1
        for age in self._ages_s:
            while position > 0 and self._past[position][0] > time_s - age + _TOLERANCE_S:
                position -= 1
            chosen.append(self._past[position][1])
        joints, seen, pixels = (np.stack(part) for part in zip(*chosen, strict=True))
        return joints, seen, pixels
