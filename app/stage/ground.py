"""The floor and the camera's tilt: found once a take, so that a jump leaves the floor and nothing sways."""

from typing import Final

import numpy as np

from core.pose.geometry import azimuth_elevation
from core.pose.skeleton import LANDMARK_TO_COCO, LEFT_ANKLE, RIGHT_ANKLE
from core.pose.types import FloatArray
from core.sequence.root_trajectory import hips_m

ANKLE_HEIGHT_M: Final = 0.08
_STANDS_M, _LEAVES_M = 0.06, 0.12
_FLOOR_PERCENTILE: Final = 30.0
_MOST_ROWS: Final = 2000
_LEARN_ROWS: Final = 300
_ANKLES: Final = [LEFT_ANKLE, RIGHT_ANKLE]


class Ground:
    """What the poses of a take, or the first ten seconds of a camera, say about tilt and floor.

    The camera is taken to stand still. Its tilt is the median over frames; the floor is as far below it as the lower
    ankle is in most frames. One camera cannot tell a lower foot from a nearer one: what is found is right to some
    centimetres, so a foot that close to the floor is said to stand on it.

    Attributes:
        tilt_rad: How far the camera looks down; NaN while nothing is known.
        floor_m: Height of the floor over the camera, metres (below it, so negative); NaN while nothing is known.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another source begins."""
        self.tilt_rad, self.floor_m = float("nan"), float("nan")
        self._tilts: list[float] = []
        self._feet: list[tuple[FloatArray, FloatArray]] = []
        self._is_settled = False

    def learn_take(
        self,
        landmarks_px: FloatArray,
        joints_m: FloatArray,
        direction: FloatArray,
        intrinsics: FloatArray,
        scale: float,
    ) -> None:
        """Find both from a whole take.

        Args:
            landmarks_px: (T, 33, 2) pixels.
            joints_m: (T, 17, 3) metres, view-ray frame; NaN where nobody was seen.
            direction: (T, 3) of the viewpoint, subject frame.
            intrinsics: (3, 3), pixels.
            scale: Factor on the joints.
        """
        known = np.flatnonzero(np.isfinite(joints_m).all(axis=(1, 2)) & np.isfinite(direction).all(axis=1))
        if not len(known):
            return
        rows = known[:: -(-len(known) // _MOST_ROWS)]
        joints = joints_m[rows].astype(float)
        pixels = landmarks_px[rows].astype(float)[:, LANDMARK_TO_COCO]
        places, _ = hips_m(pixels, joints, np.ones(joints.shape[:2]), intrinsics, scale)
        _, elevation = azimuth_elevation(direction[rows].astype(float))
        fits = np.isfinite(places).all(axis=1)
        if fits.any():
            self._find(places[fits], joints[fits] * scale, elevation[fits])
            self._is_settled = True

    def learn(self, place: FloatArray, joints_m: FloatArray, elevation_rad: float) -> None:
        """Learn from one frame of a camera, while it is new.

        Args:
            place: (3,) the hips in the camera frame, metres.
            joints_m: (17, 3) scaled, view-ray frame.
            elevation_rad: Of the viewpoint.
        """
        if self._is_settled:
            return
        self._feet.append((place, joints_m[_ANKLES]))
        self._tilts.append(elevation_rad)
        n = len(self._feet)
        self._is_settled = n >= _LEARN_ROWS
        if n < 20 or n % 10 == 0 or self._is_settled:
            joints = np.zeros((n, RIGHT_ANKLE + 1, 3))
            joints[:, _ANKLES] = [feet for _, feet in self._feet]
            self._find(np.array([place for place, _ in self._feet]), joints, np.array(self._tilts))

    def elevation_rad(self, place: FloatArray) -> float:
        """Return how far the camera looks down on hips at a (3,) place in the camera frame."""
        return float(self.tilt_rad + _below_axis(place))

    def height_m(self, place: FloatArray, lowest_m: float) -> float:
        """Return how high the lower foot is over the floor: 0 where it stands.

        Args:
            place: (3,) the hips in the camera frame, metres.
            lowest_m: Height of the lower ankle over the hips, metres.
        """
        hips = -float(np.linalg.norm(place)) * np.sin(self.elevation_rad(place))
        height = hips + lowest_m - self.floor_m
        share = np.clip((height - _STANDS_M) / (_LEAVES_M - _STANDS_M), 0.0, 1.0)
        return float(height * share)

    def _find(self, places: FloatArray, joints: FloatArray, elevation: FloatArray) -> None:
        below = _below_axis(places)
        self.tilt_rad = float(np.median(elevation - below))
        looks_down = self.tilt_rad + below
        sin, cos = np.sin(looks_down), np.cos(looks_down)
        ankles = joints[:, _ANKLES]
        heights = -ankles[..., 1] * cos[:, None] - ankles[..., 2] * sin[:, None]
        lowest = heights.min(axis=1) - np.linalg.norm(places, axis=1) * sin
        self.floor_m = float(np.percentile(lowest, _FLOOR_PERCENTILE))


def _below_axis(place: FloatArray) -> FloatArray:
    """Return the (...,) angle, radians, at which (..., 3) camera-frame points are below the way the camera looks."""
    return np.asarray(np.arctan2(place[..., 1], np.hypot(place[..., 0], place[..., 2])))
