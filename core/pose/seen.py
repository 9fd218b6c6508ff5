"""Which landmarks were seen, and which are only guessed: the one rule for files, angles, pictures, streams, the window.

A detector answers for all 33 landmarks, also for legs below the picture's edge. A landmark counts as seen where it lies
within the picture and the visibility of its joint is at least `min_visibility`. The threshold, and why a frame decides
by itself, without memory: docs/findings.md.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.pose.skeleton import LANDMARK_JOINT, LANDMARK_NAMES, LANDMARK_TO_COCO
from core.pose.types import BoolArray, Detection, FloatArray

MIN_VISIBILITY: Final = 0.3
"""Visibility from which a joint counts as seen, unless somebody asks otherwise."""

PARTS: Final = ("all", "upper")
"""What may be kept of a person: everything, or no legs (hips stay)."""

_LEGS: Final = np.array([any(part in name for part in ("knee", "ankle", "heel", "foot")) for name in LANDMARK_NAMES])


def seen_landmarks(
    landmarks_px: FloatArray,
    visibility: FloatArray,
    image_size: Sequence[int],
    *,
    min_visibility: float = MIN_VISIBILITY,
    only: str = "all",
) -> BoolArray:
    """Return (..., 33) which landmarks were seen.

    Args:
        landmarks_px: (..., 33, 2) pixels; where NaN the joint's visibility decides alone.
        visibility: (..., 17) of the COCO joints, in 0..1; NaN counts as 0.
        image_size: (width, height), pixels; (0, 0) where it is not known, and the picture then ends nowhere.
        min_visibility: 0 believes the detector everything, also beyond the picture.
        only: One of `PARTS`.
    """
    seen = np.ones(landmarks_px.shape[:-1], dtype=bool)
    if min_visibility > 0:
        seen = np.nan_to_num(visibility)[..., LANDMARK_JOINT] >= min_visibility
        width, height = image_size
        if width > 0 and height > 0:
            with np.errstate(invalid="ignore"):
                is_outside = (landmarks_px < 0) | (landmarks_px > (width, height))
            seen = seen & ~is_outside.any(axis=-1)
    return seen & ~_LEGS if only == "upper" else seen


def seen_in(detection: Detection, *, min_visibility: float = MIN_VISIBILITY, only: str = "all") -> BoolArray:
    """Return (33,) which landmarks of a frame were seen, as `seen_landmarks` says; none of nobody."""
    visibility, size_px = detection.visibility.take(LANDMARK_TO_COCO), detection.frame.size_px
    seen = seen_landmarks(detection.landmarks_px, visibility, size_px, min_visibility=min_visibility, only=only)
    return seen & detection.is_found


def joints_of(landmarks: BoolArray) -> BoolArray:
    """Return (..., 17) of (..., 33)."""
    joints: BoolArray = landmarks[..., LANDMARK_TO_COCO]
    return joints
