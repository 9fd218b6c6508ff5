"""MediaPipe over whole videos."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.detector import PoseDetector
from core.errors import DataError
from core.pose_model import PoseModel
from core.skeleton import LANDMARK_TO_COCO
from core.sources import VideoFile
from core.types import FloatArray


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
        warnings: What was wrong with the video without ending it, one sentence each.
    """

    landmarks_px: FloatArray
    landmarks_m: FloatArray
    visibility: FloatArray
    frame_index: npt.NDArray[np.integer]
    time_s: FloatArray
    image_size: tuple[int, int]
    warnings: tuple[str, ...] = ()

    @property
    def joints_px(self) -> FloatArray:
        """(T, 17, 2) the COCO joints among the landmarks."""
        return self.landmarks_px[:, LANDMARK_TO_COCO]

    @property
    def joint_visibility(self) -> FloatArray:
        """(T, 17)."""
        return self.visibility[:, LANDMARK_TO_COCO]


def detect_video(
    path: Path, model: PoseModel, mode: str = "video", *, stride: int = 1, end_s: float | None = None
) -> DetectedVideo:
    """Run MediaPipe over the frames of a video, in the mode that runs live. Images are not kept.

    Args:
        path: The video.
        model: MediaPipe's model.
        mode: video or image.
        stride: Look only at frames whose number is a multiple of it, as a camera of that lower rate would.
        end_s: Leave out frames from this time on.

    Raises:
        SourceError: The video cannot be read.
        DataError: It has no frames.
    """
    source = VideoFile(path, end_s=end_s, stride=stride)
    pixels, metres, visibility, index, time_s = [], [], [], [], []
    with PoseDetector(model, mode) as detector:
        for frame in source.frames():
            found = detector.detect(frame)
            pixels.append(found.landmarks_px)
            metres.append(found.landmarks_m)
            visibility.append(found.visibility)
            index.append(frame.index)
            time_s.append(frame.time_s)
    if not index:
        raise DataError(f"{path} has no frames.")
    return DetectedVideo(
        landmarks_px=np.stack(pixels),
        landmarks_m=np.stack(metres),
        visibility=np.stack(visibility),
        frame_index=np.array(index),
        time_s=np.array(time_s),
        image_size=source.size_px,
        warnings=tuple(source.warnings),
    )
