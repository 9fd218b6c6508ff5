"""One person has one set of bones: learn their lengths while the stream runs, and hold every frame to them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.geometry import mid_hip
from core.skeleton import BONES, N_JOINTS
from core.types import FloatArray, is_within

_LONGEST_MEMORY: Final = 1800  # frames: a slow change of the camera's distance may still be followed
_TRUSTED_AFTER: Final = 30
_MOST_CHANGE: Final = 0.25  # of a known length, that one frame may claim
_DEPTH_MOBILITY: Final = 4.0  # metres² of depth are as cheap as this many sideways, where MediaPipe is good
_ITERATIONS: Final = 2
_TINY: Final = 1e-6
_MOBILITY: Final = np.array([1.0, 1.0, _DEPTH_MOBILITY])
_CHAINS: Final = np.array([(9, 7), (7, 5), (5, 6), (6, 8), (8, 10), (15, 13), (13, 11), (11, 12), (12, 14), (14, 16)])
"""(10, 2) the bones of `BONES` in the order of their joints: wrist to wrist over the shoulders, ankle to ankle."""
_TO_CHAINS: Final = np.array([[set(bone) for bone in BONES.tolist()].index(set(bone)) for bone in _CHAINS.tolist()])
_FROM_CHAINS: Final = np.argsort(_TO_CHAINS)
_ENDS: Final = np.zeros((len(BONES), N_JOINTS))
"""(10, 17) -1 and 1 at the joints of each bone of the chains: times joints it gives bones."""
_ENDS[np.arange(len(BONES)), _CHAINS[:, 0]] = -1.0
_ENDS[np.arange(len(BONES)), _CHAINS[:, 1]] = 1.0
_SHARED: Final = _ENDS @ _ENDS.T  # how much two bones move each other: not at all without a common joint
_OWN: Final = np.diag(_SHARED)
_NEXT: Final = np.diag(_SHARED, 1)  # and no bone but its neighbours in the chain


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
        self._lengths = np.zeros(len(BONES))  # in the order of _CHAINS

    @property
    def lengths_m(self) -> FloatArray:
        """(10,) lengths of `BONES` as known by now, metres; NaN before the first frame."""
        return self._lengths[_FROM_CHAINS] if self._n else np.full(len(BONES), np.nan)

    def learn(self, joints_m: FloatArray) -> None:
        """Take in the bone lengths of (17, 3) joints; a frame with NaN teaches nothing."""
        bones = _ENDS @ joints_m
        change = np.sqrt(np.vecdot(bones, bones)) - self._lengths
        if not is_within(change):
            return
        if self._n >= _TRUSTED_AFTER:
            most = _MOST_CHANGE * self._lengths
            change = np.minimum(np.maximum(change, -most), most)
        self._n = min(self._n + 1, _LONGEST_MEMORY)
        self._lengths += change / self._n

    def hold(self, joints_m: FloatArray) -> FloatArray:
        """Return the (17, 3) joints with the bone lengths known by now, hip-centred; as they are before any."""
        if not self._n or not is_within(joints_m):
            return joints_m
        return _with_chain_lengths(joints_m, self._lengths)


def with_lengths(joints_m: FloatArray, lengths_m: npt.ArrayLike) -> FloatArray:
    """Move joints the least that gives their bones these lengths; depth moves more easily than sideways.

    Args:
        joints_m: (..., 17, 3) view-ray frame, metres, no NaN.
        lengths_m: (10,) of `BONES`, metres.

    Returns:
        (..., 17, 3) hip-centred; lengths met to about a millimetre.

    Source: Gauss-Newton steps of the constrained least squares min sum d^T W^-1 d subject to |bone| = length
    (position based dynamics, Müller et al. 2007, all constraints solved together; they form chains, so that the
    system is tridiagonal: Thomas's algorithm).
    """
    return _with_chain_lengths(np.asarray(joints_m, dtype=float), np.asarray(lengths_m, dtype=float)[_TO_CHAINS])


def _with_chain_lengths(joints: FloatArray, lengths: FloatArray) -> FloatArray:
    """Do what `with_lengths` says, with the lengths in the order of the chains."""
    for _ in range(_ITERATIONS):
        bones = _ENDS @ joints
        now = np.sqrt(np.vecdot(bones, bones))
        units = bones / np.maximum(now, _TINY)[..., None]
        pull = units * _MOBILITY
        own = _OWN * np.vecdot(pull, units) + _TINY
        beside = _NEXT * np.vecdot(pull[..., :-1, :], units[..., 1:, :])
        weights = _solve_chain(own, beside, now - lengths)
        joints = joints - _ENDS.T @ (weights[..., None] * pull)
    result: FloatArray = joints - mid_hip(joints)[..., None, :]
    return result


def _solve_chain(own: FloatArray, beside: FloatArray, wanted: FloatArray) -> FloatArray:
    """Solve symmetric systems in which each unknown meets only the next: (..., n) diagonal, (..., n - 1) beside it.

    Plain numbers for one system: a general solver costs ten times as much for ten unknowns.
    """
    d, e, x = _columns(own), _columns(beside), _columns(wanted)
    for i in range(1, len(d)):
        share = e[i - 1] / d[i - 1]
        d[i] = d[i] - share * e[i - 1]
        x[i] = x[i] - share * x[i - 1]
    x[-1] = x[-1] / d[-1]
    for i in range(len(d) - 2, -1, -1):
        x[i] = (x[i] - e[i] * x[i + 1]) / d[i]
    return np.stack(x, axis=-1) if wanted.ndim > 1 else np.array(x)


def _columns(array: FloatArray) -> list[Any]:
    """Return what stands along the last axis: numbers of one system, arrays of many."""
    return array.tolist() if array.ndim == 1 else list(np.moveaxis(array, -1, 0))
