"""MediaPipe over whole videos: as it runs live, for the pairs, and as well as it can, for the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.detection.bundle import PoseModel
from core.detection.detector import PoseDetector
from core.errors import DataError
from core.pose.skeleton import BODY, LANDMARK_TO_COCO, N_JOINTS, SWAP_SIDES
from core.pose.types import Detection, FloatArray, Frame, ImageArray
from core.sources import open_source
from models.data.looks import LoadedLook, observe_each

_GREY: Final = 128
_MIRROR_TOLERANCE: Final = 0.03
_MOST_IN_CUT: Final = 2
_NEAR: Final = 0.2
_ROOM: Final = 0.35
_FOLLOWED: Final = 0.5


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
    looks: Sequence[LoadedLook],
    mode: str = "video",
    boxes: FloatArray | None = None,
    times_s: FloatArray | None = None,
) -> list[DetectedVideo]:
    """Return what each look sees in every frame of a video, in the mode that runs live.

    Args:
        path: The video.
        looks: Who looks.
        mode: video or image.
        boxes: (T, 4) left, top, right, bottom, pixels: all else is painted grey, so that nobody else is seen; NaN for
            a frame without the person. None: the whole image.
        times_s: (T,) when the frames were taken, if the video's own times are wrong.

    Raises:
        SourceError: The video cannot be read.
        DataError: It has no frames.
    """
    seen = observe_each((_only(frame, boxes) for frame in _frames(path, times_s)), looks, mode)
    if not seen[0]:
        raise DataError(f"{path} has no frames.")
    return [stacked(found) for found in seen]


def detect_keypoints(path: Path, model: PoseModel, live: DetectedVideo) -> tuple[FloatArray, FloatArray]:
    """Return (T, 17, 2) keypoints for triangulation, and (T, 17) how far to trust each: MediaPipe at its best.

    Every frame is looked at afresh, so that nothing lags, cut to the person who was followed live, and once more in the
    mirror: the mean of both has no preference for a side, and what they disagree about is not trusted. Of several
    people in the cut the one nearest to the live joints counts; where none is near, the live joints do, at half weight.

    Args:
        path: The video.
        model: MediaPipe's pose model.
        live: What `detect_video` made of the same video: T rows.

    Raises:
        SourceError: The video cannot be read.
    """
    row_of = {int(index): row for row, index in enumerate(live.frame_index)}
    keypoints, trust = np.full((len(live), N_JOINTS, 2), np.nan), np.zeros((len(live), N_JOINTS))
    with PoseDetector(model, "image", n_people=_MOST_IN_CUT) as detector:
        for frame in _frames(path, None):
            row = row_of.get(frame.index)
            if row is None or not live.is_found[row]:
                continue
            followed = live.joints_px[row]
            image, corner = _cut(frame, followed)
            found = [
                _nearest(detector.detect_all(replace(frame, image=image)), followed - corner, 0),
                _nearest(
                    detector.detect_all(replace(frame, image=np.ascontiguousarray(image[:, ::-1]))),
                    followed - corner,
                    image.shape[1],
                ),
            ]
            both = [each for each in found if each is not None]
            if not both:
                keypoints[row], trust[row] = followed, _FOLLOWED * live.joint_visibility[row]
                continue
            points = np.stack([each[0] for each in both])
            keypoints[row] = points.mean(axis=0) + corner
            trust[row] = np.min([each[1] for each in both], axis=0)
            trust[row] *= _agreement(points) if len(both) == 2 else _FOLLOWED
    return keypoints, trust


def _nearest(found: list[Detection], wanted: FloatArray, mirror_width: int) -> tuple[FloatArray, FloatArray] | None:
    """Return (17, 2) joints and (17,) visibilities of the person nearest to `wanted`, None if nobody is near."""
    best, best_distance = None, _NEAR * float(np.ptp(wanted, axis=0).max())
    for each in found:
        points, visibility = each.landmarks_px[LANDMARK_TO_COCO], each.visibility[LANDMARK_TO_COCO]
        if mirror_width:
            points = np.column_stack([mirror_width - points[:, 0], points[:, 1]])[SWAP_SIDES]
            visibility = visibility[SWAP_SIDES]
        # sides do not count: the live pose may have them exchanged
        distance = min(float(np.median(np.linalg.norm(p[BODY] - wanted[BODY], axis=-1))) for p in
                       (points, points[SWAP_SIDES]))  # fmt: skip
        if distance < best_distance:
            best, best_distance = (points, visibility), distance
    return best


def _agreement(both: FloatArray) -> FloatArray:
    """Return (17,) in 0..1 how well two detections agree, in units of 3 % of the person's extent."""
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


def _only(frame: Frame, boxes: FloatArray | None) -> Frame:
    if boxes is None:
        return frame
    image = np.full_like(frame.image, _GREY)
    box = boxes[frame.index] if frame.index < len(boxes) else np.full(4, np.nan)
    if np.isfinite(box).all():
        left, top, right, bottom = _inside(box, frame.size_px)
        image[top:bottom, left:right] = frame.image[top:bottom, left:right]
    return replace(frame, image=image)


def _cut(frame: Frame, joints_px: FloatArray) -> tuple[ImageArray, FloatArray]:
    """Return the part of the image around a person, and where its corner is."""
    low, high = joints_px.min(axis=0), joints_px.max(axis=0)
    room = _ROOM * float((high - low).max())
    left, top, right, bottom = _inside(np.concatenate([low - room, high + room]), frame.size_px)
    return np.ascontiguousarray(frame.image[top:bottom, left:right]), np.array([left, top], dtype=float)


def _inside(box: FloatArray, size_px: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in whole pixels within an image, 16 pixels wide and high at least."""
    width, height = size_px
    left, right = (int(v) for v in np.clip(np.round(box[[0, 2]]), 0, width))
    top, bottom = (int(v) for v in np.clip(np.round(box[[1, 3]]), 0, height))
    left, top = min(left, max(width - 16, 0)), min(top, max(height - 16, 0))
    return left, top, max(right, min(left + 16, width)), max(bottom, min(top + 16, height))


def stacked(found: Sequence[Detection]) -> DetectedVideo:
    """Return the detections of a video's frames as arrays."""
    return DetectedVideo(
        landmarks_px=np.stack([d.landmarks_px for d in found]),
        landmarks_m=np.stack([d.landmarks_m for d in found]),
        visibility=np.stack([d.visibility for d in found]),
        frame_index=np.array([d.frame.index for d in found]),
        time_s=np.array([d.frame.time_s for d in found]),
        image_size=found[0].frame.size_px,
    )
