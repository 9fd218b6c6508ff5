"""Whether a video and its annotation belong together, and by how many frames they are apart.

The truth is projected into the video and compared with MediaPipe's image landmarks. MediaPipe smooths and so comes
late by about a frame; that belongs to the errors that a refiner is to learn, so only what exceeds it is a shift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.metrics import masked_mean
from core.skeleton import BODY
from core.types import FloatArray
from models.data.aist.annotations import RATE_HZ, joints_at
from models.data.multiview.camera import Camera
from models.data.multiview.detect import DetectedVideo

LARGEST_SHIFT: Final = 30  # frames of the annotation
_LEAST_VISIBILITY: Final = 0.5
_DETECTOR_LAG: Final = 1  # frames of the annotation, measured on rendered people
_LEAST_SHIFT: Final = 2
_LEAST_GAIN: Final = 0.1  # of the distance; less is chance
_FEWEST: Final = 0.6  # of the comparisons that the best overlap has
_CAP: Final = 0.25  # of the person's size: how much one lost limb may say


@dataclass(frozen=True)
class Agreement:
    """How a video fits its annotation after the shift was corrected.

    Attributes:
        shift_frames: The video's first frame shows this frame of the annotation.
        distance_px: Median distance of projected truth and MediaPipe's image landmarks, body joints; NaN when there
            is nothing to compare.
        distance_share: The same as a share of the person's size in the image (diagonal of the truth's box).
    """

    shift_frames: int
    distance_px: float
    distance_share: float


def compare(joints_m: FloatArray, camera: Camera, video: DetectedVideo) -> Agreement:
    """Return how well MediaPipe's image landmarks agree with the annotation, and the shift at which they do.

    Args:
        joints_m: (N, 17, 3) annotation, metres, room of the cameras.
        camera: Fitted to the video's size.
        video: What MediaPipe saw.
    """
    positions = video.time_s * RATE_HZ
    projected = camera.project(joints_m[:, BODY])  # the lens bends little between two frames
    seen = np.where(video.joint_visibility[:, BODY, None] >= _LEAST_VISIBILITY, video.joints_px[:, BODY], np.nan)
    size = _typical_size(projected)
    if not size > 0:
        return Agreement(0, np.nan, np.nan)

    def distances(shift: int) -> FloatArray:
        result: FloatArray = np.linalg.norm(joints_at(projected, positions + shift) - seen, axis=-1)
        return result

    shifts = range(-LARGEST_SHIFT, LARGEST_SHIFT + 1)
    scores, counts = np.full(len(shifts), np.nan), np.zeros(len(shifts))
    for number, shift in enumerate(shifts):
        d = distances(shift)
        counts[number] = np.isfinite(d).sum()
        scores[number] = float(masked_mean(np.minimum(d, _CAP * size)))
    scores[counts < max(_FEWEST * counts.max(), 1)] = np.nan
    shift = _choose(shifts, scores)
    final = distances(shift)
    known = final[np.isfinite(final)]
    median = float(np.median(known)) if len(known) else np.nan
    return Agreement(shift, median, median / size)


def _choose(shifts: Sequence[int], scores: FloatArray) -> int:
    """Return the best shift beyond MediaPipe's own delay, 0 unless it is clearly better."""
    if not np.isfinite(scores).any():
        return 0
    unshifted = scores[shifts.index(-_DETECTOR_LAG)]
    best = int(np.nanargmin(scores))
    shift = shifts[best] + _DETECTOR_LAG
    is_better = not np.isfinite(unshifted) or scores[best] < (1 - _LEAST_GAIN) * unshifted
    return shift if abs(shift) >= _LEAST_SHIFT and is_better else 0


def _typical_size(projected: FloatArray) -> float:
    """Return the median diagonal of the box around (N, J, 2) points, pixels; NaN without any."""
    whole = projected[np.isfinite(projected).all(axis=(1, 2))]
    if not len(whole):
        return np.nan
    return float(np.median(np.linalg.norm(np.ptp(whole, axis=1), axis=-1)))
