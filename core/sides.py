"""Left taken for right, found by its suddenness and undone afterwards.

MediaPipe sees a person whose face is hidden from the back at times, and names every joint for the other side. From one
frame to the next all joints then jump to where their partners were; nobody moves like that. A jump says that one side
of it is wrong, not which: measured on rendered people, 53 % of jumps begin a swap and 47 % end one. So nothing can be
concluded while the stream runs, but afterwards the shorter stretch is wrong more often than not.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.skeleton import BODY, SWAP_SIDES
from core.types import FloatArray

_RATIO: Final = 0.7
_LEAST_JUMP: Final = 0.15  # body sizes
_LONGEST_STEP_S: Final = 0.11
_REACH_S: Final = 1.0
_MAJORITY: Final = 0.65


def swapped_frames(pose_2d: FloatArray, time_s: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which frames of one stream name the sides otherwise than most frames within a second of them.

    Two frames name their sides differently when, with sides exchanged, the second 2D pose is nearer to the first by
    `_RATIO`, and as it is, it has jumped by over `_LEAST_JUMP` body sizes. Between frames further apart than
    `_LONGEST_STEP_S` the legs of a walker change places by themselves, so nothing is concluded across them.

    Args:
        pose_2d: (T, 17, 2) pixels; frames with NaN are left alone, and count as a gap.
        time_s: (T,) seconds, rising.
    """
    known = np.flatnonzero(np.isfinite(pose_2d).all(axis=(1, 2)))
    swapped = np.zeros(len(pose_2d), dtype=bool)
    if len(known) < 2:
        return swapped
    flat, times = np.asarray(pose_2d)[known], np.asarray(time_s, dtype=float)[known]
    steps = np.diff(times)
    is_jump = np.r_[False, _have_other_sides(flat[:-1], flat[1:]) & (steps <= _LONGEST_STEP_S)]
    naming = np.cumsum(is_jump) % 2
    stretch = np.cumsum(np.r_[False, steps > _LONGEST_STEP_S])
    # how many frames within reach, of the same stretch, and how many of them have naming 1: by running sums
    ones = np.r_[0, np.cumsum(naming)]
    first = np.maximum(np.searchsorted(times, times - _REACH_S), np.searchsorted(stretch, stretch))
    last = np.minimum(
        np.searchsorted(times, times + _REACH_S, side="right"), np.searchsorted(stretch, stretch, side="right")
    )
    share = (ones[last] - ones[first]) / (last - first)
    swapped[known] = np.where(naming == 1, 1 - share, share) > _MAJORITY
    return swapped


def _have_other_sides(before: FloatArray, now: FloatArray) -> npt.NDArray[np.bool_]:
    """Return for (T, 17, 2) poses whether they fit the frame before much better with sides exchanged."""
    body = now[:, BODY]
    size = np.sqrt(((body - body.mean(axis=1, keepdims=True)) ** 2).sum(axis=-1).mean(axis=-1))
    jump = np.linalg.norm(body - before[:, BODY], axis=-1).mean(axis=-1)
    exchanged = np.linalg.norm(now[:, SWAP_SIDES][:, BODY] - before[:, BODY], axis=-1).mean(axis=-1)
    result: npt.NDArray[np.bool_] = (jump > _LEAST_JUMP * size) & (exchanged < _RATIO * jump)
    return result
