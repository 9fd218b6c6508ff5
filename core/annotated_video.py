"""The annotated video, drawn and encoded in a thread of its own while the frames come."""

import queue
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from core.atomic import atomic_path
from core.drawing import annotate
from core.errors import OutputError
from core.exporters.video import VideoWriter
from core.types import Refined

_QUEUE_SIZE, _POLL_S = 8, 0.1


class _DiscardedError(Exception):
    """Ends the thread so that nothing is left on disk."""


class AnnotatedVideo:
    """Takes packets and writes them as a video; the file appears when `finish` returns, or never.

    Threading: all methods are called from one thread; `add` blocks while the encoder is behind.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        self._path, self._fps = path, fps
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
                    writer.add(annotate(item), item.detection.frame.time_s)
                if not item:
                    raise _DiscardedError
        except _DiscardedError:
            pass
        except ValueError as error:  # how PyAV says that the encoder refuses
            raise OutputError(f"Cannot write {self._path}: {error}.") from error
