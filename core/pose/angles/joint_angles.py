"""Joint angles from landmarks, with names, zeros and signs in the manner of the ISB; docs/angles.md draws them.

Axes of a segment: x forward, y up along the segment, z to the subject's right, in the anatomical position. Ball joints
are split by the ISB's order for the hip, Z-X-Y: flexion about z, then adduction about the turned x, then rotation about
the segment's own y. Left sides are mirrored, so that the same sign means the same movement on both sides.

What two hips and two shoulders cannot show is not made up: the pelvis has no tilt of its own against the trunk, so hip
flexion holds that of the spine; rotation about a limb's axis needs a bent knee or elbow and is NaN without.

Source: Wu et al. 2002 and 2005 (ISB recommendations for hip, ankle, spine; shoulder, elbow).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.geometry import normalise, subject_axes
from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_TO_COCO
from core.pose.types import FloatArray, require_shape

SIDES: Final = ("right", "left")
PAIRED_ANGLES: Final = (
    "hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion", "ankle_dorsiflexion",
    "shoulder_elevation", "shoulder_plane", "shoulder_rotation", "elbow_flexion",
)  # fmt: skip
"""Angles that exist on both sides; their names get `right_` or `left_` in front."""
MIDLINE_ANGLES: Final = (
    "trunk_flexion", "trunk_side_bend", "trunk_rotation", "neck_flexion", "neck_side_bend", "neck_rotation",
)  # fmt: skip
ANGLE_NAMES: Final = (*(f"{side}_{name}" for name in PAIRED_ANGLES for side in SIDES), *MIDLINE_ANGLES)

_SMALLEST_BEND_DEG, _LARGEST_BEND_DEG = 25.0, 155.0
"""Outside, the plane in which a knee or elbow bends is mostly noise."""
_SMALLEST_ELEVATION_DEG, _LARGEST_ELEVATION_DEG = 15.0, 165.0
"""Outside, the plane in which an arm is raised is mostly noise."""
_INDEX: Final = {name: i for i, name in enumerate(LANDMARK_NAMES)}
_UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Cardan:
    """A segment's turn against another, split in the order Z-X-Y, degrees, each (n,), about the right side's axes.

    Attributes:
        about_z: Flexion of a limb that hangs; extension of one that stands.
        about_x: The end that is up goes right.
        about_y: Forward turns to the left.
    """

    about_z: FloatArray
    about_x: FloatArray
    about_y: FloatArray


def joint_angles(points_y_up: FloatArray) -> FloatArray:
    """Return the (n, 24) angles of `ANGLE_NAMES`, degrees.

    Args:
        points_y_up: (n, 33, 3) landmarks in upright axes with y against gravity; NaN makes the angles it touches NaN.

    Raises:
        DataError: The shape is wrong.
    """
    require_shape("points_y_up", points_y_up, (None, len(LANDMARK_NAMES), 3))
    columns: dict[str, FloatArray] = {}
    for side in SIDES:
        columns |= {f"{side}_{name}": values for name, values in _limb_angles(points_y_up, side).items()}
    columns |= _trunk_angles(points_y_up) | _neck_angles(points_y_up)
    return np.stack([columns[name] for name in ANGLE_NAMES], axis=1)


def pelvis_axes(points: FloatArray) -> FloatArray:
    """Return (n, 3, 3) rotations whose rows are the pelvis's x (forward), y (up) and z (right).

    z is the line of the hips, y the trunk made perpendicular to it.
    """
    z_axis = normalise(_at(points, "right_hip") - _at(points, "left_hip"))
    x_axis = normalise(np.cross(_trunk(points), z_axis))
    return np.stack([x_axis, np.cross(z_axis, x_axis), z_axis], axis=1)


def thorax_axes(points: FloatArray) -> FloatArray:
    """Return (n, 3, 3) rotations whose rows are the thorax's axes: y is the trunk, z the shoulders across it."""
    y_axis = normalise(_trunk(points))
    x_axis = normalise(np.cross(y_axis, _at(points, "right_shoulder") - _at(points, "left_shoulder")))
    return np.stack([x_axis, y_axis, np.cross(x_axis, y_axis)], axis=1)


