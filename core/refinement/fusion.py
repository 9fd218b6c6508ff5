"""One answer from several looks, each refined by itself: the plain mean, and an honest uncertainty."""

from typing import Final

import numpy as np

from core.pose.types import FloatArray
from core.refinement.refiner import Refinement

_KEPT_SHARE: Final = 0.8
_SPREAD_SHARE: Final = 0.75
"""Of the mean variance that the refiner expects of one look, and of the variance between the looks' depths: fitted so
that errors of rendered people are within one standard deviation as often as those of one look (docs/findings.md)."""


def fuse(looks: Refinement) -> Refinement:
    """Return the mean of refined looks; a look with NaN is left out, and without any the answer is NaN.

    Args:
        looks: joints_m (L, ..., 17, 3), direction (L, ..., 3), uncertainty_m (L, ..., 17).
    """
    joints, sigma = np.asarray(looks.joints_m, dtype=float), np.asarray(looks.uncertainty_m, dtype=float)
    is_known = np.isfinite(joints).all(axis=(-2, -1))  # (L, ...)
    n = is_known.sum(axis=0)

    def mean(values: FloatArray) -> FloatArray:
        shape = is_known.shape + (1,) * (values.ndim - is_known.ndim)
        total = np.where(is_known.reshape(shape), values, 0.0).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(total / n.reshape(n.shape + (1,) * (total.ndim - n.ndim)))

    middle = mean(joints)
    spread = mean((joints[..., 2] - middle[..., 2]) ** 2)
    kept = np.where(n > 1, _KEPT_SHARE, 1.0)[..., None]
    direction = mean(np.asarray(looks.direction, dtype=float))
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    return Refinement(middle, direction, np.sqrt(kept * mean(sigma**2) + _SPREAD_SHARE * spread))
