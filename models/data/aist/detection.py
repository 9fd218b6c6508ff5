"""MediaPipe over one video, as it runs live, in memory that does not grow with the images."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import SourceError
from core.sources import VideoFile
from models.data.looks import LoadedLook, observe_each
from models.data.multiview.video_detection import DetectedVideo, stacked


def watch(path: Path, looks: Sequence[LoadedLook], stride: int, end_s: float) -> list[DetectedVideo]:
    """Return what each look sees in every `stride`-th frame before `end_s`, in video mode.

    Raises:
        SourceError: The video cannot be read, has no frames or is damaged: what is missing would be known to no one.
    """
    source = VideoFile(path, end_s=end_s, stride=stride)
    seen = observe_each(source.frames(), looks)
    if source.warnings or not seen[0]:
        reason = " ".join(source.warnings) or f"{path.name} has no frames."
        raise SourceError(f"{reason} Fetch it again.")
    return [stacked(found) for found in seen]
