"""How far a pose is from the truth, how its bones vary, how it shakes.

Everything is in the unit of its input (metres throughout this project) and masked by NaN: a joint that is NaN on
either side is left out of that frame, a frame with nothing left is NaN. No function reduces over frames unless its
docstring says so, because the weighting of streams is the caller's business. Infinities and numbers whose squares are
too large give NaN or infinity without a warning. numpy only.
"""

import numpy as np
import numpy.typing as npt

from core.pose.geometry import angular_difference
from core.pose.skeleton import BONES
from core.pose.types import FloatArray

_TINY = 1e-9
_MIN_ALIGN_JOINTS = 3  # fewer do not fix a rotation
_quiet = np.errstate(over="ignore", invalid="ignore")
"""Of a detector's infinities, whose differences and squares numpy would warn of."""
FLIP_DEG = 90.0
WORSE_M = 0.02


def masked_mean(values: npt.ArrayLike, axis: int | tuple[int, ...] | None = None) -> FloatArray:
    """Return the mean of what is not NaN; NaN (without a warning) where nothing is left."""
    v = np.asarray(values, dtype=float)
    known = np.isfinite(v)
    n = known.sum(axis=axis)
    total = np.where(known, v, 0.0).sum(axis=axis)
    result: FloatArray = np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)
    return result


