"""One person over time, fitted to all views at once: reprojection, constant bones, smooth motion.

Triangulation looks at one joint of one frame. Here a joint that two views disagree about is held by its bones and by
the frames around it, which is what a per-point method cannot do and what smoothing afterwards does blindly.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded

from core.pose.metrics import bone_lengths
from core.pose.skeleton import BONES, N_JOINTS
from core.pose.types import FloatArray
from models.data.multiview.reconstruction.clean import bridge_gaps

_FRAME: Final = 3 * N_JOINTS
_BAND: Final = 2 * _FRAME
_ROUNDS: Final = 12
_CHUNK: Final = 2000
_OVERLAP: Final = 60
_MIN_LENGTH_M: Final = 0.02
_DAMPING: Final = 1.0
_CONVERGED_M: Final = 1e-4


@dataclass(frozen=True)
class FitSettings:
    """How much each kind of evidence weighs: the standard deviation expected of it.

    Attributes:
        pixel_px: Of a detected keypoint; past twice that a view counts less and less.
        bone_m: Of a bone's length about its own median.
        acceleration_m_s2: Of a joint.
    """

    pixel_px: float = 6.0
    bone_m: float = 0.01
    acceleration_m_s2: float = 20.0


def fit_sequence(
    projections: FloatArray,
    points_px: FloatArray,
    weights: FloatArray,
    start_m: FloatArray,
    fps: float,
    settings: FitSettings | None = None,
) -> FloatArray:
    """Return the joints that explain all views best.

    Iteratively reweighted Gauss-Newton: Cauchy weights on reprojection, least squares on bone lengths and second
    differences; the normal equations are banded, so time and memory grow with T only.

    Args:
        projections: (C, 3, 4) world to undistorted pixels.
        points_px: (C, T, 17, 2) undistorted, sides settled; NaN = not seen.
        weights: (C, T, 17) >= 0, 0 for views that are not to be believed.
        start_m: (T, 17, 3) triangulated; NaN is bridged by straight lines.
        fps: Frames per second.
        settings: How much to believe what.

    Returns:
        (T, 17, 3) metres, without NaN unless a joint is never seen: the caller decides which joints to trust.

    Source: Cauchy loss and IRLS, Triggs et al. 2000 ("Bundle Adjustment: A Modern Synthesis"), section 3.
    """
    settings = settings or FitSettings()
    lengths = _median_lengths(start_m)
    start = bridge_gaps(start_m)
    n = len(start)
    if n <= _CHUNK:
        return _fit(projections, points_px, weights, start, lengths, fps, settings)
    result = np.empty_like(start)
    for first in range(0, n, _CHUNK):
        low, high = max(first - _OVERLAP, 0), min(first + _CHUNK + _OVERLAP, n)
        piece = _fit(projections, points_px[:, low:high], weights[:, low:high], start[low:high], lengths, fps, settings)
        result[first : first + _CHUNK] = piece[first - low : first - low + _CHUNK]
    return result


def _fit(
    projections: FloatArray,
    points_px: FloatArray,
    weights: FloatArray,
    start: FloatArray,
    lengths: FloatArray,
    fps: float,
    settings: FitSettings,
) -> FloatArray:
    never = np.asarray(np.isnan(start).any(axis=(0, 2)))
    joints = np.where(np.isnan(start), 0.0, start)
    for _ in range(_ROUNDS):
        band = np.zeros((_BAND + 1, joints.size))
        gradient = np.zeros(joints.shape)
        _add_views(band, gradient, joints, projections, points_px, weights, settings.pixel_px)
        _add_bones(band, gradient, joints, np.where(never[BONES].any(axis=1), np.nan, lengths), settings.bone_m)
        _add_motion(band, gradient, joints, 1 / (settings.acceleration_m_s2 / fps**2) ** 2)
        band[-1] += _DAMPING  # a joint that nothing holds stays where it is
        step = solveh_banded(band, -gradient.ravel(), check_finite=False).reshape(joints.shape)
        joints = joints + step
        if np.abs(step).max() < _CONVERGED_M:
            break
    joints[:, never] = np.nan
    return joints


def _add_views(
    band: FloatArray,
    gradient: FloatArray,
    joints: FloatArray,
    projections: FloatArray,
    points_px: FloatArray,
    weights: FloatArray,
    sigma_px: float,
) -> None:
    homogeneous = np.concatenate([joints, np.ones((*joints.shape[:-1], 1))], axis=-1)
    normal = np.zeros((*joints.shape, 3))
    for projection, pixels, weight in zip(projections, points_px, weights, strict=True):
        image = homogeneous @ projection.T
        depth = image[..., 2]
        usable = (weight > 0) & np.isfinite(pixels).all(axis=-1) & (depth > 0)
        safe = np.where(usable, depth, 1.0)
        seen = image[..., :2] / safe[..., None]
        residual = np.where(usable[..., None], seen - np.nan_to_num(pixels), 0.0) / sigma_px
        jacobian = (projection[:2, :3] - seen[..., None] * projection[2, :3]) / (safe[..., None, None] * sigma_px)
        trust = np.where(usable, weight / (1 + (residual**2).sum(axis=-1) / 4), 0.0)  # Cauchy, scale 2 sigma
        weighted = jacobian * trust[..., None, None]
        normal += np.swapaxes(weighted, -1, -2) @ jacobian
        gradient += np.einsum("tjrk,tjr->tjk", weighted, residual)
    for row in range(3):
        for column in range(row, 3):
            offset = column - row
            cells = band[_BAND - offset].reshape(joints.shape)
            cells[..., column] += normal[..., row, column]


def _add_bones(band: FloatArray, gradient: FloatArray, joints: FloatArray, lengths: FloatArray, sigma: float) -> None:
    """Hold each bone at its length; the curvature across the bone is left out, which keeps the matrix definite."""
    for (parent, child), length in zip(BONES, lengths, strict=True):
        if not np.isfinite(length):
            continue
        along = joints[:, child] - joints[:, parent]
        now = np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), _MIN_LENGTH_M)
        direction = along / now
        pull = direction * (now - length) / sigma**2
        gradient[:, child] += pull
        gradient[:, parent] -= pull
        outer = direction[:, :, None] * direction[:, None] / sigma**2
        for first, second, sign in ((parent, parent, 1), (child, child, 1), (parent, child, -1)):
            for row in range(3):
                for column in range(3):
                    low, high = 3 * first + row, 3 * second + column
                    if low <= high:
                        cells = band[_BAND - (high - low)].reshape(len(joints), _FRAME)
                        cells[:, high] += sign * outer[:, row, column]


def _add_motion(band: FloatArray, gradient: FloatArray, joints: FloatArray, weight: float) -> None:
    if len(joints) < 3:
        return
    second = joints[2:] - 2 * joints[1:-1] + joints[:-2]
    pattern = (1.0, -2.0, 1.0)
    n = len(joints) - 2
    for i, a in enumerate(pattern):
        gradient[i : i + n] += weight * a * second
        for k, b in enumerate(pattern[i:], start=i):
            cells = band[_BAND - _FRAME * (k - i)].reshape(len(joints), _FRAME)
            cells[k : k + n] += weight * a * b


def _median_lengths(joints: FloatArray) -> FloatArray:
    """Return (10,) the median length of each bone; NaN for one that is never known."""
    lengths = bone_lengths(joints)
    return np.array([np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan
                     for column in lengths.T])  # fmt: skip
