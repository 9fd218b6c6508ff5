"""The packet that travels from camera to screen: Frame, then Detection, then Refined.

Each stage wraps the one before and never changes it, so a packet can be handed between threads without copies.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.skeleton import N_JOINTS, N_LANDMARKS

FloatArray = npt.NDArray[np.floating[Any]]
ImageArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]


def require_shape(name: str, array: npt.NDArray[Any], expected: tuple[int | None, ...]) -> None:
    """Raise DataError unless `array` has the expected shape; None matches any length."""
    shape = array.shape
    if shape == expected:  # the usual case; this is asked several times a frame
        return
    fits = len(shape) == len(expected) and all(e is None or e == s for e, s in zip(expected, shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if e is None else str(e) for e in expected)
        raise DataError(f"{name} has shape {shape}, but ({wanted}) is needed.")


def is_within(array: FloatArray, limit: float = math.inf) -> bool:
    """Whether the root of the sum of squares is below a limit, so that every number is; False if any is NaN.

    For small arrays in a loop: a fifth of the cost of `np.isfinite(array).all()`.
    """
    return bool(np.vdot(array, array) < limit * limit)


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a source.

    Attributes:
        image: (H, W, 3) uint8, RGB, upright (rotation metadata already applied).
        index: Frame number in its source, from 0; a jump means that frames are missing.
        time_s: Seconds since the start of the source, strictly increasing.
    """

    image: ImageArray
    index: int
    time_s: float

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class LookLandmarks:
    """What each of L looks saw of the person, in one frame or in T; NaN and visibility 0 where it did not.

    Attributes:
        names: (L,) of the looks, as `core.detection.looks.Look.name`.
        landmarks_px: (..., L, 33, 2) image landmarks, pixels of the picture as it is.
        landmarks_m: (..., L, 33, 3) world landmarks, metres, hip-centred, view-ray frame.
        visibility: (..., L, 33) in 0..1.
    """

    names: tuple[str, ...]
    landmarks_px: FloatArray
    landmarks_m: FloatArray
    visibility: FloatArray

    def __post_init__(self) -> None:
        leading = self.visibility.shape[:-2]
        shape = (*leading, len(self.names), N_LANDMARKS)
        require_shape("landmarks_px of the looks", self.landmarks_px, (*shape, 2))
        require_shape("landmarks_m of the looks", self.landmarks_m, (*shape, 3))
        require_shape("visibility of the looks", self.visibility, shape)

    def rows(self, chosen: Any) -> "LookLandmarks":
        """Return the chosen frames of T: a slice, or what else picks rows of an array."""
        return LookLandmarks(self.names, self.landmarks_px[chosen], self.landmarks_m[chosen], self.visibility[chosen])


@dataclass(frozen=True, slots=True)
class Detection:
    """What MediaPipe saw in one frame; all NaN (visibility 0) when it saw nobody.

    Attributes:
        frame: The frame it was found in.
        landmarks_px: (33, 2) image landmarks, pixels of `frame.image`.
        landmarks_m: (33, 3) world landmarks, metres, hip-centred, view-ray frame.
        visibility: (33,) in 0..1.
        looks: What each look saw, where there are several; the rest is their mean.
        is_awaited: Nobody has looked at this frame yet; whether anybody is in it is not known.
    """

    frame: Frame
    landmarks_px: FloatArray
    landmarks_m: FloatArray
    visibility: FloatArray
    looks: LookLandmarks | None = None
    is_awaited: bool = False

    def __post_init__(self) -> None:
        require_shape("landmarks_px", self.landmarks_px, (N_LANDMARKS, 2))
        require_shape("landmarks_m", self.landmarks_m, (N_LANDMARKS, 3))
        require_shape("visibility", self.visibility, (N_LANDMARKS,))

    @property
    def is_found(self) -> bool:
        """Whether a person was detected."""
        return bool(np.isfinite(self.landmarks_m).all())


def nobody(frame: Frame) -> Detection:
    """Return the detection of a frame in which nobody was seen."""
    return Detection(frame, np.full((N_LANDMARKS, 2), np.nan), np.full((N_LANDMARKS, 3), np.nan), np.zeros(N_LANDMARKS))


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where the camera is, seen from the subject frame (x left, y up, z facing).

    Attributes:
        direction: (3,) unit vector from the pelvis to the camera.
        azimuth_rad: 0 in front, pi/2 to the subject's right, in [0, 2 pi).
        elevation_rad: -pi/2..pi/2, positive when the camera is above the pelvis.
    """

    direction: FloatArray
    azimuth_rad: float
    elevation_rad: float

    @property
    def azimuth_deg(self) -> float:
        """Azimuth in degrees, [0, 360)."""
        return float(np.rad2deg(self.azimuth_rad)) % 360.0

    @property
    def elevation_deg(self) -> float:
        """Elevation in degrees, -90..90."""
        return float(np.rad2deg(self.elevation_rad))


@dataclass(frozen=True, slots=True)
class Refined:
    """One frame after refinement; joints NaN and `viewpoint` None when nobody was found.

    Attributes:
        detection: What it was made from.
        raw_m: (17, 3) MediaPipe's joints, metres, hip-centred, view-ray frame.
        joints_m: (17, 3) refined joints, same frame; equals `raw_m` when refinement is off.
        uncertainty_m: (17,) standard deviation the refiner expects, metres; NaN when unknown.
        viewpoint: The predicted viewpoint; from raw joints with a level camera when refinement is off.
        bone_cv_raw: Bone-length CV of the raw joints up to this frame, NaN in the first frames.
        bone_cv: The same of the refined joints.
        refine_s: Seconds spent after detection.
    """

    detection: Detection
    raw_m: FloatArray
    joints_m: FloatArray
    uncertainty_m: FloatArray
    viewpoint: Viewpoint | None
    bone_cv_raw: float
    bone_cv: float
    refine_s: float

    def __post_init__(self) -> None:
        require_shape("raw_m", self.raw_m, (N_JOINTS, 3))
        require_shape("joints_m", self.joints_m, (N_JOINTS, 3))
        require_shape("uncertainty_m", self.uncertainty_m, (N_JOINTS,))
