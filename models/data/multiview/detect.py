"""MediaPipe over whole videos."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.detector import PoseDetector
from core.errors import DataError
from core.pose_model import PoseModel
from core.skeleton import LANDMARK_TO_COCO
from core.sources import open_source
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
    """

    landmarks_px: FloatArray
    landmarks_m: FloatArray
    visibility: FloatArray
    frame_index: npt.NDArray[np.integer]
    time_s: FloatArray
    image_size: tuple[int, int]

    @property
    def joints_px(self) -> FloatArray:
        """(T, 17, 2) the COCO joints among the landmarks."""
        return self.landmarks_px[:, LANDMARK_TO_COCO]

    @property
    def joint_visibility(self) -> FloatArray:
        """(T, 17)."""
        return self.visibility[:, LANDMARK_TO_COCO]


def detect_video(path: Path, model: PoseModel, mode: str = "video") -> DetectedVideo:
    """Run MediaPipe over every frame of a video, in the mode that runs live.

    Raises:
        SourceError: The video cannot be read.
        DataError: It has no frames.
    """
    source = open_source(path)
    try:
        with PoseDetector(model, mode) as detector:
            found = [detector.detect(frame) for frame in source.frames()]
    finally:
        source.close()
    if not found:
        raise DataError(f"{path} has no frames.")
    return DetectedVideo(
        landmarks_px=np.stack([d.landmarks_px for d in found]),
        landmarks_m=np.stack([d.landmarks_m for d in found]),
        visibility=np.stack([d.visibility for d in found]),
        frame_index=np.array([d.frame.index for d in found]),
        time_s=np.array([d.frame.time_s for d in found]),
        image_size=source.size_px,
    )
