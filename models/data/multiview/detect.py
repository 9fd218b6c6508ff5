"""MediaPipe over whole videos: as it runs live, for the pairs, and as well as it can, for the truth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.detector import PoseDetector
from core.errors import DataError
from core.pose_model import PoseModel
from core.skeleton import LANDMARK_TO_COCO, SWAP_SIDES
from core.sources import open_source
from core.types import Detection, FloatArray, Frame, ImageArray

_GREY: Final = 128
_MIRROR_TOLERANCE: Final = 0.03


@dataclass(frozen=True)
class DetectedVideo:
    """What MediaPipe saw in each frame of a video; NaN, visibility 0, where it saw nobody.

    Attributes:
        landmarks_px: (T, 33, 2) pixels.
        landmarks_m: (T, 33, 3) metres, view-ray frame.
        visibility: (T, 33) in 0..1.
        frame_index: (T,) frame number.
        time_s: (T,) seconds.
        image_size: (width, height).
    """

    landmarks_px: FloatArray
    landmarks_m: FloatArray
    visibility: FloatArray
    frame_index: npt.NDArray[np.integer]
    time_s: FloatArray
    image_size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.frame_index)

    @property
    def is_found(self) -> npt.NDArray[np.bool_]:
        """(T,) whether somebody was seen."""
        return np.asarray(np.isfinite(self.landmarks_m).all(axis=(1, 2)))

    @property
    def joints_px(self) -> FloatArray:
        """(T, 17, 2) the COCO joints among the landmarks."""
        return self.landmarks_px[:, LANDMARK_TO_COCO]

    @property
    def joint_visibility(self) -> FloatArray:
        """(T, 17)."""
        return self.visibility[:, LANDMARK_TO_COCO]


def detect_video(
    path: Path,
    model: PoseModel,
    mode: str = "video",
    boxes: FloatArray | None = None,
    times_s: FloatArray | None = None,
) -> DetectedVideo:
    """Run MediaPipe over every frame of a video, in the mode that runs live.

    Args:
        path: The video.
        model: MediaPipe's pose model.
        mode: video or image.
        boxes: (T, 4) left, top, right, bottom, pixels: all else is painted grey, so that nobody else is seen; NaN for
            a frame without the person. None: the whole image.
        times_s: (T,) when the frames were taken, if the video's own times are wrong.

    Raises:
        SourceError: The video cannot be read.
        DataError: It has no frames.
    """
    with PoseDetector(model, mode) as detector:
        found = [detector.detect(_only(frame, boxes)) for frame in _frames(path, times_s)]
    if not found:
        raise DataError(f"{path} has no frames.")
    return _stacked(found)


def detect_keypoints(path: Path, model: PoseModel, boxes: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return (T, 17, 2) keypoints for triangulation, and (T, 17) how far to trust each: MediaPipe at its best.

    Every frame is looked at afresh, so that nothing lags, cut to the person, and once more in the mirror: the mean of
    both has no preference for a side, and what they disagree about is not trusted.

    Raises:
        SourceError: The video cannot be read.
    """
    keypoints, trust = [], []
    with PoseDetector(model, "image") as detector:
        for frame in _frames(path, None):
            image, corner = _cut(frame, boxes)
            width = image.shape[1]
            seen = detector.detect(replace(frame, image=image))
            mirrored = detector.detect(replace(frame, image=np.ascontiguousarray(image[:, ::-1])))
            both = np.stack([seen.landmarks_px, mirrored.landmarks_px])[:, LANDMARK_TO_COCO]
            both[1, :, 0] = width - both[1, :, 0]
            both[1] = both[1, SWAP_SIDES]
            visibility = np.stack([seen.visibility, mirrored.visibility])[:, LANDMARK_TO_COCO]
            visibility[1] = visibility[1, SWAP_SIDES]
            keypoints.append(both.mean(axis=0) + corner)
            trust.append(_agreement(both) * visibility.min(axis=0))
    return np.array(keypoints), np.array(trust)


def _agreement(both: FloatArray) -> FloatArray:
    """Return (17,) in 0..1 how well two detections agree, in units of 3 % of the person's extent."""
    if not np.isfinite(both).all():
        return np.zeros(both.shape[1])
    extent = max(float(np.ptp(both[0], axis=0).max()), 1.0)
    distance = np.linalg.norm(both[0] - both[1], axis=-1)
    return np.asarray(np.exp(-((distance / (_MIRROR_TOLERANCE * extent)) ** 2)))


def _frames(path: Path, times_s: FloatArray | None) -> Iterator[Frame]:
    source = open_source(path)
    try:
        for frame in source.frames():
            if times_s is None:
                yield frame
            elif frame.index < len(times_s):
                yield replace(frame, time_s=float(times_s[frame.index]))
    finally:
        source.close()


def _bounds(frame: Frame, boxes: FloatArray | None) -> tuple[int, int, int, int] | None:
    width, height = frame.size_px
    if boxes is None:
        return 0, 0, width, height
    box = boxes[frame.index] if frame.index < len(boxes) else np.full(4, np.nan)
    if not np.isfinite(box).all():
        return None
    left, top, right, bottom = np.round(np.clip(box, 0, [width, height, width, height])).astype(int)
    return (int(left), int(top), int(right), int(bottom)) if right - left > 1 and bottom - top > 1 else None


def _only(frame: Frame, boxes: FloatArray | None) -> Frame:
    if boxes is None:
        return frame
    image = np.full_like(frame.image, _GREY)
    bounds = _bounds(frame, boxes)
    if bounds is not None:
        left, top, right, bottom = bounds
        image[top:bottom, left:right] = frame.image[top:bottom, left:right]
    return replace(frame, image=image)


def _cut(frame: Frame, boxes: FloatArray | None) -> tuple[ImageArray, FloatArray]:
    bounds = _bounds(frame, boxes)
    if bounds is None:
        return np.full((16, 16, 3), _GREY, dtype=np.uint8), np.zeros(2)
    left, top, right, bottom = bounds
    return np.ascontiguousarray(frame.image[top:bottom, left:right]), np.array([left, top], dtype=float)


def _stacked(found: list[Detection]) -> DetectedVideo:
    return DetectedVideo(
        landmarks_px=np.stack([d.landmarks_px for d in found]),
        landmarks_m=np.stack([d.landmarks_m for d in found]),
        visibility=np.stack([d.visibility for d in found]),
        frame_index=np.array([d.frame.index for d in found]),
        time_s=np.array([d.frame.time_s for d in found]),
        image_size=found[0].frame.size_px,
    )
