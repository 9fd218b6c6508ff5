"""Time stamps that only ever go forward."""

import math

_STEP_S = 1e-3  # MediaPipe counts whole milliseconds
_LARGE_JUMP_S = 1.0


class Clock:
    """Repair time stamps: MediaPipe and every time series need them strictly increasing.

    A stamp that repeats or lags a little is put one millisecond after the one before. A large step back (a file
    joined from several) shifts all later stamps, so that time goes on from where it was.
    """

    def __init__(self, period_s: float) -> None:
        """Start; `period_s` stands in for the distance between frames that have no stamp at all."""
        self._period_s = max(period_s, _STEP_S)
        self._shift_s = 0.0
        self._last_s: float | None = None

    def repair(self, time_s: float | None) -> float:
        """Return the time to use for the next frame, later than all returned before."""
        last = self._last_s
        if time_s is None or not math.isfinite(time_s):
            repaired = 0.0 if last is None else last + self._period_s
        else:
            repaired = time_s + self._shift_s
            if last is not None and last - repaired > _LARGE_JUMP_S:
                self._shift_s = last + self._period_s - time_s
                repaired = time_s + self._shift_s
        if last is not None and repaired <= last:
            repaired = last + _STEP_S
        self._last_s = repaired
        return repaired
