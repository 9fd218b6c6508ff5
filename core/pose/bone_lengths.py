"""Bone lengths over the last seconds, for the live bone-length CV."""

from collections import deque

import numpy as np

from core.pose.gaps import stream_starts
from core.pose.metrics import bone_lengths, masked_mean
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


def rolling_bone_cv(time_s: FloatArray, joints_m: FloatArray) -> FloatArray:
    """Return the (T,) CV that `LiveBoneCV` gives frame by frame; a gap in time begins a new stream.

    Args:
        time_s: (T,) seconds, increasing.
        joints_m: (T, 17, 3) metres; NaN where nobody was seen.
    """
    lengths = bone_lengths(joints_m)
    with np.errstate(over="ignore", invalid="ignore"):
        known = np.asarray((lengths * lengths).sum(axis=1) < _LONGEST_M**2)
    n = len(time_s)
    if not known.any():
        return np.full(n, np.nan)
    usual = lengths[known].mean(axis=0)  # what the sums are about, so that they stay small
    off = np.where(known[:, None], lengths - usual, 0.0)
    rows = np.arange(n)
    begins = stream_starts(time_s)
    first = np.maximum(np.maximum.accumulate(np.where(begins, rows, 0)), np.searchsorted(time_s, time_s - WINDOW_S))

    def windowed(values: FloatArray) -> FloatArray:
        sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
        return np.asarray(sums[rows + 1] - sums[first])

    count = windowed(known.astype(float))[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, mean_square = windowed(off) / count, windowed(off * off) / count
        variation = np.sqrt(np.maximum(mean_square - mean * mean, 0.0)) / (usual + mean)
    return np.where(count[:, 0] < 2, np.nan, variation.mean(axis=1))


def rolling_variation(time_s: FloatArray, lengths_m: FloatArray) -> FloatArray:
    """Return the (T,) CV over the last `WINDOW_S` seconds of the bones that were seen, mean over them.

    Args:
        time_s: (T,) seconds, increasing.
        lengths_m: (T, n_bones) metres; NaN where one of a bone's ends was not seen.

    Returns:
        (T,) dimensionless; NaN where no bone was seen twice.
    """
    known = np.isfinite(lengths_m)
    usual = masked_mean(lengths_m, axis=0)  # what the sums are about, so that they stay small
    off = np.where(known, lengths_m - usual, 0.0)
    rows = np.arange(len(time_s))
    first = np.searchsorted(time_s, time_s - WINDOW_S)

    def windowed(values: FloatArray) -> FloatArray:
        sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
        return np.asarray(sums[rows + 1] - sums[first])

    count = windowed(known.astype(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, mean_square = windowed(off) / count, windowed(off * off) / count
        variation = np.sqrt(np.maximum(mean_square - mean * mean, 0.0)) / (usual + mean)
    # whoever is not there now has no variation, whatever was seen before
    return masked_mean(np.where(known & (count >= 2), variation, np.nan), axis=1)
