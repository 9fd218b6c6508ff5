"""Whether somebody was filmed on their side or head down: MediaPipe finds them all the same, nothing else says so."""

from typing import Final

import numpy as np

from core.pose.skeleton import LANDMARK_TO_COCO, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from core.pose.types import FloatArray

_LEAST_TILT_DEG: Final = 60.0
_LEAST_AGREEMENT: Final = 0.8
"""Length of the mean of unit vectors: 1 when the body points the same way in all frames."""


def turn_to_upright_deg(landmarks_px: FloatArray) -> int:
    """Return by how much a picture must be turned clockwise for the person in it to stand: 0, 90, 180 or 270.

    Who lies on the floor throughout looks the same: it is a question to a person, not an answer.

    Args:
        landmarks_px: (T, 33, 2) image landmarks; NaN where nobody was found.
    """
    joints = landmarks_px[:, LANDMARK_TO_COCO].astype(float)
    trunk = joints[:, [LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=1) - joints[:, [LEFT_HIP, RIGHT_HIP]].mean(axis=1)
    length = np.linalg.norm(trunk, axis=1)
    known = np.isfinite(length) & (length > 0)
    if not known.any():
        return 0
    mean = (trunk[known] / length[known, None]).mean(axis=0)
    tilt_deg = float(np.rad2deg(np.arctan2(mean[0], -mean[1])))  # clockwise from up
    if np.hypot(*mean) < _LEAST_AGREEMENT or abs(tilt_deg) < _LEAST_TILT_DEG:
        return 0
    return round(-tilt_deg / 90.0) % 4 * 90


def sideways_sentence(name: str, turn_deg: int) -> str:
    """Return what to ask when `turn_to_upright_deg` is not 0."""
    way = {90: "on their side", 180: "head down", 270: "on their side"}[turn_deg]
    return f"Whoever is in {name} is {way} throughout: if the picture is turned, add --turn {turn_deg}."
