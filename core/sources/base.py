"""What every source offers."""

from collections.abc import Iterator
from typing import Protocol

from core.pose.types import Frame


class Source(Protocol):
    """Frames in the order of time.

    Attributes:
        name: Shown to people: the file's name, "camera 0", the address.
        size_px: (width, height) of the frames, upright.
        fps: Nominal frame rate, or None when unknown.
        n_frames: How many frames to expect, an estimate; None for a live source.
        is_live: Whether frames that are not taken in time are lost.
        warnings: What went wrong without ending the source, one sentence each; grows while frames are read.
    """

    name: str
    size_px: tuple[int, int]
    fps: float | None
    n_frames: int | None
    is_live: bool
    warnings: list[str]

    def frames(self) -> Iterator[Frame]:
        """Yield the frames: RGB, upright, times strictly increasing. A file starts anew at each call.

        Raises:
            SourceError: A live source stopped giving frames.
        """
        ...

    def close(self) -> None:
        """Free the device; `frames` ends at its next frame. Safe to call twice and from another thread."""
        ...
