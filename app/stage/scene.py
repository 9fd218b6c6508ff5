"""What the 3D views draw: a packet's joints turned into display axes, standing on a floor.

Display axes: x to the camera's right, y away from the camera and level, z against gravity; metres. Seen from
azimuth -90 degrees, this is what the camera sees.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.placement import place_m
from core.pose.skeleton import BODY, EDGES, LANDMARK_TO_COCO, LEFT_ANKLE, RIGHT_ANKLE, SIDE
from core.pose.types import FloatArray, Refined

EDGE_SIDE: Final = np.sign(SIDE[EDGES].sum(axis=1))
"""(18,) 1 for a bone on the left, -1 on the right, 0 for one that joins both."""

_ANKLE_HEIGHT_M: Final = 0.08
_SMOOTHING: Final = 0.2
_SPLIT_M: Final = 0.55


def to_display(joints_m: FloatArray, elevation_rad: float = 0.0) -> FloatArray:
    """Turn (..., 3) view-ray vectors (x right, y down, z forward) into display axes.

    Args:
        joints_m: (..., 3) in the view-ray frame of a camera without roll.
        elevation_rad: How far the camera looks down on the subject.

    Returns:
        (..., 3) x right, y away from the camera, z up against gravity.
    """
    sin, cos = np.sin(elevation_rad), np.cos(elevation_rad)
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, -sin, cos], [0.0, -cos, -sin]])
    return np.asarray(np.asarray(joints_m, dtype=float) @ rotation.T)


@dataclass(frozen=True)
class SkeletonScene:
    """One moment to draw.

    Attributes:
        raw: (17, 3) metres, display axes, feet near z = 0.
        refined: (17, 3) the same.
        opacity: (18,) 0..1 for each line of `core.pose.skeleton.EDGES`.
        uncertainty_m: (17,) radius of the sphere around each refined joint, metres; NaN draws none.
        facing_deg: Where the person looks, display azimuth; NaN when unknown.
        truth: (17, 3) as `raw`, where it is known; None draws none.
    """

    raw: FloatArray
    refined: FloatArray
    opacity: FloatArray
    uncertainty_m: FloatArray
    facing_deg: float = float("nan")
    truth: FloatArray | None = None


class SceneBuilder:
    """Turns packets into scenes; remembers the floor, the camera's tilt and the person's place so that none trembles.

    Attributes:
        is_split: Raw and refined beside each other instead of over each other.
        follows: The person stays in the middle; otherwise they walk about as `intrinsics` tell.
        intrinsics: (3, 3) of the camera, pixels; None: the person stays in the middle.
        scale: Factor on all lengths, from the person's height.
        look_azimuth_deg: Where one looks from, display azimuth: what is split is split across that direction.
    """

    def __init__(self) -> None:
        self.is_split, self.follows, self.scale = False, True, 1.0
        self.look_azimuth_deg = -90.0
        self.intrinsics: FloatArray | None = None
        self._floor: float | None = None
        self._elevation = 0.0
        self._start: FloatArray | None = None
        self._place = np.zeros(3)

    def build(self, packet: Refined) -> SkeletonScene | None:
        """Return the scene of a packet, None when nobody was found."""
        if packet.viewpoint is None or not np.isfinite(packet.joints_m).all():
            return None
        elevation = packet.viewpoint.elevation_rad
        is_first = self._floor is None
        self._elevation = elevation if is_first else _blend(self._elevation, elevation)
        raw = to_display(packet.raw_m * self.scale, self._elevation)
        refined = to_display(packet.joints_m * self.scale, self._elevation)
        floor = float(refined[[LEFT_ANKLE, RIGHT_ANKLE], 2].min()) - _ANKLE_HEIGHT_M
        self._floor = floor if self._floor is None else _blend(self._floor, floor)
        move = self._walk(packet) - [0.0, 0.0, self._floor]
        look = np.deg2rad(self.look_azimuth_deg)
        apart = np.array([-np.sin(look), np.cos(look), 0.0]) * (_SPLIT_M if self.is_split else 0.0)
        return SkeletonScene(
            raw=raw + move - apart,
            refined=refined + move + apart,
            opacity=edge_opacity(packet.detection.visibility[LANDMARK_TO_COCO]),
            uncertainty_m=_body_only(packet.uncertainty_m * self.scale),
            facing_deg=packet.viewpoint.azimuth_deg - 90.0,
        )

    def reset(self) -> None:
        """Forget the floor, the tilt and the place: another source begins."""
        self._floor = self._start = None

    def _walk(self, packet: Refined) -> FloatArray:
        """Return how far the person is from where they were first, level, display axes."""
        if self.follows or self.intrinsics is None:
            self._start = None
            return np.zeros(3)
        place = place_m(packet, self.intrinsics, self.scale)
        if not np.isfinite(place).all():
            return self._place - (self._place if self._start is None else self._start)
        # the camera looks down by about the elevation of the person; what is left of height is noise, not jumping
        level = to_display(place, self._elevation) * [1.0, 1.0, 0.0]
        if self._start is None:
            self._start = self._place = level
        self._place = self._place + _SMOOTHING * (level - self._place)
        return np.asarray(self._place - self._start)


def edge_opacity(visibility: FloatArray) -> FloatArray:
    """Return the (18,) opacity of each line from the (17,) visibility of joints: that of its less visible end."""
    return np.asarray(0.15 + 0.85 * np.clip(visibility[EDGES].min(axis=1), 0.0, 1.0))


def _body_only(uncertainty_m: FloatArray) -> FloatArray:
    """Return (17,) without the face, whose spheres would hide it."""
    result = np.full(uncertainty_m.shape, np.nan)
    result[BODY] = uncertainty_m[BODY]
    return result


def _blend(old: float, new: float) -> float:
    return old + _SMOOTHING * (new - old)
