"""Left taken for right, found by its suddenness and undone.

MediaPipe sees a person whose face is hidden from the back at times, and names every joint for the other side. From one
frame to the next all joints then jump to where their partners were; nobody moves like that.
"""

from typing import Final

import numpy as np

from core.skeleton import BODY, SWAP_SIDES
from core.types import FloatArray

_RATIO: Final = 0.7
_LEAST_JUMP: Final = 0.15
_LONGEST_STEP_S: Final = 0.11
_LONGEST_SWAP_S: Final = 2.0


class SideKeeper:
    """Tells for every frame of one stream whether its sides are swapped against the frames before.

    A swap is believed when, with sides exchanged, the 2D pose is nearer to the last one by `_RATIO`, and as it is, it
    has jumped by over `_LEAST_JUMP` body sizes. Between frames further apart than `_LONGEST_STEP_S` the legs of a
    walker change places by themselves, so nothing is concluded. After `_LONGEST_SWAP_S` MediaPipe is believed again:
    what lasts is more likely to be true, and a mistake made here must end.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._last: FloatArray | None = None
        self._last_s = self._since_s = 0.0
        self._is_swapped = False

    def step(self, pose_2d: FloatArray, time_s: float) -> bool:
        """Return whether the sides of this frame must be exchanged.

        Args:
            pose_2d: (17, 2) pixels of any scale; a frame with NaN is not looked at and not swapped.
            time_s: When, seconds.
        """
        if not np.isfinite(pose_2d).all():
            return False
        other = pose_2d[SWAP_SIDES]
        if self._last is not None and time_s - self._last_s <= _LONGEST_STEP_S:
            as_before, changed = (other, pose_2d) if self._is_swapped else (pose_2d, other)
            body = pose_2d[BODY]
            size = float(np.sqrt(((body - body.mean(axis=0)) ** 2).sum(axis=1).mean()))
            jump, jump_changed = (
                float(np.linalg.norm(p[BODY] - self._last[BODY], axis=1).mean()) for p in (as_before, changed)
            )
            if jump > _LEAST_JUMP * size and jump_changed < _RATIO * jump:
                self._is_swapped = not self._is_swapped
                self._since_s = time_s
        else:
            self._is_swapped = False
        if time_s - self._since_s > _LONGEST_SWAP_S:
            self._is_swapped = False
        self._last, self._last_s = (other if self._is_swapped else pose_2d), time_s
        return self._is_swapped
