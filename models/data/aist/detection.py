"""MediaPipe over one video, as it runs live, in memory that does not grow with the images."""

from pathlib import Path

import numpy as np

from core.detection.bundle import PoseModel
from core.detection.detector import PoseDetector
from core.errors import SourceError
from core.pose.types import FloatArray
from core.sources import VideoFile
from models.data.multiview.video_detection import DetectedVideo


def watch(path: Path, model: PoseModel, stride: int, end_s: float) -> DetectedVideo:
    """Return what MediaPipe sees in every `stride`-th frame before `end_s`, in video mode.

    Raises:
        SourceError: The video cannot be read, has no frames or is damaged: what is missing would be known to no one.
    """
    source = VideoFile(path, end_s=end_s, stride=stride)
    pixels: list[FloatArray] = []
    metres: list[FloatArray] = []
    visibility: list[FloatArray] = []
    index, time_s = [], []
    with PoseDetector(model, "video") as detector:
        for frame in source.frames():
            seen = detector.detect(frame)
            pixels.append(seen.landmarks_px)
            metres.append(seen.landmarks_m)
            visibility.append(seen.visibility)
            index.append(frame.index)
            time_s.append(frame.time_s)
    if source.warnings or not index:
        reason = " ".join(source.warnings) or f"{path.name} has no frames."
        raise SourceError(f"{reason} Fetch it again.")
    return DetectedVideo(
        landmarks_px=np.stack(pixels),
        landmarks_m=np.stack(metres),
        visibility=np.stack(visibility),
        frame_index=np.array(index),
        time_s=np.array(time_s),
        image_size=source.size_px,
    )
