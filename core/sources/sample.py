"""The clip that comes along, in memory: what is measured on it must not wait for decoding."""

from functools import cache

from core.pose.types import Frame
from core.sources.video_file import VideoFile
from core.system.files.program import SAMPLE


@cache
def sample_frames(n: int) -> tuple[Frame, ...]:
    """Return the first n frames of a man in motion."""
    return tuple(frame for _, frame in zip(range(n), VideoFile(SAMPLE).frames(), strict=False))
