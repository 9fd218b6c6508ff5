"""What the 3D views draw: a packet's joints turned into display axes, standing on a floor.

Display axes: x to the camera's right, y away from the camera and level, z against gravity; metres. Seen from
azimuth -90 degrees, this is what the camera sees.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.skeleton import EDGES, LANDMARK_TO_COCO, LEFT_ANKLE, RIGHT_ANKLE, SIDE
from core.types import FloatArray, Refined

EDGE_SIDE: Final = np.sign(SIDE[EDGES].sum(axis=1))
"""(18,) 1 for a bone on the left, -1 on the right, 0 for one that joins both."""

_ANKLE_HEIGHT_M: Final = 0.08
_SMOOTHING: Final = 0.2


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
    return np.asarray(joints_m, dtype=float) @ rotation.T


@dataclass(frozen=True)
class SkeletonScene:
    """One moment to draw.

    Attributes:
        raw: (17, 3) metres, display axes, feet near z = 0.
        refined: (17, 3) the same.
        opacity: (18,) 0..1 for each line of `core.skeleton.EDGES`.
    """

    raw: FloatArray
    refined: FloatArray
    opacity: FloatArray


class SceneBuilder:
    """Turns packets into scenes; remembers the floor and the camera's tilt so that neither trembles."""

    def __init__(self) -> None:
        self._floor: float | None = None
        self._elevation = 0.0

    def build(self, packet: Refined) -> SkeletonScene | None:
        """Return the scene of a packet, None when nobody was found."""
        if packet.viewpoint is None or not np.isfinite(packet.joints_m).all():
            return None
        elevation = packet.viewpoint.elevation_rad
        is_first = self._floor is None
        self._elevation = elevation if is_first else _blend(self._elevation, elevation)
        raw = to_display(packet.raw_m, self._elevation)
        refined = to_display(packet.joints_m, self._elevation)
        floor = float(refined[[LEFT_ANKLE, RIGHT_ANKLE], 2].min()) - _ANKLE_HEIGHT_M
        self._floor = floor if self._floor is None else _blend(self._floor, floor)
        lift = np.array([0.0, 0.0, self._floor])
        return SkeletonScene(raw - lift, refined - lift, edge_opacity(packet.detection.visibility[LANDMARK_TO_COCO]))

    def reset(self) -> None:
        """Forget the floor and the tilt: another source begins."""
        self._floor = None


def edge_opacity(visibility: FloatArray) -> FloatArray:
    """Return the (18,) opacity of each line from the (17,) visibility of joints: that of its less visible end."""
    return 0.15 + 0.85 * np.clip(visibility[EDGES].min(axis=1), 0.0, 1.0)


def _blend(old: float, new: float) -> float:
    return old + _SMOOTHING * (new - old)
