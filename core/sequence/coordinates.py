"""From the view-ray frame to the axes that other programs expect: the camera's, or upright ones.

*Upright* axes are right-handed and fixed to the camera's place, not to the person. y-up: x to the right of the picture,
y against gravity, z towards the camera. z-up: x to the right of the picture, y away from the camera, z against gravity.
Gravity follows from the predicted elevation; the camera's roll, which a viewpoint does not hold, from the body's own
axis in the frames in which the body is stretched.
"""

from typing import Final

import numpy as np

from core.pose.geometry import normalise, pixel_rays, rotate, view_ray_rotation
from core.pose.skeleton import (
    LANDMARK_TO_COCO,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from core.pose.types import FloatArray
from core.sequence.pose_sequence import PoseSequence

COORDINATES: Final = ("view-ray", "camera", "upright")
UP_AXES: Final = ("y", "z")

_STRAIGHT_DEG: Final = 30.0
_MAX_ROLL_DEG: Final = 30.0
_MIN_FRAMES: Final = 5
_MAX_FRAMES: Final = 5000
_MAX_ALONG_VIEW: Final = 0.8
"""An axis that points at the camera says nothing about roll."""


def ray_directions(sequence: PoseSequence, intrinsics: FloatArray) -> FloatArray:
    """Return the (T, 3) unit rays towards the middle of the hips, camera frame; nobody's rays are interpolated.

    Args:
        sequence: T frames.
        intrinsics: (3, 3) of the camera, pixels.

    Returns:
        Never NaN: between two known rays the line between them, before the first and after the last that one, straight
        ahead when nobody is ever seen.
    """
    hips = sequence.landmarks_px[:, LANDMARK_TO_COCO[[LEFT_HIP, RIGHT_HIP]]].astype(float).mean(axis=1)
    rays = pixel_rays(hips, intrinsics)
    return normalise(interpolated(sequence.time_s, rays, empty=np.array([0.0, 0.0, 1.0])))


def interpolated(time_s: FloatArray, values: FloatArray, empty: FloatArray) -> FloatArray:
    """Return (T, C) values with NaN rows filled linearly, held at the ends; `empty` (C,) when all are NaN."""
    known = np.isfinite(values).all(axis=1)
    if known.all():
        return values
    if not known.any():
        return np.tile(empty, (len(values), 1))
    columns = [np.interp(time_s, time_s[known], column[known]) for column in values.T]
    return np.stack(columns, axis=1)


def up_direction(sequence: PoseSequence, rays: FloatArray, *, roll_deg: float | None = None) -> FloatArray:
    """Return the (3,) unit vector against gravity, camera frame, of a camera that does not move.

    Args:
        sequence: T frames; their predicted directions give the tilt.
        rays: (T, 3) towards the hips, camera frame.
        roll_deg: The camera's roll, positive when the picture's top leans to the right of true up; None estimates it.

    Returns:
        The median over the frames; a level camera's (0, -1, 0) when no viewpoint is known.
    """
    _, elevation_deg = sequence.angles_deg
    known = np.flatnonzero(np.isfinite(elevation_deg) & np.isfinite(rays).all(axis=1))
    if not len(known):
        return np.array([0.0, -1.0, 0.0])
    known = known[:: -(-len(known) // _MAX_FRAMES)]  # medians need no more, and memory is bounded
    to_camera = np.swapaxes(view_ray_rotation(rays[known]), -1, -2)
    roll = np.deg2rad(roll_deg) if roll_deg is not None else _body_roll_rad(sequence.joints_m[known], to_camera)
    # up = (sin roll cos p, -cos roll cos p, -sin p) for a pitch p; its product with -ray is the sine of the elevation:
    # a cos p + b sin p = sin e
    a = np.cos(roll) * rays[known, 1] - np.sin(roll) * rays[known, 0]
    b = rays[known, 2]
    share = np.clip(np.sin(np.deg2rad(elevation_deg[known])) / np.hypot(a, b), -1.0, 1.0)
    pitch = np.median(np.arctan2(b, a) - np.arccos(share))
    return np.array([np.sin(roll) * np.cos(pitch), -np.cos(roll) * np.cos(pitch), -np.sin(pitch)])


def _body_roll_rad(joints_ray: FloatArray, to_camera: FloatArray) -> float:
    """Return how far the stretched body leans to the right in the picture, the median over frames, radians.

    Someone who stands, walks or dances is upright on average, whatever single frames do; what is left is the camera's
    roll. 0 when fewer than `_MIN_FRAMES` frames show a stretched body near the vertical.
    """
    joints = rotate(to_camera, joints_ray.astype(float))
    shoulders = (joints[:, LEFT_SHOULDER] + joints[:, RIGHT_SHOULDER]) / 2
    hips = (joints[:, LEFT_HIP] + joints[:, RIGHT_HIP]) / 2
    ankles = (joints[:, LEFT_ANKLE] + joints[:, RIGHT_ANKLE]) / 2
    trunk, legs, body = normalise(shoulders - hips), normalise(hips - ankles), normalise(shoulders - ankles)
    roll = np.arctan2(body[:, 0], -body[:, 1])
    is_straight = np.sum(trunk * legs, axis=1) > np.cos(np.deg2rad(_STRAIGHT_DEG))
    is_near = np.abs(roll) < np.deg2rad(_MAX_ROLL_DEG)
    is_across = np.abs(body[:, 2]) < _MAX_ALONG_VIEW
    used = is_straight & is_near & is_across
    return float(np.median(roll[used])) if used.sum() >= _MIN_FRAMES else 0.0
