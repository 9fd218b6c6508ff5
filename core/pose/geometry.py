"""Frames of reference and the ways between them.

Camera frame: OpenCV axes (x right, y down, z forward), metres. View-ray frame: the camera frame turned without
roll so that +z runs through the pelvis, origin at mid-hip. Subject frame: origin mid-hip, x to the subject's left,
y against gravity, z facing. A viewpoint is the camera's place seen from the subject frame.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from core.pose.types import FloatArray, Viewpoint

ASSUMED_FOV_DEG: Final = 60.0
"""Across the longer side of the picture of a camera that nobody has measured."""
FOV_RANGE_DEG: Final = (1.0, 179.0)
"""Fields of view that a pinhole camera can have, with room to compute."""
HEIGHT_RANGE_M: Final = (0.3, 3.0)
"""How tall a person may be said to be."""
_TINY = 1e-9
_Z_UP_OF_Y_UP: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@np.errstate(over="ignore", invalid="ignore")
def normalise(vectors: npt.ArrayLike) -> FloatArray:
    """Scale (..., 3) vectors to unit length; zero and infinite vectors become NaN or, beyond 1e154, zero."""
    v = np.asarray(vectors, dtype=float)
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    result: FloatArray = np.divide(v, length, out=np.full_like(v, np.nan), where=length > _TINY)
    return result


def mid_hip(joints: FloatArray) -> FloatArray:
    """Return the root: the middle of the hips of (..., 17, C) joints, (..., C); NaN if either hip is."""
    result: FloatArray = (joints[..., LEFT_HIP, :] + joints[..., RIGHT_HIP, :]) / 2
    return result


def mid_shoulder(joints: FloatArray) -> FloatArray:
    """Return the middle of the shoulders of (..., 17, C) joints, (..., C); NaN if either shoulder is."""
    result: FloatArray = (joints[..., LEFT_SHOULDER, :] + joints[..., RIGHT_SHOULDER, :]) / 2
    return result


def on_known_root(truth: FloatArray, joints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return true and other joints with one root at their origin, so that they can be compared.

    The root is the mid-hip; where the truth does not know the hips (people at a desk), the middle of the shoulders.
    Where it knows neither, the truth keeps the origin that it was stored with.

    Args:
        truth: (..., 17, 3); NaN = unknown.
        joints: (..., 17, 3) without NaN where they can be compared.
    """
    hips, shoulders = mid_hip(truth), mid_shoulder(truth)
    is_seated = np.isnan(hips).any(axis=-1, keepdims=True) & np.isfinite(shoulders).all(axis=-1, keepdims=True)
    true_root = np.where(is_seated, shoulders, np.where(np.isfinite(hips), hips, 0.0))
    root = np.where(is_seated, mid_shoulder(joints), mid_hip(joints))
    return truth - true_root[..., None, :], joints - root[..., None, :]


def intrinsics_from_fov(image_size: tuple[int, int], horizontal_fov_deg: float | None = None) -> FloatArray:
    """Return the (3, 3) pinhole matrix of a camera with square pixels and a centred principal point.

    Args:
        image_size: (width, height), pixels.
        horizontal_fov_deg: Field of view across the image width. None assumes `ASSUMED_FOV_DEG` across the longer
            side, so that a phone held upright has the same lens as one that lies on its side; say so when it is used.

    Raises:
        DataError: The angle is not in `FOV_RANGE_DEG`.
    """
    low, high = FOV_RANGE_DEG
    if horizontal_fov_deg is not None and not low <= horizontal_fov_deg <= high:
        raise DataError(f"A field of view of {horizontal_fov_deg} degrees is impossible; give {low:g} to {high:g}.")
    width, height = image_size
    across, fov_deg = (max(image_size), ASSUMED_FOV_DEG) if horizontal_fov_deg is None else (width, horizontal_fov_deg)
    focal = across / 2 / np.tan(np.deg2rad(fov_deg) / 2)
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])


def pixel_rays(points_px: FloatArray, intrinsics: FloatArray) -> FloatArray:
    """Return the (..., 3) unit rays, camera frame, through (..., 2) undistorted pixels."""
    p = np.asarray(points_px, dtype=float)
    homogeneous = np.concatenate([p, np.ones((*p.shape[:-1], 1))], axis=-1)
    return normalise(homogeneous @ np.linalg.inv(intrinsics).T)


