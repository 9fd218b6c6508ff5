"""Measures over time: joint angles, and places of hips, wrists and feet, each with its unit."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.angles.joint_angles import ANGLE_NAMES, PAIRED_ANGLES, SIDES, joint_angles
from core.pose.geometry import subject_axes, up_in_view_ray, upright_rotation
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_TO_COCO
from core.pose.types import BoolArray, FloatArray
from core.sequence.prepared import PreparedMotion, upright

DEGREES: Final = "°"
METRES: Final = "m"
POSITIONS: Final = ("hip_height", "step_length", "right_wrist_height", "left_wrist_height")
"""Metres: hips over the lower ankle; right ankle in front of the left one; wrists over the hips."""
MEASURES: Final = (*ANGLE_NAMES, *POSITIONS)
VIEWPOINT: Final = ("azimuth", "elevation")
"""Where the camera stands; degrees, and no measure of the person."""
KINDS: Final = (*PAIRED_ANGLES, *(name for name in ANGLE_NAMES if not name.startswith(SIDES)), *POSITIONS)
"""Measures without their side: what a table of left against right has a row for."""

_INDEX: Final = {name: i for i, name in enumerate(LANDMARK_NAMES)}
_UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Series:
    """Measures of T frames.

    Attributes:
        time_s: (T,) increasing.
        values: Name of MEASURES → (T,) in the measure's unit; NaN where it was not seen.
    """

    time_s: FloatArray
    values: dict[str, FloatArray]

    def between(self, start_s: float, end_s: float) -> "Series":
        """Return the frames between two times, both included."""
        kept = (self.time_s >= start_s) & (self.time_s <= end_s)
        return Series(self.time_s[kept], {name: values[kept] for name, values in self.values.items()})


def unit(name: str) -> str:
    """Return the unit of one of MEASURES or VIEWPOINT."""
    return METRES if name in POSITIONS else DEGREES


def title(name: str) -> str:
    """Return a measure's name as people write it: "Right knee flexion"."""
    return name.replace("_", " ").capitalize()


def measures_of_points(points_y_up: FloatArray) -> FloatArray:
    """Return the (n, 28) values of MEASURES, degrees and metres.

    Args:
        points_y_up: (n, 33, 3) landmarks in upright axes with y against gravity; NaN makes what it touches NaN.
    """

    def at(name: str) -> FloatArray:
        return points_y_up[:, _INDEX[name]]

    hips = (at("left_hip") + at("right_hip")) / 2
    ankles = np.stack([at("left_ankle"), at("right_ankle")])
    facing = subject_axes(points_y_up[:, LANDMARK_TO_COCO], _UP)[:, 2]
    positions = [
        hips[:, 1] - ankles[..., 1].min(axis=0),
        np.sum((ankles[1] - ankles[0]) * facing, axis=1),
        at("right_wrist")[:, 1] - hips[:, 1],
        at("left_wrist")[:, 1] - hips[:, 1],
    ]
    return np.column_stack([joint_angles(points_y_up), *positions])


def measures_of_motion(motion: PreparedMotion) -> Series:
    """Return the measures of a prepared motion, after its filter."""
    motion = upright(motion)
    parts = [measures_of_points(motion.points(part)) for part in motion.blocks()]
    table = np.concatenate(parts) if parts else np.empty((0, len(MEASURES)))
    return Series(motion.time_s, {name: table[:, i] for i, name in enumerate(MEASURES)})


def measures_of_frames(
    time_s: FloatArray, landmarks_m: FloatArray, joints_m: FloatArray, elevation_rad: FloatArray, seen: BoolArray
) -> Series:
    """Return the measures of frames as they are shown; arguments as of `core.sequence.angle_series.angles_of_frames`.

    Args:
        time_s: (n,) increasing.
        landmarks_m: (n, 33, 3) MediaPipe's world landmarks, view-ray frame.
        joints_m: (n, 17, 3) the refined joints, view-ray frame.
        elevation_rad: (n,) of the camera; its median is gravity.
        seen: (n, 33) which landmarks were seen, by `core.pose.seen`.
    """
    known = elevation_rad[np.isfinite(elevation_rad)]
    tilt = float(np.median(known)) if len(known) else 0.0
    points = np.where(seen[..., None], attach_rigid_landmarks(landmarks_m, joints_m), np.nan)
    table = measures_of_points(points @ upright_rotation(up_in_view_ray(tilt), "y").T)
    return Series(time_s, {name: table[:, i] for i, name in enumerate(MEASURES)})
