"""Which way is up in a pair file: files tell the viewpoint, and the roll of the camera follows from the joints.

A viewpoint says where the view ray runs in the subject frame, so the subject's axes are known up to a turn about the
ray, which is the camera's roll. Facing is perpendicular to the shoulders and hips, and that fixes the turn: of two
solutions at each frame, the one that suits the whole stream is taken, since a camera rolls little while it films.
"""

from typing import Final

import numpy as np

from core.pose.geometry import normalise, up_in_view_ray
from core.pose.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from core.pose.types import FloatArray

_LARGEST_ROLL_DEG: Final = 45
_OUTLIER_RAD: Final = np.deg2rad(20)
_UNSEEN: Final = 0.15  # shoulders and hips across the facing that hardly leave the ray's plane: no roll can be told


def up_of_stream(joints_m: FloatArray, azimuth_deg: FloatArray, elevation_deg: FloatArray) -> FloatArray:
    """Return the (N, 3) direction against gravity in the view-ray frame.

    Args:
        joints_m: (N, 17, 3) true joints of one stream, view-ray frame; shoulders and hips finite.
        azimuth_deg: (N,) true, finite.
        elevation_deg: (N,) true, finite.
    """
    azimuth, elevation = np.deg2rad(azimuth_deg), np.deg2rad(elevation_deg)
    level_up = up_in_view_ray(elevation)
    towards_camera = np.stack([0 * elevation, np.sin(elevation), -np.cos(elevation)], axis=-1)  # horizontal
    facing = np.cos(azimuth)[:, None] * towards_camera + np.sin(azimuth)[:, None] * np.cross(level_up, towards_camera)
    side = normalise(joints_m[:, LEFT_SHOULDER] - joints_m[:, RIGHT_SHOULDER]) + normalise(
        joints_m[:, LEFT_HIP] - joints_m[:, RIGHT_HIP]
    )
    # side . (facing turned by the roll about z) = 0 is a cos(roll) + b sin(roll) = c
    a = side[:, 0] * facing[:, 0] + side[:, 1] * facing[:, 1]
    b = side[:, 1] * facing[:, 0] - side[:, 0] * facing[:, 1]
    c = -side[:, 2] * facing[:, 2]
    size = np.hypot(a, b)
    spread = np.arccos(np.clip(c / np.maximum(size, 1e-9), -1, 1))
    solutions = _wrapped(np.stack([np.arctan2(b, a) + spread, np.arctan2(b, a) - spread]))  # (2, N)
    is_seen = size > _UNSEEN
    usual = _usual_roll(solutions[:, is_seen])
    nearest = np.abs(_wrapped(solutions - usual)).argmin(axis=0)
    roll = np.where(is_seen, solutions[nearest, np.arange(len(nearest))], usual)
    cosine, sine = np.cos(roll), np.sin(roll)
    x, y, z = level_up.T
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=-1)


def _usual_roll(solutions: FloatArray) -> float:
    """Return the roll that most frames have among their two solutions, radians; 0 without frames."""
    if solutions.shape[1] == 0:
        return 0.0
    grid = np.deg2rad(np.arange(-_LARGEST_ROLL_DEG, _LARGEST_ROLL_DEG + 1))
    distance = np.abs(_wrapped(solutions[:, None] - grid[:, None])).min(axis=0)  # (grid, N)
    cost = np.minimum(distance, _OUTLIER_RAD).mean(axis=1)
    return float(grid[(cost + 1e-6 * np.abs(grid)).argmin()])


def _wrapped(angles_rad: FloatArray) -> FloatArray:
    result: FloatArray = (angles_rad + np.pi) % (2 * np.pi) - np.pi
    return result
