"""Videos with drawings: drawn and encoded in a thread of their own while the frames come."""

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import OutputError
from core.exporters.pictures.drawing import annotate
from core.exporters.pictures.encoder import VideoWriter
from core.exporters.pictures.side_by_side import side_by_side
from core.pose.types import ImageArray, Refined
from core.system.files.atomic import atomic_path
from core.system.files.suffixes import ANNOTATED, COMPARED

_QUEUE_SIZE, _POLL_S = 8, 0.1


@dataclass(frozen=True)
class DrawnVideo:
    """One kind of video.

    Attributes:
        ending: What follows the source's name.
        description: For help.
        draw: What is drawn of a packet; the size is the same for all frames of a size.
    """

    ending: str
    description: str
    draw: Callable[[Refined], ImageArray]


VIDEOS: Final = {
    "mp4": DrawnVideo(ANNOTATED, "annotated video", annotate),
    "compare": DrawnVideo(COMPARED, "video with MediaPipe's and the refined pose side by side", side_by_side),
}


class _DiscardedError(Exception):
    """Ends the thread so that nothing is left on disk."""


class AnnotatedVideo:
    """Takes packets and writes them as a video; the file appears when `finish` returns, or never.

    Args:
        path: The MP4 file.
        fps: Nominal frame rate, None when unknown.
        draw: Makes a picture of a packet.

    Threading: all methods are called from one thread; `add` blocks while the encoder is behind.
    """

    def __init__(self, path: Path, fps: float | None, draw: Callable[[Refined], ImageArray] = annotate) -> None:
        self._path, self._fps, self._draw = path, fps, draw
        self._queue: queue.Queue[Refined | bool] = queue.Queue(_QUEUE_SIZE)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="annotated-video")
        self._work: Future[None] = self._pool.submit(self._write)
        self._is_over = False

    def add(self, packet: Refined) -> None:
        """Append a packet.

        Raises:
            OutputError: The video cannot be written.
        """
        self._put(packet)

    def finish(self) -> Path:
        """Complete the file and return its path.

        Raises:
            OutputError: The video cannot be written.
        """
        self._end(keep=True)
        self._work.result()
        return self._path

    def discard(self) -> None:
        """Leave nothing on disk, unless finished before."""
        self._end(keep=False)

    def _end(self, *, keep: bool) -> None:
        if not self._is_over:
            self._is_over = True
            if not self._work.done():
                self._put(keep)
            self._pool.shutdown(wait=True)

    def _put(self, item: Refined | bool) -> None:
        while True:
            if self._work.done():  # it ends early only by an error
                self._work.result()
            try:
                self._queue.put(item, timeout=_POLL_S)
                return
            except queue.Full:
                continue

    def _write(self) -> None:
        try:
            with atomic_path(self._path) as temporary, VideoWriter(temporary, self._fps) as writer:
                while not isinstance(item := self._queue.get(), bool):
                    writer.add(self._draw(item), item.detection.frame.time_s)
                if not item:
                    raise _DiscardedError
        except _DiscardedError:
            pass
        except ValueError as error:  # how PyAV says that the encoder refuses
            raise OutputError(f"Cannot write {self._path}: {error}.") from error
