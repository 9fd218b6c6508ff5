"""Doubtful joints out of a triangulated sequence."""

from typing import Final

import numpy as np
from scipy.ndimage import median_filter

from core.pose.metrics import bone_lengths
from core.pose.skeleton import BONES
from core.pose.types import FloatArray

_MEDIAN_S: Final = 0.15
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
    filled = np.nan_to_num(bridge_gaps(joints_m))
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


def bridge_gaps(joints_m: FloatArray) -> FloatArray:
    """Return (T, J, 3) with gaps bridged by straight lines; a joint that is never known stays NaN."""
    frames = np.arange(len(joints_m))
    filled = joints_m.copy()
    for joint in range(joints_m.shape[1]):
        known = np.isfinite(joints_m[:, joint]).all(axis=-1)
        if known.any():
            for axis in range(joints_m.shape[-1]):
                filled[:, joint, axis] = np.interp(frames, frames[known], joints_m[known, joint, axis])
    return filled
