"""Bone lengths over the last seconds, for the live bone-length CV."""

from collections import deque

import numpy as np

from core.metrics import bone_lengths
from core.skeleton import BONES
from core.types import FloatArray

WINDOW_S = 10.0
_LONGEST_M = 100.0  # beyond it the running sums would lose what they hold


class LiveBoneCV:
    """Bone-length CV (std / mean, mean over the ten bones) of the last `WINDOW_S` seconds of one stream.

    Updated once per frame at a constant cost. Frames with NaN or absurd lengths are left out.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: a new stream begins."""
        self._window: deque[tuple[float, FloatArray]] = deque()
        self._sum = np.zeros(len(BONES))
        self._sum_squares = np.zeros(len(BONES))

    def add(self, time_s: float, joints_m: FloatArray) -> float:
        """Take in one frame's (17, 3) joints and return the CV, dimensionless; NaN before two frames."""
        lengths = bone_lengths(joints_m)
        if (lengths < _LONGEST_M).all():  # NaN is not
            self._window.append((time_s, lengths))
            self._sum += lengths
            self._sum_squares += lengths**2
        while self._window and self._window[0][0] < time_s - WINDOW_S:
            _, old = self._window.popleft()
            self._sum -= old
            self._sum_squares -= old**2
        n = len(self._window)
        if n < 2:
            return float("nan")
        mean = self._sum / n
        # rounding can leave a rigid skeleton's variance a hair below zero
        variance = np.maximum(self._sum_squares / n - mean**2, 0.0)
        return float(np.mean(np.sqrt(variance) / mean))
