"""One calibrated camera: what it sees of the world, and the world as it sees it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.errors import DataError
from core.pose.types import FloatArray


@dataclass(frozen=True)
class CalibratedCamera:
    """One calibrated camera, OpenCV axes.

    Attributes:
        name: As the calibration names it.
        image_size: (width, height), pixels; None where the calibration does not say.
        intrinsics: (3, 3).
        distortion: (4, 5, 8, 12 or 14) k1, k2, p1, p2, k3, ... in OpenCV's order.
        rotation: (3, 3) world to camera.
        translation_m: (3,) world to camera, metres.
        up_world: (3,) against gravity; NaN while nobody knows.
    """

    name: str
    image_size: tuple[int, int] | None
    intrinsics: FloatArray
    distortion: FloatArray
    rotation: FloatArray
    translation_m: FloatArray
    up_world: FloatArray

    @property
    def projection(self) -> FloatArray:
        """(3, 4) world to undistorted pixels."""
        return np.asarray(self.intrinsics @ np.column_stack([self.rotation, self.translation_m]))

    @property
    def place_m(self) -> FloatArray:
        """(3,) where it stands in the world."""
        return -self.rotation.T @ self.translation_m

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

    def shifted(self, offset_px: FloatArray) -> "CalibratedCamera":
        """Return this camera with its principal point moved: to first order, a small pan and tilt."""
        intrinsics = self.intrinsics.copy()
        intrinsics[:2, 2] += offset_px
        return replace(self, intrinsics=intrinsics)

    def with_up(self, up_world: FloatArray) -> "CalibratedCamera":
        """Return this camera told where up is."""
        return replace(self, up_world=up_world)

    def fitted_to(self, image_size: tuple[int, int]) -> "CalibratedCamera":
        """Return this camera for a video whose picture was scaled to fit and centred between black bars.

        Raises:
            DataError: The video has the calibration turned by 90 degrees.
        """
        if self.image_size is None:
            return replace(self, image_size=image_size)
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
