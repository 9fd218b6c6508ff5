"""One person has one set of bones: learn their lengths while the stream runs, and hold every frame to them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.geometry import mid_hip
from core.pose.skeleton import BONES, N_JOINTS
from core.pose.types import FloatArray, is_within

_LONGEST_MEMORY: Final = 1800  # frames: a slow change of the camera's distance may still be followed
_TRUSTED_AFTER: Final = 30
_MOST_CHANGE: Final = 0.25  # of a known length, that one frame may claim
_ITERATIONS: Final = 2
_NEAR_ENOUGH_M: Final = 1e-3
_TINY: Final = 1e-6
_CHAINS: Final = np.array([(9, 7), (7, 5), (5, 6), (6, 8), (8, 10), (15, 13), (13, 11), (11, 12), (12, 14), (14, 16)])
"""(10, 2) the bones of `BONES` in the order of their joints: wrist to wrist over the shoulders, ankle to ankle."""
_OTHER_SIDE: Final = np.array([4, 3, 2, 1, 0, 9, 8, 7, 6, 5])
_TO_CHAINS: Final = np.array([[set(bone) for bone in BONES.tolist()].index(set(bone)) for bone in _CHAINS.tolist()])
_FROM_CHAINS: Final = np.argsort(_TO_CHAINS)
_ENDS: Final = np.zeros((len(BONES), N_JOINTS))
"""(10, 17) -1 and 1 at the joints of each bone of the chains: times joints it gives bones."""
_ENDS[np.arange(len(BONES)), _CHAINS[:, 0]] = -1.0
_ENDS[np.arange(len(BONES)), _CHAINS[:, 1]] = 1.0
_JOINTS: Final = np.ascontiguousarray(_ENDS.T)
_EITHER: Final = np.abs(_ENDS)
_SHARED: Final = _ENDS @ _ENDS.T  # how much two bones move each other: not at all without a common joint
_OWN: Final = np.diag(_SHARED) + _TINY
_NEXT: Final = np.diag(_SHARED, 1)  # and no bone but its neighbours in the chain


class BoneSolver:
    """Constant bone lengths for one stream, causal and without delay.

    The lengths are running means of the ten bones, the same on the left and on the right, in which a frame counts by
    how sure the refiner is of a bone's ends; one that claims another length by over a quarter counts as a quarter off.
    Each frame is then moved the least that meets them.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the person: a new stream begins."""
        self._n = 0
        # in the order of _CHAINS
        self._lengths = np.zeros(len(BONES))
        self._weights = np.zeros(len(BONES))

    @property
    def lengths_m(self) -> FloatArray:
        """(10,) lengths of `BONES` as known by now, metres; NaN before the first frame."""
        return self._lengths[_FROM_CHAINS] if self._n else np.full(len(BONES), np.nan)

    def learn(self, joints_m: FloatArray, sigma_m: FloatArray) -> None:
        """Take in the bone lengths of a frame; one with NaN teaches nothing.

        Args:
            joints_m: (17, 3) metres.
            sigma_m: (17,) standard deviation that the refiner expects, metres.
        """
        bones = _ENDS @ joints_m
        change = np.sqrt(np.vecdot(bones, bones)) - self._lengths
        variances = _EITHER @ (sigma_m * sigma_m)
        if not (is_within(change) and is_within(variances)):
            return
        if self._n >= _TRUSTED_AFTER:
            most = _MOST_CHANGE * self._lengths
            change = np.minimum(np.maximum(change, -most), most)
        if self._n == _LONGEST_MEMORY:
            self._weights *= 1.0 - 1.0 / _LONGEST_MEMORY
        else:
            self._n += 1
        weights = 1.0 / (variances + _TINY)
        # both sides at once: of either its own and its partner's
        self._weights += weights + weights[_OTHER_SIDE]
        told = weights * change
        self._lengths += (told + told[_OTHER_SIDE]) / self._weights

    def hold(self, joints_m: FloatArray) -> FloatArray:
        """Return the (17, 3) joints with the bone lengths known by now, hip-centred; as they are before any."""
        if not self._n or not is_within(joints_m):
            return joints_m
        return _with_chain_lengths(joints_m, self._lengths)


def with_lengths(joints_m: FloatArray, lengths_m: npt.ArrayLike) -> FloatArray:
    """Move joints the least that gives their bones these lengths.

    Args:
        joints_m: (..., 17, 3) metres, no NaN.
        lengths_m: (10,) of `BONES`, metres.

    Returns:
        (..., 17, 3) hip-centred; lengths met to about a millimetre.

    Source: Gauss-Newton steps of the constrained least squares min sum |d|^2 subject to |bone| = length (position
    based dynamics, Müller et al. 2007, all constraints solved together; they form chains, so that the system is
    tridiagonal: Thomas's algorithm).
    """
    return _with_chain_lengths(np.asarray(joints_m, dtype=float), np.asarray(lengths_m, dtype=float)[_TO_CHAINS])


def _with_chain_lengths(joints: FloatArray, lengths: FloatArray) -> FloatArray:
    """Do what `with_lengths` says, with the lengths in the order of the chains."""
    for _ in range(_ITERATIONS):
        bones = _ENDS @ joints
        now = np.sqrt(np.vecdot(bones, bones))
        off = now - lengths
        if joints.ndim == 2 and is_within(off, _NEAR_ENOUGH_M):  # of many, none must depend on the others
            break
        units = bones / np.maximum(now, _TINY)[..., None]
        beside = _NEXT * np.vecdot(units[..., :-1, :], units[..., 1:, :])
        joints = joints - _JOINTS @ (_solve_chain(beside, off)[..., None] * units)
    result: FloatArray = joints - mid_hip(joints)[..., None, :]
    return result


def _solve_chain(beside: FloatArray, wanted: FloatArray) -> FloatArray:
    """Solve symmetric systems in which each unknown meets only the next: (..., n - 1) beside a diagonal of `_OWN`.

    Plain numbers for one system: a general solver costs ten times as much for ten unknowns.
    """
    d: list[Any] = _OWN.tolist()
    e, x = _columns(beside), _columns(wanted)
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
