"""Whether a video and its annotation belong together, and by how many frames they are apart.

The truth is projected into the video and compared with MediaPipe's image landmarks. MediaPipe comes late by a part of a
frame; that belongs to the errors that a refiner is to learn, so it is no shift.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.skeleton import BODY
from core.pose.types import FloatArray
from models.data.aist.annotations import RATE_HZ, joints_at
from models.data.calibration.camera import CalibratedCamera
from models.data.multiview.video_detection import DetectedVideo

LARGEST_SHIFT: Final = 30  # frames of the annotation
_SHIFTS: Final = np.arange(-LARGEST_SHIFT, LARGEST_SHIFT + 1)
_UNSHIFTED: Final = LARGEST_SHIFT  # its index
_LEAST_SHIFT: Final = 2
_DETECTOR_LAG: Final = 0.6  # frames of the annotation: 0.4 to 1.1 on 26 videos of rendered dancers, variant full
_LEAST_GAIN: Final = 0.02  # of what is left of the distance; less is chance
_LEAST_VISIBILITY: Final = 0.5
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
        is_beyond: The video fits best at the end of what was tried, so its time is farther off than that.
    """

    shift_frames: int
    distance_px: float
    distance_share: float
    is_beyond: bool = False


def compare(joints_m: FloatArray, camera: CalibratedCamera, video: DetectedVideo) -> Agreement:
    """Return how well MediaPipe's image landmarks agree with the annotation, and the shift at which they do.

    Args:
        joints_m: (N, 17, 3) annotation, metres, room of the cameras.
        camera: Fitted to the video's size.
        video: What MediaPipe saw.
    """
    positions = video.time_s * RATE_HZ
    projected = camera.project(joints_m[:, BODY])  # the lens bends little between two frames
    visible = video.joint_visibility[:, BODY, None] >= _LEAST_VISIBILITY
    seen = np.where(visible, video.joints_px[:, BODY], np.nan)
    size = _typical_size(projected)
    if not size > 0:
        return Agreement(0, np.nan, np.nan)
    differences = np.stack([joints_at(projected, positions + shift) - seen for shift in _SHIFTS])
    best = _best(differences, _CAP * size)
    distances = np.linalg.norm(differences[best], axis=-1)
    known = distances[np.isfinite(distances)]
    median = float(np.median(known)) if len(known) else np.nan
    return Agreement(int(_SHIFTS[best]), median, median / size, best in (0, len(_SHIFTS) - 1))


def _best(differences: FloatArray, cap: float) -> int:
    """Return the index of the shift at which (S, T, J, 2) differences vary least; that of 0 where chance may speak.

    Both halves of the video must say the same, to within a frame, as the whole.
    """
    scores = _variation(differences, cap)
    if not np.isfinite(scores[_UNSHIFTED]):
        return _UNSHIFTED
    lowest = int(np.nanargmin(scores))
    best = int(np.clip(round(_vertex(scores, lowest) + _DETECTOR_LAG), 0, len(_SHIFTS) - 1))
    if abs(_SHIFTS[best]) < _LEAST_SHIFT or scores[best] > (1 - _LEAST_GAIN) * scores[_UNSHIFTED]:
        return _UNSHIFTED
    middle = differences.shape[1] // 2
    for half in (differences[:, :middle], differences[:, middle:]):
        of_half = _variation(half, cap)
        if not np.isfinite(of_half).any() or abs(int(np.nanargmin(of_half)) - lowest) > 1:
            return _UNSHIFTED
    return best


def _vertex(scores: FloatArray, lowest: int) -> float:
    """Return where the parabola through the lowest score and its neighbours has its lowest point."""
    if not 0 < lowest < len(scores) - 1:
        return float(lowest)
    before, at, after = scores[lowest - 1 : lowest + 2]
    bend = before - 2 * at + after
    return lowest + float((before - after) / (2 * bend)) if bend > 0 else float(lowest)


def _variation(differences: FloatArray, cap: float) -> FloatArray:
    """Return the (S,) mean length of (S, T, J, 2) differences from their joint's median; NaN where few can be compared.

    A constant difference (two definitions of a hip) says nothing about time. Each length counts `cap` at most.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a joint that is never seen has no median
        lengths = np.linalg.norm(differences - np.nanmedian(differences, axis=1, keepdims=True), axis=-1)
        counts = np.isfinite(lengths).sum(axis=(1, 2))
        means = np.nanmean(np.minimum(lengths, cap), axis=(1, 2))
    result: FloatArray = np.where(counts >= max(_FEWEST * counts.max(), 1), means, np.nan)
    return result


def _typical_size(projected: FloatArray) -> float:
    """Return the median diagonal of the box around (N, J, 2) points, pixels; NaN without any."""
    whole = projected[np.isfinite(projected).all(axis=(1, 2))]
    if not len(whole):
        return np.nan
    return float(np.median(np.linalg.norm(np.ptp(whole, axis=1), axis=-1)))
