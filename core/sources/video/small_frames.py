"""Small pictures of a file, for a look at where one might go; exact indices and damage are no matter here."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.pose.types import ImageArray
from core.sources.scan import scan
from core.sources.video.packets import decoded_frames
from core.sources.video.timeline import Place
from core.sources.video.upright import to_upright_rgb
from core.sources.video_file import opened_at

_TOLERANCE_S = 1e-6


def small_frames(
    path: Path, time_s: float, *, every_s: float, size_px: int
) -> Iterator[tuple[float, ImageArray | None]]:
    """Decode from the key frame before a time to the end of the file, one frame per step, on one thread.

    Args:
        path: The video.
        time_s: Where the look begins, seconds from the start of the file.
        every_s: A picture is made of the first frame of each such span of the file.
        size_px: Longer side of a picture; larger than the video it is not.

    Yields:
        The time of the frame, and its (H, W, 3) upright RGB picture, None for those that none is made of.

    Raises:
        SourceError: It cannot be opened or holds no video.
    """
    file = scan(path)
    wanted = int(np.searchsorted(file.timeline.times_s, time_s, side="right")) - 1
    with opened_at(path, file, wanted) as (container, stream):
        stream.thread_type = "NONE"  # the live loop needs the other cores
        place = Place(file.timeline)
        span = -1
        for frame in decoded_frames(container, stream, []):
            shown_s = place.go_on(frame.pts)
            is_first, span = span_of(shown_s, every_s) != span, span_of(shown_s, every_s)
            scale = min(1.0, size_px / max(frame.width, frame.height))
            aspect = float(stream.sample_aspect_ratio or 1)
            yield shown_s, to_upright_rgb(frame, aspect, scale=scale) if is_first else None


def span_of(time_s: float, every_s: float) -> int:
    """Return the number of the span that a time is in; a time at a boundary, give or take rounding, begins one."""
    return int((time_s + _TOLERANCE_S) / every_s)