def cardan_of_axes(axes: FloatArray) -> Cardan:
    """Split (n, 3, 3) rotations, rows = axes of the turned segment in the other one's axes."""
    return cardan(axes[:, 1], axes[:, 2])


def cardan(up: FloatArray, right: FloatArray) -> Cardan:
    """Split the turn of a segment whose own y axis is `up` and whose own z axis is `right`, both (n, 3) unit vectors.

    `right` may be NaN: then only the turn about y is unknown.
    """
    about_z = np.arctan2(-up[:, 0], up[:, 1])
    about_x = np.arcsin(np.clip(up[:, 2], -1.0, 1.0))
    # undo the first two turns; what is left of `right` lies in the xz plane
    c, s = np.cos(about_z), np.sin(about_z)
    x, y, z = c * right[:, 0] + s * right[:, 1], -s * right[:, 0] + c * right[:, 1], right[:, 2]
    z = -np.sin(about_x) * y + np.cos(about_x) * z
    return Cardan(np.rad2deg(about_z), np.rad2deg(about_x), np.rad2deg(np.arctan2(x, z)))


def hip_cardan(points: FloatArray, side: str) -> Cardan:
    """Return the thigh's turn against the pelvis; `about_y` is NaN where the knee is too straight to show it."""
    axes = pelvis_axes(points)
    thigh = _seen_from(axes, normalise(_at(points, f"{side}_knee") - _at(points, f"{side}_hip")))
    shin = _seen_from(axes, normalise(_at(points, f"{side}_ankle") - _at(points, f"{side}_knee")))
    return cardan(-thigh, _hinge(shin, thigh))


def shoulder_cardan(points: FloatArray, side: str) -> Cardan:
    """Return the upper arm's turn against the thorax; `about_y` is NaN where the elbow is too straight to show it."""
    axes = thorax_axes(points)
    upper, fore = _arm(points, side)
    upper, fore = _seen_from(axes, upper), _seen_from(axes, fore)
    return cardan(-upper, _hinge(upper, fore))


