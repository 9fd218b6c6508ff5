"""Which way is up in a calibration's world, when its file does not say, and whether its unit is what it claims."""

from typing import Final

import numpy as np

from core.errors import DataError
from core.pose.geometry import mid_hip, mid_shoulder, normalise
from core.pose.skeleton import LEFT_ANKLE, LEFT_EAR, LEFT_SHOULDER, RIGHT_ANKLE, RIGHT_EAR, RIGHT_SHOULDER
from core.pose.types import FloatArray
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.files import UP_AXES

_NEAR_AXIS_DEG: Final = 30.0
_DOUBTFUL_DEG: Final = 60.0
_BOWED_DEG: Final = 45.0  # how far a head is before its shoulders
_LEVEL: Final = 0.1  # cameras on stands are rolled by 6 degrees or less
_APART: Final = 0.3  # cameras that all look the same way have one x axis, and nothing is square to it alone
_TORSO_M: Final = (0.25, 0.80)
_SHOULDERS_M: Final = (0.20, 0.60)


def resolve_up(cameras: list[CalibratedCamera], joints_world_m: FloatArray) -> tuple[list[CalibratedCamera], str]:
    """Return the cameras with up known, and a sentence about it ("" when the calibration says so and people agree).

    Unknown up becomes the world axis nearest to the way from the people's ankles (hips, where there are none) to their
    shoulders; that direction itself, if no axis is within 30 degrees. Of people at a desk only the way from shoulders
    to ears is seen, and the world is a calibration board in somebody's hand: there cameras tell, if none is rolled.
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
    level = _up_of_level_cameras(cameras, upward)
    if level is not None and not np.isfinite(mid_hip(joints_world_m)).any():
        note = "up is taken to be square to the lower edges of all pictures; give --up if cameras are rolled"
        return [camera.with_up(level) for camera in cameras], note
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


def _up_of_level_cameras(cameras: list[CalibratedCamera], upward: FloatArray) -> FloatArray | None:
    """Return the (3,) direction square to the x axes of all cameras, None if there is none or it is not upwards."""
    _, spread, directions = np.linalg.svd(np.stack([camera.rotation[0] for camera in cameras]))
    if spread[2] > _LEVEL * spread[1] or spread[1] < _APART:
        return None
    up = directions[2] * np.sign(directions[2] @ upward)
    return up if _angle_deg(up, upward) <= _BOWED_DEG else None


def check_unit(joints_world_m: FloatArray) -> None:
    """Refuse people who are no metre creatures.

    Raises:
        DataError: The median torso is not between 25 and 80 cm, or where no hips are seen, the shoulders not 20 to 60.
    """
    torso = np.linalg.norm(mid_shoulder(joints_world_m) - mid_hip(joints_world_m), axis=-1)
    width = np.linalg.norm(joints_world_m[:, LEFT_SHOULDER] - joints_world_m[:, RIGHT_SHOULDER], axis=-1)
    name, lengths, (low, high) = ("torso", torso, _TORSO_M) if np.isfinite(torso).any() else (
        "shoulders", width, _SHOULDERS_M
    )  # fmt: skip
    lengths = lengths[np.isfinite(lengths)]
    if len(lengths) and not low <= np.median(lengths) <= high:
        long = "long" if name == "torso" else "wide"
        raise DataError(
            f"The {name} would be {np.median(lengths):.3g} m {long}: the calibration (or truth) is in another unit; "
            "give --unit m, cm or mm."
        )


def _body_direction(joints: FloatArray) -> FloatArray:
    shoulders = mid_shoulder(joints)
    ankles = (joints[:, LEFT_ANKLE] + joints[:, RIGHT_ANKLE]) / 2
    ears = (joints[:, LEFT_EAR] + joints[:, RIGHT_EAR]) / 2
    for low, high in ((ankles, shoulders), (mid_hip(joints), shoulders), (shoulders, ears)):
        directions = normalise(high - low)
        directions = directions[np.isfinite(directions).all(axis=-1)]
        if len(directions):
            return normalise(directions.mean(axis=0))
    return np.full(3, np.nan)


def _angle_deg(a: FloatArray, b: FloatArray) -> float:
    return float(np.rad2deg(np.arccos(np.clip(a @ b, -1, 1))))
