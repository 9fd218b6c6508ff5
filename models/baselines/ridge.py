"""A linear correction of all joints from everything that a refiner sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs
from models.baselines.raw import answer, training_frames

_PENALTY: Final = 1e-2


@dataclass(frozen=True)
class Ridge:
    """Standardised features times a matrix: the correction of all joints.

    Attributes:
        mean: (F,) of the features.
        scale: (F,) their standard deviation.
        weights: (F + 1, 51); the last row is the constant.
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray

    @classmethod
    def fit(cls, pairs: Sequence[Pairs]) -> "Ridge":
        """Least squares with a penalty of a hundredth of the frames; frames with an unknown joint are left out.

        Raises:
            DataError: There is no frame with the truth of some joint.
        """
        raw, truth, visibility, pixels = training_frames(pairs)
        whole = np.isfinite(truth).all(axis=(1, 2))
        features = _features(raw[whole], visibility[whole], pixels[whole])
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        a = _with_constant((features - mean) / scale)
        penalty = _PENALTY * len(a) * np.eye(a.shape[1])
        penalty[-1, -1] = 0.0
        target = (truth - raw)[whole].reshape(len(a), -1)
        return cls(mean, scale, np.linalg.solve(a.T @ a + penalty + 1e-9 * np.eye(len(penalty)), a.T @ target))

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the corrected poses."""
        raw = poses - mid_hip(poses)[:, None]
        pixels = poses[..., :2] if poses_2d is None else poses_2d
        features = (_features(raw, visibility, pixels) - self.mean) / self.scale
        return answer(raw + (_with_constant(features) @ self.weights).reshape(raw.shape))


def _features(raw: FloatArray, visibility: FloatArray, pixels: FloatArray) -> FloatArray:
    """Return (N, 102): the pose, the 2D pose about the mid-hip in units of its spread, and the visibility."""
    flat = pixels - mid_hip(pixels)[:, None]
    spread = np.sqrt((flat**2).mean(axis=(1, 2), keepdims=True))
    flat = np.divide(flat, spread, out=np.zeros_like(flat, dtype=float), where=spread > 0)
    n = len(raw)
    return np.concatenate([raw.reshape(n, -1), np.nan_to_num(flat).reshape(n, -1), np.nan_to_num(visibility)], axis=1)


def _with_constant(features: FloatArray) -> FloatArray:
    return np.concatenate([features, np.ones((len(features), 1))], axis=1)
