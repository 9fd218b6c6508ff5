"""What a stretch of a curve is in a few numbers."""

from dataclasses import dataclass

import numpy as np

from core.pose.types import FloatArray


@dataclass(frozen=True)
class Statistics:
    """A measure between two times; all NaN where it was never seen there.

    Attributes:
        mean: Of the frames in which it was seen.
        sd: Standard deviation over time, n - 1; NaN for one frame.
        low: The smallest value.
        low_s: When that is, seconds.
        high: The largest value.
        high_s: When that is.
        n_seen: Frames in which it was seen.
        n: Frames in all.
    """

    mean: float
    sd: float
    low: float
    low_s: float
    high: float
    high_s: float
    n_seen: int
    n: int

    @property
    def range(self) -> float:
        """From the smallest value to the largest."""
        return self.high - self.low


def statistics(time_s: FloatArray, values: FloatArray) -> Statistics:
    """Return the statistics of (T,) values at (T,) times; NaN is left out and counted."""
    known = np.flatnonzero(np.isfinite(values))
    nan = float("nan")
    if not len(known):
        return Statistics(nan, nan, nan, nan, nan, nan, 0, len(values))
    seen = values[known]
    low, high = known[int(seen.argmin())], known[int(seen.argmax())]
    return Statistics(
        mean=float(seen.mean()),
        sd=float(seen.std(ddof=1)) if len(seen) > 1 else nan,
        low=float(values[low]),
        low_s=float(time_s[low]),
        high=float(values[high]),
        high_s=float(time_s[high]),
        n_seen=len(known),
        n=len(values),
    )
