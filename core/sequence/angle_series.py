"""Joint angles of a whole motion, refined and raw, for formats and figures."""

from collections.abc import Iterator

import numpy as np

from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.angles.uncertainty import angles_sd_deg
from core.pose.geometry import up_in_view_ray, upright_rotation
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.types import BoolArray, FloatArray
from core.sequence.prepared import PreparedMotion, upright


def angle_series(motion: PreparedMotion, *, is_raw: bool = False) -> FloatArray:
    """Return the (T, 24) angles of `ANGLE_NAMES`, degrees, float32; NaN in gaps and where an angle cannot be seen.

    Args:
        motion: As prepared; angles are taken after its filter. Raw ones free its refined landmarks.
        is_raw: From MediaPipe's own joints instead of the refined ones.
    """
    result = np.empty((len(motion), len(ANGLE_NAMES)), np.float32)
    for part, angles in zip(motion.blocks(), angle_blocks(motion, is_raw=is_raw), strict=True):
        result[part] = angles
    return result


def angle_blocks(motion: PreparedMotion, *, is_raw: bool = False) -> Iterator[FloatArray]:
    """Yield the (n, 24) angles of one block after the other."""
    motion = upright(motion)
    if is_raw:
        motion.forget_refined()
    for part in motion.blocks():
        yield joint_angles(motion.raw_points(part) if is_raw else motion.points(part))


def angle_sd_series(motion: PreparedMotion) -> FloatArray:
    """Return the (T, 24) standard deviations of the refined angles, degrees, float32, from what the refiner expects.

    NaN where the angle is unknown, and where the refiner says nothing.
    """
    motion = upright(motion)
    result = np.empty((len(motion), len(ANGLE_NAMES)), np.float32)
    for part in motion.blocks():
        sd_m = motion.sequence.uncertainty_m[part].astype(float) * motion.scale
        result[part] = angles_sd_deg(motion.points(part), motion.depth_axis(part), sd_m)
    return result


def angles_of_frames(
    landmarks_m: FloatArray, joints_m: FloatArray, elevation_rad: FloatArray, seen: BoolArray
) -> FloatArray:
    """Return the (n, 24) angles of `ANGLE_NAMES`, degrees, of frames as they come; NaN where one cannot be seen.

    Gravity is the median elevation's: a camera that stands still has one tilt, and noise in it would be noise of
    every trunk angle.

    Args:
        landmarks_m: (n, 33, 3) MediaPipe's world landmarks, view-ray frame.
        joints_m: (n, 17, 3) the refined joints, view-ray frame.
        elevation_rad: (n,) of the camera; NaN where unknown, and where all are the camera is taken for level.
        seen: (n, 33) which landmarks were seen, by `core.pose.seen`.
    """
    if not len(joints_m):
        return np.empty((0, len(ANGLE_NAMES)))
    known = elevation_rad[np.isfinite(elevation_rad)]
    tilt = float(np.median(known)) if len(known) else 0.0
    points = np.where(seen[..., None], attach_rigid_landmarks(landmarks_m, joints_m), np.nan)
    return joint_angles(points @ upright_rotation(up_in_view_ray(tilt), "y").T)
