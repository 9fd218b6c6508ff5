"""A bounded record of numbers over time, for plots."""

import numpy as np

from core.types import FloatArray


class History:
    """The newest samples of a few named series that share one time axis."""

    def __init__(self, names: tuple[str, ...], *, capacity: int = 1200) -> None:
        """Make room for `capacity` samples of each series; older ones fall out."""
        self._capacity = capacity
        self._columns = {name: i + 1 for i, name in enumerate(names)}
        # twice the room, so that the oldest half is moved out once per `capacity` samples
        self._samples = np.full((2 * capacity, len(names) + 1), np.nan)
        self._end = 0

    def append(self, time_s: float, **values: float) -> None:
        """Add one sample; series not given are NaN. A time that runs backwards starts afresh."""
        if self._end and time_s <= self._samples[self._end - 1, 0]:
            self.clear()
        if self._end == len(self._samples):
            self._samples[: self._capacity] = self._samples[self._capacity :]
            self._end = self._capacity
        row = self._samples[self._end]
        row[:] = np.nan
        row[0] = time_s
        for name, value in values.items():
            row[self._columns[name]] = value
        self._end += 1

    def clear(self) -> None:
        """Forget all samples."""
        self._end = 0

    def __len__(self) -> int:
        return min(self._end, self._capacity)

    @property
    def time_s(self) -> FloatArray:
        """(n,) seconds, increasing."""
        return self._samples[self._end - len(self) : self._end, 0]

    def series(self, name: str) -> FloatArray:
        """(n,) values of one series, NaN where there was none."""
        return self._samples[self._end - len(self) : self._end, self._columns[name]]


class Unwrapper:
    """Turns angles in [0, 360) into a continuous line, one at a time; NaN leaves a gap and no jump."""

    def __init__(self) -> None:
        self._last = np.nan

    def __call__(self, angle_deg: float) -> float:
        """Return the angle plus the whole turns that bring it nearest to the one before."""
        unwrapped = nearest_turn(angle_deg, self._last)
        if np.isfinite(unwrapped):
            self._last = unwrapped
        return unwrapped

    def reset(self) -> None:
        """Start again without a past."""
        self._last = np.nan


def nearest_turn(angle_deg: float, reference_deg: float) -> float:
    """Return `angle_deg` plus the whole turns that bring it nearest to a reference, if there is one."""
    if not np.isfinite(reference_deg):
        # start within half a turn of the front, so that a camera in front does not begin at 359
        return angle_deg - 360.0 if angle_deg > 180.0 else angle_deg
    return reference_deg + (angle_deg - reference_deg + 180.0) % 360.0 - 180.0