def project(points_cam_m: FloatArray, intrinsics: FloatArray) -> FloatArray:
    """Project (..., 3) camera-frame points to (..., 2) pixels; NaN at or behind the camera plane."""
    p = np.asarray(points_cam_m, dtype=float)
    homogeneous = p @ np.asarray(intrinsics, dtype=float).T
    depth = homogeneous[..., 2:]
    result: FloatArray = np.divide(
        homogeneous[..., :2], depth, out=np.full_like(homogeneous[..., :2], np.nan), where=depth > _TINY
    )
    return result


def view_ray_rotation(direction_cam: npt.ArrayLike) -> FloatArray:
    """Return the (..., 3, 3) rotation camera frame → view-ray frame for a ray towards the pelvis.

    The rows are the view-ray axes in camera axes. There is no roll: the x axis stays in the camera's xz plane, so
    the turn is a pan followed by a tilt. NaN for a zero ray or one along the camera's y axis.
    """
    z_axis = normalise(direction_cam)
    x_axis = normalise(np.cross(np.broadcast_to([0.0, 1.0, 0.0], z_axis.shape), z_axis))
    return np.stack([x_axis, np.cross(z_axis, x_axis), z_axis], axis=-2)


def rotate(rotation: FloatArray, points: FloatArray) -> FloatArray:
    """Apply (..., 3, 3) rotations to (..., J, 3) points."""
    result: FloatArray = points @ np.swapaxes(rotation, -1, -2)
    return result


