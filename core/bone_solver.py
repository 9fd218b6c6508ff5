"""One person has one set of bones: learn their lengths while the stream runs, and hold every frame to them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.geometry import mid_hip
from core.metrics import bone_lengths
from core.skeleton import BONES, N_JOINTS
from core.types import FloatArray

_LONGEST_MEMORY: Final = 1800  # frames: a slow change of the camera's distance may still be followed
_TRUSTED_AFTER: Final = 30
_MOST_CHANGE: Final = 0.25  # of a known length, that one frame may claim
_DEPTH_MOBILITY: Final = 4.0  # metres² of depth are as cheap as this many sideways, where MediaPipe is good
_ITERATIONS: Final = 2
_TINY: Final = 1e-6
_ROWS: Final = np.arange(len(BONES))
_PARENTS: Final = BONES[:, 0]
_CHILDREN: Final = BONES[:, 1]


class BoneSolver:
    """Constant bone lengths for one stream, causal and without delay.

    The lengths are running means of the ten bones; a frame that claims another length by over a quarter counts as a
    quarter off. Each frame is then moved the least that meets them.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the person: a new stream begins."""
        self._n = 0
        self._lengths = np.zeros(len(BONES))

    @property
    def lengths_m(self) -> FloatArray:
        """(10,) lengths of `BONES` as known by now, metres; NaN before the first frame."""
        return self._lengths.copy() if self._n else np.full(len(BONES), np.nan)

    def learn(self, joints_m: FloatArray) -> None:
        """Take in the bone lengths of (17, 3) joints; a frame with NaN teaches nothing."""
        found = bone_lengths(joints_m)
        if not np.isfinite(found).all():
            return
        if self._n >= _TRUSTED_AFTER:
            found = np.clip(found, self._lengths * (1 - _MOST_CHANGE), self._lengths * (1 + _MOST_CHANGE))
        self._n = min(self._n + 1, _LONGEST_MEMORY)
        self._lengths += (found - self._lengths) / self._n

    def hold(self, joints_m: FloatArray) -> FloatArray:
        """Return the (17, 3) joints with the bone lengths known by now, hip-centred; as they are before any."""
        if not self._n or not np.isfinite(joints_m).all():
            return joints_m
        return with_lengths(joints_m, self._lengths)


def with_lengths(joints_m: FloatArray, lengths_m: npt.ArrayLike) -> FloatArray:
    """Move joints the least that gives their bones these lengths; depth moves more easily than sideways.

    Args:
        joints_m: (..., 17, 3) view-ray frame, metres, no NaN.
        lengths_m: (10,) of `BONES`, metres.

    Returns:
        (..., 17, 3) hip-centred; lengths met to about a millimetre.

    Source: Gauss-Newton steps of the constrained least squares min sum d^T W^-1 d subject to |bone| = length
    (position based dynamics, Müller et al. 2007, all constraints solved together).
    """
    mobility = np.array([1.0, 1.0, _DEPTH_MOBILITY])
    joints = np.asarray(joints_m, dtype=float).copy()
    n, leading = len(BONES), joints.shape[:-2]
    for _ in range(_ITERATIONS):
        bones = joints[..., _CHILDREN, :] - joints[..., _PARENTS, :]
        now = np.linalg.norm(bones, axis=-1)
        units = bones / np.maximum(now, _TINY)[..., None]
        slopes = np.zeros((*leading, n, N_JOINTS, 3))
        slopes[..., _ROWS, _CHILDREN, :] = units
        slopes[..., _ROWS, _PARENTS, :] -= units
        pull = (slopes * mobility).reshape(*leading, n, -1)
        system = pull @ np.swapaxes(slopes.reshape(*leading, n, -1), -1, -2) + _TINY * np.eye(n)
        weights = np.linalg.solve(system, (now - np.asarray(lengths_m))[..., None])
        joints -= np.swapaxes(np.swapaxes(weights, -1, -2) @ pull, -1, -2).reshape(*leading, N_JOINTS, 3)
    result: FloatArray = joints - mid_hip(joints)[..., None, :]
    return result
