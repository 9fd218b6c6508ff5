"""Calibrated cameras and the Qualisys calibration file.

A `.qca.txt` is XML: focal lengths and centres in 1/64 px, `transform` with the rotation row by row and the camera's
place in mm. Its camera looks along -z with y up, so the OpenCV world-to-camera rotation is diag(1, -1, -1) @ M and
the translation -R @ place. Its world has z up.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.errors import DataError
from core.types import FloatArray

_SUBPIXELS = 64.0
_MM = 1000.0
_TO_OPENCV = np.diag([1.0, -1.0, -1.0])
_LARGEST_FILE = 10_000_000
_UP_OF_QUALISYS = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Camera:
    """One calibrated camera, OpenCV axes.

    Attributes:
        name: As the calibration names it.
        image_size: (width, height), pixels.
        intrinsics: (3, 3).
        distortion: (5,) k1, k2, p1, p2, k3.
        rotation: (3, 3) world to camera.
        translation_m: (3,) world to camera, metres.
        up_world: (3,) against gravity.
    """

    name: str
    image_size: tuple[int, int]
    intrinsics: FloatArray
    distortion: FloatArray
    rotation: FloatArray
    translation_m: FloatArray
    up_world: FloatArray

    @property
    def projection(self) -> FloatArray:
        """(3, 4) world to undistorted pixels."""
        return self.intrinsics @ np.column_stack([self.rotation, self.translation_m])

    @property
    def up_cam(self) -> FloatArray:
        """(3,) against gravity, camera frame."""
        return self.rotation @ self.up_world

    def to_camera(self, world_m: FloatArray) -> FloatArray:
        """Turn (..., 3) world points into the camera frame."""
        return world_m @ self.rotation.T + self.translation_m

    def undistort(self, points_px: FloatArray) -> FloatArray:
        """Return (..., 2) pixels as an ideal pinhole camera with the same intrinsics would see them; NaN stays."""
        flat = np.ascontiguousarray(points_px, dtype=np.float64).reshape(-1, 1, 2)
        known = np.isfinite(flat).all(axis=(1, 2))
        result = np.full_like(flat, np.nan)
        if known.any():
            result[known] = cv2.undistortPoints(flat[known], self.intrinsics, self.distortion, P=self.intrinsics)
        return result.reshape(np.shape(points_px))

    def project(self, world_m: FloatArray) -> FloatArray:
        """Return the (..., 2) pixels, distortion included, of (..., 3) world points; NaN stays."""
        points = np.ascontiguousarray(self.to_camera(world_m), dtype=np.float64).reshape(-1, 3)
        known = np.isfinite(points).all(axis=1) & (points[:, 2] > 0)
        result = np.full((len(points), 2), np.nan)
        if known.any():
            seen, _ = cv2.projectPoints(points[known], np.zeros(3), np.zeros(3), self.intrinsics, self.distortion)
            result[known] = seen[:, 0]
        return result.reshape(*world_m.shape[:-1], 2)

    def shifted(self, offset_px: FloatArray) -> "Camera":
        """Return this camera with its principal point moved: to first order, a small pan and tilt."""
        intrinsics = self.intrinsics.copy()
        intrinsics[:2, 2] += offset_px
        return replace(self, intrinsics=intrinsics)

    def fitted_to(self, image_size: tuple[int, int]) -> "Camera":
        """Return this camera for a video whose picture was scaled to fit and centred between black bars.

        Raises:
            DataError: The video has the calibration turned by 90 degrees.
        """
        if image_size == self.image_size:
            return self
        width, height = self.image_size
        if (width > height) != (image_size[0] > image_size[1]):
            raise DataError(
                f"Camera {self.name} is calibrated for {width}x{height}, but its video has "
                f"{image_size[0]}x{image_size[1]}: turn the video or calibrate again."
            )
        scale = min(image_size[0] / width, image_size[1] / height)
        bars = (np.array(image_size) - scale * np.array(self.image_size)) / 2
        fit = np.array([[scale, 0, bars[0]], [0, scale, bars[1]], [0, 0, 1.0]])
        return replace(self, image_size=image_size, intrinsics=fit @ self.intrinsics)


def read_qca(path: Path) -> list[Camera]:
    """Read a Qualisys calibration; cameras sorted by name.

    Raises:
        DataError: Not readable, not XML, no camera, or a camera lacks a field or has one that is not a number.
    """
    root = _parse(path)
    cameras = [_camera(path, element) for element in root.iter("camera")]
    if not cameras:
        raise DataError(f"{path} holds no camera: it is not a Qualisys calibration.")
    return sorted(cameras, key=lambda camera: camera.name)


def _parse(path: Path) -> ET.Element:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"The calibration {path} cannot be read: {error.strerror}.") from error
    # entities are how XML eats all memory; a calibration has no use for a document type
    if len(content) > _LARGEST_FILE or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{path} is too large or declares a document type; it is not a Qualisys calibration.")
    try:
        return ET.fromstring(content)
    except ET.ParseError as error:
        raise DataError(f"{path} is not XML ({error}); export the calibration again.") from error


def _camera(path: Path, element: ET.Element) -> Camera:
    name = element.get("serial", "without serial")

    def number(tag: str, field: str) -> float:
        child = element.find(tag)
        text = None if child is None else child.get(field)
        if text is None:
            raise DataError(f"{path}: camera {name} lacks '{field}' of '{tag}'; export the calibration again.")
        try:
            value = float(text)
        except ValueError as error:
            raise DataError(f"{path}: '{field}' of camera {name} is '{text}', which is not a number.") from error
        if not np.isfinite(value):
            raise DataError(f"{path}: '{field}' of camera {name} is {text}, which is not finite.")
        return value

    left, top = number("fov_video", "left"), number("fov_video", "top")
    intrinsics = np.eye(3)
    intrinsics[0, 0] = number("intrinsic", "focalLengthU") / _SUBPIXELS
    intrinsics[1, 1] = number("intrinsic", "focalLengthV") / _SUBPIXELS
    intrinsics[0, 2] = number("intrinsic", "centerPointU") / _SUBPIXELS - left
    intrinsics[1, 2] = number("intrinsic", "centerPointV") / _SUBPIXELS - top
    if intrinsics[0, 0] <= 0 or intrinsics[1, 1] <= 0:
        raise DataError(f"{path}: camera {name} has a focal length that is not positive.")
    lens = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2",
            "radialDistortion3")  # fmt: skip
    matrix = np.array([[number("transform", f"r{row}{column}") for column in (1, 2, 3)] for row in (1, 2, 3)])
    if not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-3) or np.linalg.det(matrix) < 0:
        raise DataError(f"{path}: the rotation of camera {name} is not a rotation.")
    place_m = np.array([number("transform", axis) for axis in "xyz"]) / _MM
    rotation = _TO_OPENCV @ matrix
    size = (round(number("fov_video", "right") - left + 1), round(number("fov_video", "bottom") - top + 1))
    return Camera(
        name=name,
        image_size=size,
        intrinsics=intrinsics,
        distortion=np.array([number("intrinsic", field) for field in lens]),
        rotation=rotation,
        translation_m=-rotation @ place_m,
        up_world=_UP_OF_QUALISYS,
    )
