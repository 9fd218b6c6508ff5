"""A camera that circles the skeleton."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.stage.lens import Lens
from core.pose.types import FloatArray

START_AZIMUTH_DEG: Final = -68.0
START_ELEVATION_DEG: Final = 12.0
START_DISTANCE_M: Final = 3.5
START_CENTRE_M: Final = (0.0, 0.0, 0.95)
"""With this distance a person with the arms up is seen whole."""
FOV_DEG: Final = 40.0
_MARGIN: Final = 1.08
_LEAST_M, _MOST_M = 0.8, 20.0
PRESETS: Final = ("camera", "front", "side", "top")
"""What one can look from: the filming camera, and the person's front, right side and top."""


def preset_angles(name: str, facing_deg: float) -> tuple[float, float]:
    """Return display azimuth and elevation, degrees, of a preset.

    Args:
        name: Of PRESETS.
        facing_deg: Where the person looks, display azimuth; NaN: towards the camera.
    """
    facing = facing_deg if math.isfinite(facing_deg) else -90.0
    return {"camera": (-90.0, 0.0), "front": (facing, 6.0), "side": (facing - 90.0, 6.0), "top": (-90.0, 89.0)}[name]


@dataclass(frozen=True)
class OrbitCamera:
    """Where one looks from, in display axes (x right, y away, z up).

    Attributes:
        azimuth_deg: Around z; -90 looks along +y, as the filming camera does.
        elevation_deg: Above the floor's plane.
        distance_m: From the centre.
        centre_m: What is looked at.
    """

    azimuth_deg: float = START_AZIMUTH_DEG
    elevation_deg: float = START_ELEVATION_DEG
    distance_m: float = START_DISTANCE_M
    centre_m: tuple[float, float, float] = START_CENTRE_M

    def turned(self, right_px: float, down_px: float) -> "OrbitCamera":
        """Return the camera after the mouse dragged the scene, half a degree a pixel."""
        elevation = float(np.clip(self.elevation_deg + down_px / 2, -89.0, 89.0))
        return replace(self, azimuth_deg=self.azimuth_deg - right_px / 2, elevation_deg=elevation)

    def zoomed(self, steps: float) -> "OrbitCamera":
        """Return the camera after the wheel turned; positive steps come nearer."""
        return replace(self, distance_m=float(np.clip(self.distance_m * 0.9**steps, _LEAST_M, _MOST_M)))

    def moved(self, right_px: float, down_px: float, height_px: int) -> "OrbitCamera":
        """Return the camera after the scene was dragged across the view."""
        metres = 2 * self.distance_m * np.tan(np.deg2rad(FOV_DEG) / 2) / max(height_px, 1)
        right, up, _ = self._axes()
        centre = np.array(self.centre_m) - right * right_px * metres + up * down_px * metres
        return replace(self, centre_m=(float(centre[0]), float(centre[1]), float(centre[2])))

    def project(self, points_m: FloatArray, size_px: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
        """Return where (..., 3) points appear.

        Args:
            points_m: Display axes, metres.
            size_px: (width, height) of the view; the field of view spans its shorter side.

        Returns:
            (..., 2) pixels, x right and y down, and the (...,) distance along the line of sight, metres. Points at
            or behind the eye are NaN.
        """
        return self.lens(size_px).project(points_m)

    def lens(self, size_px: tuple[int, int]) -> Lens:
        """Return the projection into a (width, height) pane."""
        axes = np.stack(self._axes())
        eye = np.array(self.centre_m) - axes[2] * self.distance_m
        return Lens(eye, axes, self.focal_px(size_px), (size_px[0] / 2, size_px[1] / 2))

    def fitted(self, points_m: FloatArray, size_px: tuple[int, int]) -> "OrbitCamera":
        """Return the camera, looking the same way, from as near as shows all (n, 3) points with a margin."""
        axes = np.stack(self._axes())
        inside = np.asarray(points_m, dtype=float) @ axes.T
        slope = np.array(size_px) / 2 / self.focal_px(size_px) / _MARGIN
        # an eye at depth -back sees a point x at depth z where |x - middle| <= slope (z + back)
        low = (inside[:, :2] - slope * inside[:, 2:]).max(axis=0)
        high = (inside[:, :2] + slope * inside[:, 2:]).min(axis=0)
        back = ((low - high) / 2 / slope).max()
        middle = (low + high) / 2
        depth = float(inside[:, 2].mean())
        centre = axes.T @ [middle[0], middle[1], depth]
        distance = float(np.clip(depth + back, _LEAST_M, _MOST_M))
        return replace(self, centre_m=(float(centre[0]), float(centre[1]), float(centre[2])), distance_m=distance)

    def focal_px(self, size_px: tuple[int, int]) -> float:
        """Return how many pixels a metre at a metre's distance spans in a (width, height) view."""
        return float(min(size_px) / 2 / np.tan(np.deg2rad(FOV_DEG) / 2))

    def _axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        azimuth, elevation = np.deg2rad([self.azimuth_deg, self.elevation_deg])
        forward = -np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        return right, np.cross(right, forward), forward