def angle_between_deg(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the (n,) angle between (n, 3) vectors, degrees in [0, 180]; accurate also for tiny angles."""
    cross = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.rad2deg(np.arctan2(cross, np.sum(a * b, axis=-1))))


def _limb_angles(points: FloatArray, side: str) -> dict[str, FloatArray]:
    outward = 1.0 if side == "right" else -1.0
    hip = hip_cardan(points, side)
    thigh = _at(points, f"{side}_knee") - _at(points, f"{side}_hip")
    shin = _at(points, f"{side}_ankle") - _at(points, f"{side}_knee")
    foot = _at(points, f"{side}_foot_index") - _at(points, f"{side}_heel")
    upper, fore = _arm(points, side)
    return {
        "hip_flexion": hip.about_z,
        "hip_abduction": -outward * hip.about_x,
        "hip_rotation": outward * hip.about_y,
        "knee_flexion": angle_between_deg(thigh, shin),
        "ankle_dorsiflexion": 90.0 - angle_between_deg(-shin, foot),
        "elbow_flexion": angle_between_deg(upper, fore),
        **_shoulder_angles(points, side, outward),
    }


def _shoulder_angles(points: FloatArray, side: str, outward: float) -> dict[str, FloatArray]:
    axes = thorax_axes(points)
    upper, fore = (_seen_from(axes, arm) for arm in _arm(points, side))
    down = np.broadcast_to(-_UP, upper.shape)
    elevation = angle_between_deg(down, upper)
    plane = np.rad2deg(np.arctan2(upper[:, 0], outward * upper[:, 2]))
    is_raised = (elevation > _SMALLEST_ELEVATION_DEG) & (elevation < _LARGEST_ELEVATION_DEG)
    # the shortest turn from the hanging arm to the real one leaves a turn about the arm itself
    right = _turned_back(_hinge(upper, fore), down, upper)
    rotation = np.rad2deg(np.arctan2(right[:, 0], right[:, 2]))
    return {
        "shoulder_elevation": elevation,
        "shoulder_plane": np.where(is_raised, plane, np.nan),
        "shoulder_rotation": np.where(elevation < _LARGEST_ELEVATION_DEG, outward * rotation, np.nan),
    }


def _trunk_angles(points: FloatArray) -> dict[str, FloatArray]:
    left, up, facing = np.moveaxis(subject_axes(points[:, LANDMARK_TO_COCO], _UP), 1, 0)
    trunk = normalise(_trunk(points))
    forward, upward = np.sum(trunk * facing, axis=1), np.sum(trunk * up, axis=1)
    rightward = -np.sum(trunk * left, axis=1)
    hips = _across(trunk, _at(points, "right_hip") - _at(points, "left_hip"))
    shoulders = _across(trunk, _at(points, "right_shoulder") - _at(points, "left_shoulder"))
    turn = np.arctan2(np.sum(trunk * np.cross(hips, shoulders), axis=1), np.sum(hips * shoulders, axis=1))
    return {
        "trunk_flexion": np.rad2deg(np.arctan2(forward, upward)),
        "trunk_side_bend": np.rad2deg(np.arcsin(np.clip(rightward, -1.0, 1.0))),
        "trunk_rotation": np.rad2deg(turn),
    }


def _neck_angles(points: FloatArray) -> dict[str, FloatArray]:
    axes = thorax_axes(points)
    ears = (_at(points, "left_ear") + _at(points, "right_ear")) / 2
    shoulders = (_at(points, "left_shoulder") + _at(points, "right_shoulder")) / 2
    neck = _seen_from(axes, normalise(ears - shoulders))
    gaze = _seen_from(axes, _at(points, "nose") - ears)
    return {
        "neck_flexion": np.rad2deg(np.arctan2(neck[:, 0], neck[:, 1])),
        "neck_side_bend": np.rad2deg(np.arcsin(np.clip(neck[:, 2], -1.0, 1.0))),
        "neck_rotation": np.rad2deg(np.arctan2(-gaze[:, 2], gaze[:, 0])),
    }


def _at(points: FloatArray, name: str) -> FloatArray:
    return points[:, _INDEX[name]]


def _trunk(points: FloatArray) -> FloatArray:
    """Return (n, 3) from the middle of the hips to the middle of the shoulders."""
    shoulders = _at(points, "left_shoulder") + _at(points, "right_shoulder")
    return np.asarray((shoulders - _at(points, "left_hip") - _at(points, "right_hip")) / 2)


def _arm(points: FloatArray, side: str) -> tuple[FloatArray, FloatArray]:
    elbow = _at(points, f"{side}_elbow")
    return normalise(elbow - _at(points, f"{side}_shoulder")), normalise(_at(points, f"{side}_wrist") - elbow)


def _seen_from(axes: FloatArray, vectors: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nij,nj->ni", axes, vectors))


def _across(axis: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the unit part of (n, 3) vectors that is perpendicular to unit axes."""
    return normalise(vectors - np.sum(vectors * axis, axis=1, keepdims=True) * axis)


def _hinge(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the unit axis across two unit vectors; NaN where they are too much in line to have one."""
    bend = angle_between_deg(first, second)
    is_bent = (bend > _SMALLEST_BEND_DEG) & (bend < _LARGEST_BEND_DEG)
    return np.where(is_bent[:, None], normalise(np.cross(first, second)), np.nan)


def _turned_back(vectors: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Turn (n, 3) vectors by the shortest rotation from unit `end` to unit `start`."""
    axis = np.cross(end, start)
    cosine = np.sum(start * end, axis=1, keepdims=True)
    once = np.cross(axis, vectors)
    return np.asarray(vectors + once + np.cross(axis, once) / np.maximum(1.0 + cosine, 1e-9))
