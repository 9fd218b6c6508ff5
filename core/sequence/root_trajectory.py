"""How far away the person is and where they go: an estimate from the picture, and a scale from a known height.

One camera cannot see size and distance apart. The refined skeleton has a size, so its size in the picture gives its
distance, given the field of view; an error of that size (some 5 %) is an error of all distances.
"""

from typing import Final

import numpy as np

from core.pose.geometry import mid_hip, pixel_rays, rotate, view_ray_rotation
from core.pose.skeleton import (
    LANDMARK_TO_COCO,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
)
from core.pose.types import FloatArray
from core.sequence.coordinates import interpolated
from core.sequence.pose_sequence import PoseSequence

_STATURE_SHARE: Final = 0.246 + 0.245 + 0.288
"""Shin, thigh and trunk as a share of body height (Drillis and Contini 1966, as given by Winter)."""

_MIN_DISTANCE_M: Final = 0.3
_BLOCK: Final = 4096
_MAX_FRAMES: Final = 5000


def stature_m(joints_m: FloatArray) -> float:
    """Return the body height that (T, 17, 3) joints imply: shin, thigh and trunk, median over time; NaN if unknown.

    Of a leg that is never known (NaN), the other stands for both.
    """
    known = np.flatnonzero(np.isfinite(joints_m[:, LEFT_HIP]).all(axis=1))
    known = known[:: -(-len(known) // _MAX_FRAMES)] if len(known) else known
    joints = joints_m[known].astype(float)
    left = [joints[:, joint] for joint in (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE)]
    right = [joints[:, joint] for joint in (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)]
    thigh, shin = (_mean([_length(leg[i], leg[i + 1]) for leg in (left, right)]) for i in (0, 1))
    shoulders = (joints[:, LEFT_SHOULDER] + joints[:, RIGHT_SHOULDER]) / 2
    return (shin + thigh + _length(shoulders, mid_hip(joints))) / _STATURE_SHARE


def _length(a: FloatArray, b: FloatArray) -> float:
    """Return the median distance of (T, 3) points; NaN if there is none."""
    lengths = np.linalg.norm(a - b, axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return float(np.median(lengths)) if len(lengths) else float("nan")


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def root_positions(sequence: PoseSequence, rays: FloatArray, intrinsics: FloatArray, scale: float = 1.0) -> FloatArray:
    """Return the (T, 3) middle of the hips, camera frame, metres: where the skeleton must be to look as it does.

    The least-squares translation that projects the refined joints onto the image landmarks, each weighted by its
    visibility: linear, since u - cx = f X / Z is linear in the translation once multiplied by Z.

    Args:
        sequence: T frames.
        rays: (T, 3) towards the hips, camera frame.
        intrinsics: (3, 3).
        scale: Factor on the joints.

    Returns:
        Never NaN: interpolated where nobody is seen, 3 m straight ahead if never.
    """
    found = np.full((len(sequence), 3), np.nan)
    for start in range(0, len(sequence), _BLOCK):
        part = slice(start, start + _BLOCK)
        to_camera = np.swapaxes(view_ray_rotation(rays[part]), -1, -2)
        joints = rotate(to_camera, sequence.joints_m[part].astype(float) * scale)
        pixels = sequence.landmarks_px[part][:, LANDMARK_TO_COCO].astype(float)
        found[part] = translations_m(joints, pixels, np.nan_to_num(sequence.visibility[part].astype(float)), intrinsics)
    found[found[:, 2] < _MIN_DISTANCE_M] = np.nan
    return interpolated(sequence.time_s, found, empty=np.array([0.0, 0.0, 3.0]))


def hips_m(
    pixels: FloatArray, joints_m: FloatArray, visibility: FloatArray, intrinsics: FloatArray, scale: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Return where the hips of single frames are: for showing; `root_positions` fills gaps besides.

    Args:
        pixels: (T, 17, 2) image landmarks of the joints.
        joints_m: (T, 17, 3) refined joints, view-ray frame.
        visibility: (T, 17) of the joints.
        intrinsics: (3, 3).
        scale: Factor on the joints.

    Returns:
        (T, 3) metres, camera frame, NaN where they are not known; and the (T, 3, 3) rotations from the camera frame to
        the view-ray frame that the joints are in.
    """
    rotation = view_ray_rotation(pixel_rays(mid_hip(pixels), intrinsics))
    joints = rotate(np.swapaxes(rotation, -1, -2), joints_m * scale)
    found = translations_m(joints, pixels, np.nan_to_num(visibility), intrinsics)
    found[found[:, 2] < _MIN_DISTANCE_M] = np.nan
    return found, rotation


def translations_m(joints: FloatArray, pixels: FloatArray, weights: FloatArray, intrinsics: FloatArray) -> FloatArray:
    """Solve (n, J, 3) joints onto (n, J, 2) pixels for (n, 3) translations; NaN where there are none."""
    focal = np.array([intrinsics[0, 0], intrinsics[1, 1]])
    slope = (pixels - intrinsics[:2, 2]) / focal  # (n, J, 2), x/z and y/z
    # slope * (Z + tz) = X + tx, for x and y
    rows = np.zeros((*pixels.shape, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1.0
    rows[..., 2] = -slope
    right = slope * joints[..., 2:] - joints[..., :2]
    known = np.isfinite(rows).all(axis=(1, 2, 3)) & np.isfinite(right).all(axis=(1, 2)) & (weights.sum(axis=1) > 1e-3)
    result = np.full((len(joints), 3), np.nan)
    a, b, w = rows[known], right[known], weights[known][..., None, None]
    normal = np.einsum("njci,njck->nik", a * w, a)
    against = np.einsum("njci,njc->ni", a * w, b)
    result[known] = np.linalg.solve(normal, against[..., None])[..., 0]
    return result
