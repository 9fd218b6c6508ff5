"""Pictures of a video, one at a time and never in the way of the window."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from core.errors import NdrError
from core.sources.video_file import VideoFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.pose.types import Frame

_AHEAD = 12  # frames that are decoded on the way to a later one before it is sought instead


class FrameFetcher(QObject):
    """Fetches frames by number in a thread of its own; of several asked for meanwhile only the last is fetched.

    Signals:
        fetched (int, object): Frame number and (H, W, 3) uint8 RGB.
        failed (str): The video cannot be read.

    Threading: `want` and `close` are called from the UI thread; signals arrive there.
    """

    fetched = Signal(int, object)
    failed = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """Open a video.

        Raises:
            SourceError: It cannot be read.
        """
        super().__init__(parent)
        self.path = path
        self._source = VideoFile(path)
        self._times_s = self._source.frame_times_s()
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._wanted: int | None = None
        self._is_busy = False
        self._frames: Iterator[Frame] = iter(())
        self._at = -1
        self.fetched.connect(self._on_done)
        self.failed.connect(self._on_done)

    def want(self, index: int) -> None:
        """Ask for a frame."""
        self._wanted = index
        if not self._is_busy:
            self._start()

    def close(self) -> None:
        """Wait for the frame under way and let go of the file."""
        self._wanted = None
        self._pool.waitForDone()
        self._source.close()
        self._frames = iter(())

    def _start(self) -> None:
        index, self._wanted = self._wanted, None
        if index is not None and 0 <= index < len(self._times_s):
            self._is_busy = True
            self._pool.start(QRunnable.create(lambda: self._fetch(index)))

    def _on_done(self) -> None:
        self._is_busy = False
        self._start()

    def _fetch(self, index: int) -> None:
        try:
            if self._at < 0 or not self._at < index <= self._at + _AHEAD:
                self._frames, self._at = self._source.frames_from(float(self._times_s[index])), -1
            for frame in self._frames:
                self._at = frame.index
                if frame.index >= index:
                    break
            else:
                self._at = -1
                self._tell(self.failed, f"{self.path.name} has no frame {index}.")
                return
        except NdrError as error:
            self._tell(self.failed, str(error))
            return
        self._tell(self.fetched, index, frame.image)

    def _tell(self, signal: object, *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
            signal.emit(*values)  # type: ignore[attr-defined]
