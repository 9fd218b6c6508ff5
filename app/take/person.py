"""What is known about the person and the camera besides the pose: scale from their height, distance, field of view."""

from collections import deque
from pathlib import Path
from typing import Final

import numpy as np

from app.language import tr
from app.session.choices import Choices
from core.errors import NdrError
from core.pose.geometry import ASSUMED_FOV_DEG, intrinsics_from_fov, level_viewpoint_direction, viewpoint_from_direction
from core.pose.placement import place_m
from core.pose.types import FloatArray, Refined
from core.sequence.root_trajectory import stature_m
from core.sources.intrinsics import load_intrinsics

_MEMORY: Final = 150
_LEARN_EVERY: Final = 5
_SMOOTHING: Final = 0.15


class PersonModel:
    """Learns the size of the skeleton from the packets it is shown.

    Attributes:
        scale: Factor on all lengths, so that the person is as tall as was entered; 1 when no height was.
        seen_height_m: What the skeleton itself says; NaN at first.
        intrinsics: (3, 3) of the camera, pixels; assumed where not known.
        distance_m: From the camera, smoothed; NaN at first.
        raw_azimuth_deg: What MediaPipe's own joints say of the viewpoint; NaN when nobody is seen.
        trouble: Why the calibration file is not used, "" when it is or there is none.
    """

    def __init__(self) -> None:
        self._choices = Choices()
        self._calibrated: tuple[str, FloatArray | None, tuple[int, int]] = ("", None, (0, 0))
        self.trouble = ""
        self.reset()

    def reset(self) -> None:
        """Another source begins: maybe another person."""
        self._joints: deque[FloatArray] = deque(maxlen=_MEMORY)
        self._n = 0
        self.scale, self.seen_height_m, self.distance_m = 1.0, float("nan"), float("nan")
        self.raw_azimuth_deg = float("nan")
        self.intrinsics: FloatArray | None = None

    def take(self, packet: Refined, choices: Choices) -> None:
        """Learn from a packet."""
        self._choices = choices
        self.intrinsics = self._camera(packet.detection.frame.size_px)
        raw_view = viewpoint_from_direction(level_viewpoint_direction(packet.raw_m))
        self.raw_azimuth_deg = raw_view.azimuth_deg if raw_view else float("nan")
        if packet.viewpoint is None:
            return
        self._joints.append(packet.joints_m)
        if self._n % _LEARN_EVERY == 0:
            self.seen_height_m = stature_m(np.array(self._joints))
        self._n += 1
        knows = choices.height_m > 0 and np.isfinite(self.seen_height_m)
        self.scale = choices.height_m / self.seen_height_m if knows else 1.0
        distance_m = float(np.linalg.norm(place_m(packet, self.intrinsics, self.scale)))
        if np.isfinite(distance_m):
            before = self.distance_m if np.isfinite(self.distance_m) else distance_m
            self.distance_m = before + _SMOOTHING * (distance_m - before)

    @property
    def distance_text(self) -> str:
        """How far away the person is, and what that rests on."""
        if not np.isfinite(self.distance_m):
            return ""
        return tr(
            "about {distance_m:.1f} m away  ·  {camera_text}", distance_m=self.distance_m, camera_text=self.camera_text
        )

    @property
    def camera_text(self) -> str:
        """Where the field of view comes from."""
        if self._calibrated[1] is not None and self._choices.calibration:
            return tr("calibrated camera")
        if self._choices.fov_deg:
            return tr("{fov_deg:g}° wide", fov_deg=self._choices.fov_deg)
        return tr("{fov_deg:g}° assumed", fov_deg=ASSUMED_FOV_DEG)

    def _camera(self, size_px: tuple[int, int]) -> FloatArray:
        choices = self._choices
        if choices.calibration:
            if self._calibrated[0] != choices.calibration or self._calibrated[2] != size_px:
                self._calibrated = (choices.calibration, self._load(Path(choices.calibration), size_px), size_px)
            if self._calibrated[1] is not None:
                return self._calibrated[1]
        return intrinsics_from_fov(size_px, choices.fov_deg or None)

    def _load(self, path: Path, size_px: tuple[int, int]) -> FloatArray | None:
        try:
            self.trouble = ""
            return load_intrinsics(path, size_px)
        except NdrError as error:
            self.trouble = str(error)
            return None
