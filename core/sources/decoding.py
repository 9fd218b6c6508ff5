"""Decoding ahead in a thread, without losing a frame."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from core.pose.types import Frame
from core.sources import Source

_QUEUE_SIZE, _POLL_S = 8, 0.1


@contextlib.contextmanager
def decoding(source: Source) -> Iterator[Iterator[Frame | None]]:
    """Decode in a thread: yields an iterator of frames, with None whenever there is none within 0.1 s."""
    frames: queue.Queue[Frame | None] = queue.Queue(_QUEUE_SIZE)
    halt = threading.Event()

    def decode() -> None:
        for frame in source.frames():
            while not halt.is_set():
                with contextlib.suppress(queue.Full):
                    frames.put(frame, timeout=_POLL_S)
                    break
            if halt.is_set():
                return

    def take(work: Future[None]) -> Iterator[Frame | None]:
        while True:
            is_last_look = work.done()
            try:
                yield frames.get(timeout=0.0 if is_last_look else _POLL_S)
            except queue.Empty:
                if is_last_look:
                    break
                yield None
        work.result()

    with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:
        work = pool.submit(decode)
        try:
            yield take(work)
        finally:
            halt.set()


class UntilStopped:
    """Frames that are decoded ahead, up to the last or until somebody asks for the end, also while none comes.

    Attributes:
        is_stopped: Whether somebody did.
    """

    def __init__(self, frames: Iterator[Frame | None], stop: Callable[[], bool]) -> None:
        self._frames, self._stop = frames, stop
        self.is_stopped = False

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.is_stopped = self.is_stopped or self._stop()
            if self.is_stopped:
                return
            if frame is not None:
                yield frame
