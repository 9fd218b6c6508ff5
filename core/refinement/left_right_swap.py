"""Left taken for right, found by its suddenness: undone while the stream runs, and better afterwards.

MediaPipe takes front for back at times, and names every joint for the other side. Within a frame or two all joints
then are where their partners were; nobody moves like that. A sudden exchange says that one side of it is wrong, not
which. Live, the side that was shown for longer is believed, but for no longer than it was; afterwards, what looks
exchanged from both ends is.
"""

import math
from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.gaps import stream_starts
from core.pose.skeleton import BODY, SWAP_SIDES
from core.pose.types import FloatArray

_LEAST_JUMP: Final = 0.15  # body sizes
_LONGEST_STEP_S: Final = 0.11  # the legs of a walker change places by themselves in longer
_REACH_S: Final = 0.15
_STAY: Final = 0.7
_BODY: Final = slice(int(BODY[0]), int(BODY[-1]) + 1)
_PARTNERS: Final = SWAP_SIDES[BODY] - BODY[0]
_WITHOUT_DEPTH: Final = np.array([1.0, 1.0, 0.0])


class LeftRightTracker:
    """Tell, frame by frame, whether the sides of one stream are exchanged against what was seen before.

    A pose is compared with the poses of the last `_REACH_S` as this keeper named them, as it is and with its sides
    exchanged. It is exchanged when it has jumped by over `_LEAST_JUMP` body sizes and lies nearer by `onset` the other
    way round. The naming that was there first must have lasted for `least_s`, and is insisted on for as long as it
    had lasted, at most `longest_s`; then MediaPipe is believed.

    Args:
        onset: Distance with exchanged sides / distance as it is, below which an exchange begins.
        least_s: How long a naming must have lasted to be insisted on, seconds.
        longest_s: How long it is insisted on at most, seconds.

    Threading: one stream, one thread at a time.
    """

    def __init__(self, *, onset: float = 0.35, least_s: float = 0.2, longest_s: float = 0.5) -> None:
        self._onset, self._least_s, self._longest_s = onset, least_s, longest_s
        self.reset()

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._seen: deque[tuple[float, FloatArray]] = deque()
        self._trust_s = 0.0
        self._was_swapped = False

    def is_swapped(self, pose_2d: FloatArray, time_s: float) -> bool:
        """Remember the next pose and return whether its sides are to be exchanged.

        Args:
            pose_2d: (17, 2) pixels of any scale, no NaN.
            time_s: When, seconds, later than the pose before; after a gap call `reset`. Nothing is concluded across a
                step of over `_LONGEST_STEP_S`.
        """
        step_s = time_s - self._seen[-1][0] if self._seen else 0.0
        body = np.array(pose_2d[_BODY], dtype=float)
        is_swapped = 0.0 < step_s <= _LONGEST_STEP_S and self._is_exchanged(body, step_s)
        if is_swapped:
            self._trust_s -= step_s
            body = body[_PARTNERS]
        else:
            self._trust_s = min(self._trust_s + step_s, self._longest_s)
        self._was_swapped = is_swapped
        self._seen.append((time_s, body))
        while time_s - self._seen[0][0] > _REACH_S:
            self._seen.popleft()
        return is_swapped

    def _is_exchanged(self, body: FloatArray, step_s: float) -> bool:
        if self._trust_s < step_s or not (self._was_swapped or self._trust_s >= self._least_s):
            return False
        moved = body - self._seen[-1][1]
        centre = body.mean(axis=0)
        least = _LEAST_JUMP * math.sqrt(max(np.vdot(body, body) / len(body) - np.vdot(centre, centre), 0.0))
        # the root of the mean square is no smaller than the mean: most frames end here
        if np.vdot(moved, moved) <= len(body) * least * least:
            return False
        now_s = self._seen[-1][0] + step_s
        before = np.array([pose for at_s, pose in self._seen if now_s - at_s <= _REACH_S])
        as_it_is = _nearest(body, before)
        return (
            as_it_is > least
            and _nearest(body[_PARTNERS], before) < (_STAY if self._was_swapped else self._onset) * as_it_is
        )


def swap_left_right(
    joints_m: FloatArray, visibility: FloatArray, pose_2d: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (..., 17, 3) joints, (..., 17) visibility and (..., 17, 2) pixels with their sides exchanged.

    The joints lose their depth, which is that of somebody who faces the other way: the refiner finds it again. Kept or
    mirrored instead, the MPJPE of real people is 1 to 8 mm higher.
    """
    return (
        joints_m.take(SWAP_SIDES, axis=-2) * _WITHOUT_DEPTH.astype(joints_m.dtype),
        visibility.take(SWAP_SIDES, axis=-1),
        pose_2d.take(SWAP_SIDES, axis=-2),
    )


def swapped_frames(pose_2d: FloatArray, time_s: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which frames of one stream name the sides otherwise than what comes before and what comes after them.

    A `LeftRightTracker` goes through the stream in either direction; what both exchange is swapped. So a swap that is
    there when a stream begins or ends stays: of 564 frames that one direction alone exchanges there, it spoils 386.

    Args:
        pose_2d: (T, 17, 2) pixels; frames with NaN are left alone, and count as a gap.
        time_s: (T,) seconds, rising.
    """
    known = np.flatnonzero(np.isfinite(pose_2d).all(axis=(1, 2)))
    swapped = np.zeros(len(pose_2d), dtype=bool)
    flat, times = np.asarray(pose_2d, dtype=float)[known], np.asarray(time_s, dtype=float)[known]
    swapped[known] = _followed(flat, times) & _followed(flat[::-1], -times[::-1])[::-1]
    return swapped


def _followed(pose_2d: FloatArray, time_s: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (T,) which frames are exchanged against the past; more is believed than live, the other way decides."""
    keeper = LeftRightTracker(onset=_STAY, least_s=0.05, longest_s=1.0)
    exchanged = np.zeros(len(pose_2d), dtype=bool)
    for i, is_start in enumerate(stream_starts(time_s).tolist()):
        if is_start:
            keeper.reset()
        exchanged[i] = keeper.is_swapped(pose_2d[i], float(time_s[i]))
    return exchanged


def _nearest(body: FloatArray, others: FloatArray) -> float:
    """Return the mean joint distance of a (12, 2) pose to the nearest of (n, 12, 2) poses."""
    apart = body - others
    return float(np.sqrt(np.vecdot(apart, apart)).mean(axis=-1).min())