@np.errstate(invalid="ignore")
def camera_to_view_ray(joints_cam_m: FloatArray, root_cam_m: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Turn joints from the camera frame into the view-ray frame.

    Args:
        joints_cam_m: (..., 17, 3) metres, camera frame; NaN joints stay NaN, a NaN root makes the pose NaN.
        root_cam_m: (..., 3) what becomes the origin, and the end of the ray; None: the mid-hip.

    Returns:
        (..., 17, 3) joints about the root in the view-ray frame, and the (..., 3) root in the camera frame that
        `view_ray_to_camera` needs to undo this exactly.
    """
    root = mid_hip(joints_cam_m) if root_cam_m is None else root_cam_m
    return rotate(view_ray_rotation(root), joints_cam_m - root[..., None, :]), root


def view_ray_to_camera(joints_ray_m: FloatArray, root_cam_m: FloatArray) -> FloatArray:
    """Undo `camera_to_view_ray`: (..., J, 3) view-ray joints and a (..., 3) pelvis → camera frame."""
    rotation = view_ray_rotation(root_cam_m)
    return rotate(np.swapaxes(rotation, -1, -2), joints_ray_m) + np.asarray(root_cam_m)[..., None, :]


def subject_axes(joints: FloatArray, up: FloatArray) -> FloatArray:
    """Return the subject frame's axes (left, up, facing) as the rows of a (..., 3, 3) rotation.

    Facing is horizontal and perpendicular to the sum of the unit shoulder and hip lines, so bending forward does
    not turn it. The rotation maps vectors of the frame that `joints` and `up` are in to the subject frame.

    Args:
        joints: (..., 17, 3) in any right-handed frame.
        up: (..., 3) against gravity, same frame.

    Returns:
        (..., 3, 3); NaN where shoulders or hips are NaN or the body lies so that no horizontal line is left.
    """
    y_axis = normalise(np.broadcast_to(up, (*joints.shape[:-2], 3)))
    z_axis = normalise(np.cross(_lateral(joints), y_axis))
    return np.stack([np.cross(y_axis, z_axis), y_axis, z_axis], axis=-2)


def _lateral(joints: FloatArray) -> FloatArray:
    """Return the (..., 3) sum of the unit lines from the right to the left shoulder and hip."""
    left = joints.take((LEFT_SHOULDER, LEFT_HIP), axis=-2)
    lines = normalise(left - joints.take((RIGHT_SHOULDER, RIGHT_HIP), axis=-2))
    result: FloatArray = lines[..., 0, :] + lines[..., 1, :]
    return result


def azimuth_elevation(camera_relative: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return azimuth in [0, 2 pi) and elevation in [-pi/2, pi/2], radians, of (..., 3) subject-frame vectors."""
    x, y, z = np.moveaxis(np.asarray(camera_relative, dtype=float), -1, 0)
    azimuth: FloatArray = np.asarray(np.arctan2(-x, z) % (2 * np.pi))
    azimuth = np.where(azimuth >= 2 * np.pi, 0.0, azimuth)  # a tiny negative angle rounds up to a full turn
    return azimuth, np.asarray(np.arctan2(y, np.hypot(x, z)))


def direction_from_angles(azimuth_rad: npt.ArrayLike, elevation_rad: npt.ArrayLike) -> FloatArray:
    """Return the (..., 3) unit vector, subject frame, with these angles: the inverse of `azimuth_elevation`."""
    azimuth, elevation = np.broadcast_arrays(np.asarray(azimuth_rad), np.asarray(elevation_rad))
    horizontal = np.cos(elevation)
    return np.stack([-np.sin(azimuth) * horizontal, np.sin(elevation), np.cos(azimuth) * horizontal], axis=-1)


def viewpoint_from_direction(direction: FloatArray) -> Viewpoint | None:
    """Make a Viewpoint from a (3,) subject-frame vector of any length; None when it is NaN or zero."""
    # of one vector, plain numbers: the functions above take many, and twenty times as long for one
    x, y, z = direction.tolist()
    length = math.hypot(x, y, z)
    if not _TINY < length < math.inf:
        return None
    x, y, z = x / length, y / length, z / length
    azimuth = math.atan2(-x, z) % (2 * math.pi)
    azimuth = 0.0 if azimuth >= 2 * math.pi else azimuth
    return Viewpoint(np.array([x, y, z]), azimuth, math.atan2(y, math.hypot(x, z)))


def camera_relative_to_subject(joints_cam_m: FloatArray, up_cam: FloatArray) -> FloatArray:
    """Return the camera's (..., 3) position in the subject frame, metres, from true camera-frame joints.

    Args:
        joints_cam_m: (..., 17, 3) metres, camera frame (camera at the origin).
        up_cam: (..., 3) against gravity, camera frame.
    """
    axes = subject_axes(joints_cam_m, up_cam)
    result: FloatArray = np.einsum("...ij,...j->...i", axes, -mid_hip(joints_cam_m))
    return result


def level_viewpoint_direction(joints_ray: FloatArray) -> FloatArray:
    """Return the (..., 3) subject-frame direction of the camera if it is level: what joints alone can say.

    Args:
        joints_ray: (..., 17, 3) in the view-ray frame, where the camera is at -z.
    """
    # -z in `subject_axes` when up is -y: what turns the line across the body by a quarter, level
    lateral = _lateral(joints_ray)
    return normalise(np.stack([-lateral[..., 2], np.zeros(lateral.shape[:-1]), lateral[..., 0]], axis=-1))


def up_in_view_ray(elevation_rad: npt.ArrayLike) -> FloatArray:
    """Return the (..., 3) direction against gravity in the view-ray frame for a camera without roll."""
    elevation = np.asarray(elevation_rad, dtype=float)
    return np.stack([np.zeros_like(elevation), -np.cos(elevation), -np.sin(elevation)], axis=-1)


def upright_rotation(up_cam: FloatArray, up_axis: str = "y") -> FloatArray:
    """Return the (3, 3) rotation camera frame → upright axes.

    Args:
        up_cam: (3,) unit vector against gravity, camera frame.
        up_axis: "y" or "z": which axis points against gravity.
    """
    backward = np.array([0.0, 0.0, -1.0])
    if abs(up_cam @ backward) > 0.999:  # a camera that looks straight down: the picture's lower edge is nearest
        backward = np.array([0.0, 1.0, 0.0])
    y_axis = normalise(up_cam)
    z_axis = normalise(backward - (backward @ y_axis) * y_axis)
    y_up = np.stack([np.cross(y_axis, z_axis), y_axis, z_axis])
    return _Z_UP_OF_Y_UP @ y_up if up_axis == "z" else y_up


def angular_difference(a_rad: npt.ArrayLike, b_rad: npt.ArrayLike) -> FloatArray:
    """Return the circular distance between angles, radians, in [0, pi]."""
    difference: npt.NDArray[Any] = np.asarray(a_rad) - np.asarray(b_rad)
    return np.abs((difference + np.pi) % (2 * np.pi) - np.pi)
