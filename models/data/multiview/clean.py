"""Doubtful joints out of a triangulated sequence, and the shake of the detector out of the rest."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter
from scipy.signal import savgol_filter

from core.metrics import bone_lengths
from core.skeleton import BONES
from core.types import FloatArray

_MEDIAN_S: Final = 0.15
_SMOOTH_S: Final = 0.15
_JUMP_M: Final = 0.10
_BONE_TOLERANCE: Final = 0.25
_LIMBS: Final = BONES[:8]  # the two widths are short and foreshortened by the joint definition: not a test of a joint


def odd_frames(seconds: float, fps: float) -> int:
    """Return the odd number of frames nearest to a duration, at least 3."""
    return max(3, 2 * round((seconds * fps - 1) / 2) + 1)


def drop_jumps(joints_m: FloatArray, fps: float) -> FloatArray:
    """Return (T, J, 3) with joints NaN that lie over 10 cm from the running median of their own path."""
    if len(joints_m) < 3:
        return joints_m
    filled = _fill_gaps(joints_m)
    smooth = median_filter(filled, size=(odd_frames(_MEDIAN_S, fps), 1, 1), mode="nearest")
    far = np.linalg.norm(joints_m - smooth, axis=-1) > _JUMP_M
    return np.where(far[..., None], np.nan, joints_m)


def drop_wrong_bones(joints_m: FloatArray) -> FloatArray:
    """Return (T, 17, 3) with the far end of a limb bone NaN where its length is over 25 % from its median."""
    lengths = bone_lengths(joints_m, _LIMBS)
    known = np.isfinite(lengths)
    result = joints_m.copy()
    for bone, (_, child) in enumerate(_LIMBS):
        if not known[:, bone].any():
            continue
        median = np.median(lengths[known[:, bone], bone])
        result[np.abs(lengths[:, bone] / median - 1) > _BONE_TOLERANCE, child] = np.nan
    return result


def smooth(joints_m: FloatArray, fps: float) -> FloatArray:
    """Return (T, J, 3) smoothed by a quadratic over 0.15 s, run by run between gaps; shorter runs are left alone."""
    window = odd_frames(_SMOOTH_S, fps)
    result = joints_m.copy()
    for joint in range(joints_m.shape[1]):
        for start, stop in _runs(np.isfinite(joints_m[:, joint]).all(axis=-1)):
            if stop - start >= window:
                result[start:stop, joint] = savgol_filter(joints_m[start:stop, joint], window, polyorder=2, axis=0)
    return result


def _runs(known: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _fill_gaps(joints_m: FloatArray) -> FloatArray:
    """Return (T, J, 3) with gaps bridged by straight lines; a joint that is never known becomes 0."""
    frames = np.arange(len(joints_m))
    filled = np.zeros_like(joints_m)
    for joint in range(joints_m.shape[1]):
        known = np.isfinite(joints_m[:, joint]).all(axis=-1)
        if known.any():
            for axis in range(3):
                filled[:, joint, axis] = np.interp(frames, frames[known], joints_m[known, joint, axis])
    return filled
