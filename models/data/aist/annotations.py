"""The joints and cameras of a sequence, in metres, and the joints at any moment of time."""

from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError
from core.pose.geometry import mid_hip, normalise
from core.pose.skeleton import LEFT_SHOULDER, N_JOINTS, RIGHT_SHOULDER
from core.pose.types import FloatArray
from models.data.aist.unpickle import load_arrays
from models.data.calibration.aist import read_aist
from models.data.calibration.camera import CalibratedCamera

RATE_HZ: Final = 60.0
"""Frames per second of the annotations, exactly, whatever the videos have."""

JOINT_SETS: Final = {"optim": "keypoints3d_optim", "plain": "keypoints3d"}
"""Choice → key in the pickle: smoothed with constant bones, or triangulated frame by frame."""

_CM: Final = 0.01
_PLAUSIBLE_TORSO_M: Final = (0.3, 0.8)
_SAME_MOMENT: Final = 0.02  # of a frame: clocks of containers round
_LEAST_UPRIGHT: Final = 0.8


def load_joints(path: Path, joint_set: str = "optim") -> FloatArray:
    """Return the (N, 17, 3) COCO joints of a sequence: metres, room of the cameras, 60 a second; NaN = unknown.

    Args:
        path: `keypoints3d/SEQ.pkl`.
        joint_set: A key of `JOINT_SETS`.

    Raises:
        DataError: Not readable, not (N, 17, 3) numbers, or not in centimetres.
    """
    arrays, key = load_arrays(path), JOINT_SETS[joint_set]
    joints = arrays.get(key)
    if not isinstance(joints, np.ndarray) or joints.shape[1:] != (N_JOINTS, 3) or joints.dtype.kind not in "fiu":
        raise DataError(f"{path} has no '{key}' of shape (N, 17, 3); fetch the annotations again.")
    joints_m = joints.astype(float) * _CM
    joints_m[~np.isfinite(joints_m).all(axis=-1)] = np.nan
    torso = np.linalg.norm((joints_m[:, LEFT_SHOULDER] + joints_m[:, RIGHT_SHOULDER]) / 2 - mid_hip(joints_m), axis=-1)
    if not np.isfinite(torso).any():
        raise DataError(f"{path}: no frame of '{key}' has hips and shoulders.")
    low, high = _PLAUSIBLE_TORSO_M
    if not low <= (length := float(np.nanmedian(torso))) <= high:
        raise DataError(f"{path}: the torso is {length / _CM:.3g} units long, so '{key}' is not in centimetres.")
    return joints_m


def load_camera(path: Path, view: str) -> CalibratedCamera:
    """Return one camera of a setting, metres, with the direction against gravity.

    Raises:
        DataError: The setting is missing or damaged, or has no such camera.
    """
    cameras = read_aist(path)
    camera = next((camera for camera in cameras if camera.name == view), None)
    if camera is None:
        raise DataError(f"{path} has no camera {view}; fetch the annotations again.")
    return camera.with_up(_up_of(path, cameras))


def joints_at(joints_m: FloatArray, positions: FloatArray) -> FloatArray:
    """Return the (T, 17, 3) joints at (T,) positions in frames of the annotation, linear in between.

    NaN outside of the annotation, and where a joint that is needed is NaN. A position within 0.02 of a frame takes
    that frame as it is.
    """
    nearest = np.round(positions)
    exact = np.abs(positions - nearest) <= _SAME_MOMENT
    low = np.where(exact, nearest, np.floor(positions)).astype(int)
    share = np.where(exact, 0.0, positions - np.floor(positions))
    high = np.where(exact, low, low + 1)
    inside = (low >= 0) & (high < len(joints_m))
    result = np.full((len(positions), *joints_m.shape[1:]), np.nan)
    weight = share[inside, None, None]
    result[inside] = joints_m[low[inside]] * (1 - weight) + joints_m[high[inside]] * weight
    return result


def _up_of(path: Path, cameras: list[CalibratedCamera]) -> FloatArray:
    """Return the axis of the room that points up: the one that the cameras, standing on the floor, agree on."""
    mean = normalise(np.mean([-camera.rotation[1] for camera in cameras], axis=0))
    axis = int(np.argmax(np.abs(mean)))
    if abs(mean[axis]) < _LEAST_UPRIGHT:
        raise DataError(f"{path}: the cameras do not stand upright along an axis of the room; fetch it again.")
    up = np.zeros(3)
    up[axis] = np.sign(mean[axis])
    return up
