"""Which looks see the same person: one that follows somebody else must not be averaged with the others."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.gaps import is_new_stream
from core.pose.skeleton import BODY, LANDMARK_TO_COCO
from core.pose.types import FloatArray

_FARTHEST: Final = 0.7
"""Between the middles of the body as two looks see it, in sizes: 0.2 of the height of somebody who stands."""
_LARGEST_RATIO: Final = 1.7
"""Of the sizes as two looks see them: a person in the background is smaller."""
_BODY: Final = LANDMARK_TO_COCO[BODY]


class Agreement:
    """Tell, frame by frame, which looks agree about where the person is.

    The largest group counts; of equal ones the one nearest to where the person was in the frame before, and in a
    first frame that of the look that is named first.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget where the person was."""
        self._last: FloatArray | None = None
        self._last_s = 0.0

    def step(self, landmarks_px: FloatArray, time_s: float) -> npt.NDArray[np.bool_]:
        """Return (L,) which looks see the person.

        Args:
            landmarks_px: (L, 33, 2) image landmarks of each look, pixels; NaN where it sees nobody.
            time_s: When, seconds. After a gap (`core.pose.gaps`) the person may be anywhere.
        """
        body = np.asarray(landmarks_px)[:, _BODY]  # (L, 12, 2)
        middle = body.mean(axis=1)
        size = np.sqrt(((body - middle[:, None]) ** 2).sum(axis=-1).mean(axis=-1))
        found: npt.NDArray[np.bool_] = np.isfinite(size)
        if not found.any():
            return found
        apart = np.linalg.norm(middle[:, None] - middle, axis=-1)
        larger, smaller = np.maximum(size[:, None], size), np.minimum(size[:, None], size)
        is_same = (apart <= _FARTHEST * larger) & (larger <= _LARGEST_RATIO * smaller)  # (L, L), False with NaN
        if self._last is not None and not is_new_stream(time_s - self._last_s):
            moved = np.linalg.norm(middle - self._last, axis=-1)
        else:
            moved = np.arange(len(size), dtype=float)
        best = min(np.flatnonzero(found), key=lambda i: (-int(is_same[i].sum()), float(moved[i])))
        group: npt.NDArray[np.bool_] = is_same[best] | (np.arange(len(size)) == best)
        self._last, self._last_s = middle[group].mean(axis=0), time_s
        return group
