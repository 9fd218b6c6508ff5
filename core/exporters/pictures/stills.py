"""Pictures of a video at a few moments, with the body drawn on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from core.errors import NdrError
from core.exporters.pictures.drawing import draw_landmarks
from core.pose.seen import seen_landmarks
from core.pose.types import FloatArray, ImageArray
from core.sequence.pose_sequence import PoseSequence
from core.sources import open_video
from core.sources.reading import AS_IT_SAYS, Reading

_HEIGHT_PX: Final = 720
_MARGIN: Final = 0.25


@dataclass(frozen=True)
class Still:
    """A picture of the report.

    Attributes:
        time_s: Of the source.
        image: (H, W, 3) RGB, cut to the person.
    """

    time_s: float
    image: ImageArray


def stills(
    sequence: PoseSequence, video: Path | None, times_s: tuple[float, ...], reading: Reading = AS_IT_SAYS
) -> list[Still]:
    """Return the pictures nearest to the times; none where there is no video, or it can no longer be read."""
    if video is None or not times_s:
        return []
    found = []
    box = _box(sequence)
    for time_s in times_s:
        row = int(np.abs(sequence.time_s - time_s).argmin())
        try:
            source = open_video(video, start_s=max(float(sequence.time_s[row]) - 1e-4, 0.0), reading=reading)
            frames = source.frames()
            frame = next(frames, None)
            source.close()
        except NdrError:
            return []
        if frame is not None:
            image = frame.image.copy()
            seen = seen_landmarks(sequence.landmarks_px[row], sequence.visibility[row], sequence.image_size)
            if sequence.is_found[row]:
                draw_landmarks(image, sequence.landmarks_px[row].astype(float), seen)
            found.append(Still(float(sequence.time_s[row]), _cut(image, box)))
    return found


def _box(sequence: PoseSequence) -> FloatArray:
    """Return left, top, right, bottom around the person in all of the film, pixels; NaN where nobody is."""
    points = sequence.landmarks_px[sequence.is_found].reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return np.full(4, np.nan)
    low, high = np.percentile(points, [1, 99], axis=0)
    room = _MARGIN * float((high - low).max())
    return np.concatenate([low - room, high + room])


def _cut(image: ImageArray, box: FloatArray) -> ImageArray:
    height, width = image.shape[:2]
    if np.isfinite(box).all():
        left, top = np.clip(box[:2], 0, [width - 2, height - 2]).astype(int)
        right, bottom = np.clip(box[2:], [left + 2, top + 2], [width, height]).astype(int)
        image = image[top:bottom, left:right]
    scale = min(_HEIGHT_PX / image.shape[0], 1.0)
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
