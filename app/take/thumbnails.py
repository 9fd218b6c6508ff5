"""Small pictures of the file that is open, made when somebody points at them."""

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.task import Task
from core.pose.types import ImageArray
from core.sources.video.small_frames import small_frames, span_of

_N_PICTURES: Final = 200
_LEAST_SPAN_S: Final = 0.1
_SIZE_PX: Final = 192
_NICENESS: Final = 10


class Thumbnails(QObject):
    """Pictures of a file, at most `_N_PICTURES` of them, each made once.

    Of several that are asked for while one is made only the last is made next, and what is decoded on the way to a
    picture is kept.

    Signals:
        made(float): A picture for this time is there now, as asked for by `want`.

    Threading: called from the UI thread; a thread decodes, at low priority, while something is wanted and no longer.
    """

    made = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._every_s = 1.0
        self._pictures: dict[int, QImage] = {}
        self._wanted_s: float | None = None
        self._task: Task | None = None
        self._ended = threading.Event()

    def open(self, path: Path | None, duration_s: float | None) -> None:
        """Take another file; None: there is none to take pictures of."""
        self.close()
        self._path = path
        self._every_s = max((duration_s or 0.0) / _N_PICTURES, _LEAST_SPAN_S)

    def picture(self, time_s: float) -> QImage | None:
        """Return the picture for a time if it is there."""
        return self._pictures.get(self._span(time_s))

    def want(self, time_s: float) -> None:
        """Ask for the picture for a time; `made` says when it is there. Nothing comes of a file without it."""
        if self._path is None or self.picture(time_s) is not None:
            return
        self._wanted_s = time_s
        if self._task is None:
            self._start()

    def close(self) -> None:
        """Stop, and forget all pictures."""
        self._wanted_s = None
        if self._task is not None:
            self._ended.set()
            self._task.abandon()
            self._task.wait()
            self._task = None
        self._path = None
        self._pictures = {}

    def _span(self, time_s: float) -> int:
        return span_of(time_s, self._every_s)

    def _start(self) -> None:
        path, time_s, every_s = self._path, self._wanted_s, self._every_s
        if path is None or time_s is None:
            return
        ended = self._ended = threading.Event()
        span = self._span(time_s)

        def work() -> tuple[float, dict[int, QImage]]:
            _yield_to_the_loop()
            found: dict[int, QImage] = {}
            for shown_s, image in small_frames(path, span * every_s, every_s=every_s, size_px=_SIZE_PX):
                if image is not None:
                    found[span_of(shown_s, every_s)] = _to_qimage(image)
                if ended.is_set() or span_of(shown_s, every_s) >= span:
                    break
            return time_s, found

        self._task = Task(work, name="thumbnail")
        self._task.finished.connect(self._on_made)
        self._task.start()

    def _on_made(self, task: Task) -> None:
        if task is not self._task:
            return
        self._task = None
        nothing: tuple[float | None, dict[int, QImage]] = (self._wanted_s, {})
        time_s, found = task.result or nothing
        if found and time_s is not None:
            # a sparse file has no frame in the span itself: the next one stands for it
            self._pictures = {self._span(time_s): found[max(found)], **found, **self._pictures}
            self.made.emit(time_s)
        else:
            self._path = None  # it cannot be read now, and would not be at the next move of the mouse
        wanted_s, self._wanted_s = self._wanted_s, None
        if wanted_s is not None and wanted_s != time_s:
            self.want(wanted_s)


def _to_qimage(image: ImageArray) -> QImage:
    pixels = np.ascontiguousarray(image)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _yield_to_the_loop() -> None:
    """Let detection and painting have the processor first, where a thread can be told so."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
