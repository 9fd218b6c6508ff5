"""Bone lengths over the last seconds, for the live bone-length CV."""

from collections import deque

import numpy as np

from core.pose.metrics import bone_lengths
from core.pose.skeleton import BONES
from core.pose.types import FloatArray, is_within

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
        self._sums: FloatArray = np.zeros(1)

    def add(self, time_s: float, joints_m: FloatArray) -> FloatArray:
        """Take in one frame and return the CV so far.

        Args:
            time_s: When, seconds.
            joints_m: (..., 17, 3) skeletons of this moment, metres, as many in every frame of a stream.

        Returns:
            (...) dimensionless; NaN before two frames, and where a bone has no length.
        """
        lengths = bone_lengths(joints_m)
        if is_within(lengths, _LONGEST_M):
            moments = np.array([lengths, lengths * lengths])
            self._window.append((time_s, moments))
            self._sums = self._sums + moments
        while self._window and self._window[0][0] < time_s - WINDOW_S:
            self._sums = self._sums - self._window.popleft()[1]
        n = len(self._window)
        if n < 2:
            return np.full(lengths.shape[:-1], np.nan)
        mean, mean_square = self._sums / n
        # rounding can leave a rigid skeleton's variance a hair below zero
        variance = np.maximum(mean_square - mean * mean, 0.0)
        with np.errstate(invalid="ignore"):
            return np.asarray((np.sqrt(variance) / mean).sum(axis=-1) / len(BONES))
