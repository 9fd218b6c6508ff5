"""The truth of a video, from a pair file, beside what was made of the video."""

from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.pose.geometry import on_known_root
from core.pose.metrics import azimuth_error_deg, bone_cv, bone_lengths, depth_error, masked_mean, mpjpe
from core.pose.skeleton import BODY, N_JOINTS
from core.pose.types import FloatArray
from core.sequence.pairs import Pairs
from core.sequence.pose_sequence import PoseSequence


@dataclass(frozen=True)
class Truth:
    """Ground truth for the T frames of a sequence; NaN where there is none.

    Attributes:
        joints_m: (T, 17, 3) metres, view-ray frame, about the hips; about the shoulders where there are no hips.
        azimuth_deg: (T,) [0, 360).
        elevation_deg: (T,).
    """

    joints_m: FloatArray
    azimuth_deg: FloatArray
    elevation_deg: FloatArray


@dataclass(frozen=True)
class Figures:
    """How good one version of a sequence's joints is; NaN without truth.

    Attributes:
        bone_cv: Bone-length CV over the whole sequence, mean over the ten bones.
        mpjpe_mm: Mean distance of the body joints from the truth.
        depth_mm: Mean |z error| of the body joints.
    """

    bone_cv: float
    mpjpe_mm: float
    depth_mm: float


def align_truth(pairs: Pairs, sequence: PoseSequence) -> Truth:
    """Put the rows of a pair file beside the sequence's frames, by frame index.

    Raises:
        DataError: They have no frame in common.
    """
    stride = int(pairs.meta.get("stride", 1))  # pairs of every n-th frame count those
    row_of = {int(index) * stride: row for row, index in enumerate(pairs.frame_index)}
    rows = np.array([row_of.get(int(index), -1) for index in sequence.frame_index], dtype=np.int64)
    known = rows >= 0
    if not known.any():
        raise DataError("The truth has no frame in common with this video; give the pair file made from it.")
    n = len(sequence)
    joints, azimuth, elevation = np.full((n, N_JOINTS, 3), np.nan), np.full(n, np.nan), np.full(n, np.nan)
    joints[known], azimuth[known] = pairs.ground_truth[rows[known]], pairs.azimuth[rows[known]]
    elevation[known] = pairs.elevation[rows[known]]
    return Truth(joints, azimuth, elevation)


def errors_mm(joints_m: FloatArray, truth: Truth) -> FloatArray:
    """Return the (T,) mean distance of the body joints from the truth, mm."""
    true_m, joints_m = on_known_root(truth.joints_m, joints_m)
    return mpjpe(joints_m[:, BODY], true_m[:, BODY]) * 1000


def figures(joints_m: FloatArray, truth: Truth | None) -> Figures:
    """Return the figures of (T, 17, 3) joints."""
    cv = float(masked_mean(bone_cv(bone_lengths(joints_m))))
    if truth is None:
        return Figures(cv, np.nan, np.nan)
    true_m, centred_m = on_known_root(truth.joints_m, joints_m)
    depth = depth_error(centred_m[:, BODY], true_m[:, BODY])
    return Figures(cv, float(masked_mean(errors_mm(joints_m, truth))), float(masked_mean(depth)) * 1000)


def azimuth_median_error_deg(sequence: PoseSequence, truth: Truth | None) -> float:
    """Return the median circular error of the viewpoint's azimuth, degrees; NaN without truth."""
    if truth is None:
        return np.nan
    error = azimuth_error_deg(sequence.angles_deg[0], truth.azimuth_deg)
    return float(np.median(error[np.isfinite(error)])) if np.isfinite(error).any() else np.nan