@_quiet
def joint_errors(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the (..., J) distances between (..., J, 3) joints; NaN where either is missing."""
    result: FloatArray = np.linalg.norm(predicted - truth, axis=-1)
    return result


def mpjpe(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the (...) mean joint distance of each frame of (..., J, 3) root-aligned joints.

    Source: "Protocol 1" of Ionescu et al. 2014 (Human3.6M); the caller aligns the roots.
    """
    return masked_mean(joint_errors(predicted, truth), axis=-1)


@_quiet
def depth_error(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the (...) mean |z error| of each frame of (..., J, 3) view-ray joints."""
    return masked_mean(np.abs(predicted[..., 2] - truth[..., 2]), axis=-1)


@_quiet
def n_mpjpe(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the (...) mean joint distance of each frame after its best scale about the root.

    Source: the scale s that minimises sum |s p - t|^2 is sum(p . t) / sum(p . p), over the joints known on both
    sides (Rhodin et al. 2018 name the metric). NaN when the prediction has no extent.
    """
    predicted, truth, known = _common(predicted, truth)
    numerator = (predicted * truth).sum(axis=(-1, -2))
    denominator = (predicted**2).sum(axis=(-1, -2))
    scale = _divide(numerator, denominator)
    return _mean_known(predicted * scale[..., None, None], truth, known)


@_quiet
def pa_mpjpe(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the (...) mean joint distance of each frame after its best similarity, reflection excluded.

    Source: Umeyama 1991, equations 39-43: with the covariance U D V^T of truth and prediction and
    S = diag(1, 1, det U det V), rotation U S V^T, scale trace(D S) / variance of the prediction. NaN for fewer than
    three common joints, a prediction without extent, or numbers whose squares are too large.
    """
    predicted, truth, known = _common(predicted, truth)
    n = known.sum(axis=-1)
    mask = known[..., None]
    centred_p = (predicted - _divide(predicted.sum(axis=-2), n[..., None])[..., None, :]) * mask
    centred_t = (truth - _divide(truth.sum(axis=-2), n[..., None])[..., None, :]) * mask
    sizes = (centred_p**2).sum(axis=(-1, -2)), (centred_t**2).sum(axis=(-1, -2))
    enough = (n >= _MIN_ALIGN_JOINTS) & (sizes[0] > _TINY) & np.isfinite(sizes[0] + sizes[1])
    centred_p = np.where(enough[..., None, None], centred_p, 0.0)
    centred_t = np.where(enough[..., None, None], centred_t, 0.0)
    u, singular, vt = np.linalg.svd(np.swapaxes(centred_t, -1, -2) @ centred_p)
    signs = np.ones_like(singular)
    signs[..., 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = (u * signs[..., None, :]) @ vt
    scale = _divide((singular * signs).sum(axis=-1), (centred_p**2).sum(axis=(-1, -2)))
    aligned = scale[..., None, None] * (centred_p @ np.swapaxes(rotation, -1, -2))
    return np.where(enough, _mean_known(aligned, centred_t, known), np.nan)


@_quiet
def bone_lengths(joints: FloatArray, bones: npt.NDArray[np.integer] = BONES) -> FloatArray:
    """Return the (..., n_bones) lengths in (..., J, 3) joints; bones is (n_bones, 2), parent first."""
    vectors = joints.take(bones[:, 1], axis=-2) - joints.take(bones[:, 0], axis=-2)
    result: FloatArray = np.sqrt(np.vecdot(vectors, vectors))
    return result


def bone_cv(lengths: FloatArray) -> FloatArray:
    """Return how much each bone's length varies over a stream.

    Args:
        lengths: (T, n_bones); NaN = missing.

    Returns:
        (n_bones,) population std / mean over T, dimensionless; NaN for fewer than two lengths. A frozen skeleton
        has 0, so read it beside `bone_bias`.
    """
    mean = masked_mean(lengths, axis=0)
    spread = np.sqrt(masked_mean((lengths - mean) ** 2, axis=0))
    n = np.isfinite(lengths).sum(axis=0)
    return np.where(n >= 2, _divide(spread, mean), np.nan)


def bone_bias(lengths: FloatArray, true_lengths: FloatArray) -> FloatArray:
    """Return the (n_bones,) |mean length - true mean length| / true mean length of two (T, n_bones) streams.

    Only frames that have both lengths count, so a joint that is often unknown does not compare different poses.
    """
    both = np.isfinite(lengths) & np.isfinite(true_lengths)
    mean = masked_mean(np.where(both, lengths, np.nan), axis=0)
    true_mean = masked_mean(np.where(both, true_lengths, np.nan), axis=0)
    return _divide(np.abs(mean - true_mean), true_mean)


@_quiet
def acceleration_error(predicted: FloatArray, truth: FloatArray, frame_index: npt.NDArray[np.integer]) -> FloatArray:
    """Return the (T-2, J) norm of the difference of second differences, unit per frame squared.

    Args:
        predicted: (T, J, 3).
        truth: (T, J, 3).
        frame_index: (T,); a triple of frames that are not consecutive gives NaN.

    Source: Kanazawa et al. 2019 (HMMR), acceleration error.
    """
    if len(predicted) < 3:
        return np.full((0, predicted.shape[1]), np.nan)
    difference = predicted - truth
    second = difference[2:] - 2 * difference[1:-1] + difference[:-2]
    error: FloatArray = np.linalg.norm(second, axis=-1)
    step = np.diff(frame_index)
    consecutive = (step[1:] == 1) & (step[:-1] == 1)
    error[~consecutive] = np.nan
    return error


@_quiet
def worse_share(raw_error: FloatArray, refined_error: FloatArray, margin: float = WORSE_M) -> float:
    """Return the share (0..1) of frames whose error grew by more than `margin`; NaN frames do not count."""
    growth = np.asarray(refined_error) - np.asarray(raw_error)
    growth = growth[np.isfinite(growth)]
    return float(np.mean(growth > margin)) if len(growth) else float("nan")


def azimuth_error_deg(predicted_deg: npt.ArrayLike, truth_deg: npt.ArrayLike) -> FloatArray:
    """Return the circular distance between azimuths, degrees, 0..180; NaN where either is."""
    return np.rad2deg(angular_difference(np.deg2rad(predicted_deg), np.deg2rad(truth_deg)))


def flip_share(error_deg: npt.ArrayLike) -> float:
    """Return the share (0..1) of azimuth errors over 90 degrees: front taken for back, or a side for the other."""
    error = np.asarray(error_deg, dtype=float)
    error = error[np.isfinite(error)]
    return float(np.mean(error > FLIP_DEG)) if len(error) else float("nan")


def _common(predicted: FloatArray, truth: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Return both with every joint that either lacks set to zero, and the (..., J) mask of those that both have."""
    known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(predicted + truth).all(axis=-1))
    mask = known[..., None]
    return np.where(mask, predicted, 0.0), np.where(mask, truth, 0.0), known


def _mean_known(predicted: FloatArray, truth: FloatArray, known: npt.NDArray[np.bool_]) -> FloatArray:
    return masked_mean(np.where(known, joint_errors(predicted, truth), np.nan), axis=-1)


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    numerator, denominator = np.broadcast_arrays(numerator, np.asarray(denominator, dtype=float))
    result: FloatArray = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > _TINY
    )
    return result
