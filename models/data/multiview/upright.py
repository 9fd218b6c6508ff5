"""Which way is up in a calibration's world, when its file does not say, and whether its unit is what it claims."""

from typing import Final

import numpy as np

from core.errors import DataError
from core.geometry import mid_hip, normalise
from core.skeleton import LEFT_ANKLE, LEFT_SHOULDER, RIGHT_ANKLE, RIGHT_SHOULDER
from core.types import FloatArray
from models.data.multiview.calibration import UP_AXES
from models.data.multiview.camera import Camera

_NEAR_AXIS_DEG: Final = 30.0
_DOUBTFUL_DEG: Final = 60.0
_TORSO_M: Final = (0.25, 0.80)


def resolve_up(cameras: list[Camera], joints_world_m: FloatArray) -> tuple[list[Camera], str]:
    """Return the cameras with up known, and a sentence about it ("" when the calibration says so and people agree).

    Unknown up becomes the world axis nearest to the way from the people's ankles (hips, where there are none) to their
    shoulders; that direction itself, if no axis is within 30 degrees.
    """
    upward = _body_direction(joints_world_m)
    known = cameras[0].up_world
    if np.isfinite(known).all():
        angle = _angle_deg(upward, known)
        if not angle > _DOUBTFUL_DEG:
            return cameras, ""
        return (
            cameras,
            f"People lean {angle:.0f} degrees from what is up in the calibration; give --up if that is wrong.",
        )
    if not np.isfinite(upward).all():
        raise DataError("Nothing tells which way is up; give --up x, -x, y, -y, z or -z.")
    name, axis = min(UP_AXES.items(), key=lambda item: _angle_deg(upward, item[1]))
    angle = _angle_deg(upward, axis)
    if angle <= _NEAR_AXIS_DEG:
        chosen, note = axis, f"up is taken to be {name}: people stand {angle:.0f} degrees from it"
    else:
        chosen, note = (
            upward,
            "up is taken to be where people's shoulders are from their feet; give --up if you know it",
        )
    return [camera.with_up(chosen) for camera in cameras], note


def check_unit(joints_world_m: FloatArray) -> None:
    """Refuse people who are no metre creatures.

    Raises:
        DataError: The median torso is not between 25 and 80 cm.
    """
    shoulders = (joints_world_m[:, LEFT_SHOULDER] + joints_world_m[:, RIGHT_SHOULDER]) / 2
    lengths = np.linalg.norm(shoulders - mid_hip(joints_world_m), axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    if len(lengths) and not _TORSO_M[0] <= np.median(lengths) <= _TORSO_M[1]:
        raise DataError(
            f"The torso would be {np.median(lengths):.3g} m long: the calibration (or truth) is in another unit; give "
            "--unit m, cm or mm."
        )


def _body_direction(joints: FloatArray) -> FloatArray:
    shoulders = (joints[:, LEFT_SHOULDER] + joints[:, RIGHT_SHOULDER]) / 2
    ankles = (joints[:, LEFT_ANKLE] + joints[:, RIGHT_ANKLE]) / 2
    for low in (ankles, mid_hip(joints)):
        directions = normalise(shoulders - low)
        directions = directions[np.isfinite(directions).all(axis=-1)]
        if len(directions):
            return normalise(directions.mean(axis=0))
    return np.full(3, np.nan)


def _angle_deg(a: FloatArray, b: FloatArray) -> float:
    return float(np.rad2deg(np.arccos(np.clip(a @ b, -1, 1))))
