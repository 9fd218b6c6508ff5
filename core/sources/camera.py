"""A camera of this machine, through OpenCV."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import SourceError
from core.pose.types import Frame, ImageArray
from core.sources.clock import Clock
from core.sources.video.upright import AS_STORED, PictureChange

_FIRST_FRAME_TRIES = 30
_PROBED_INDICES = 6


@dataclass(frozen=True)
class CameraSpec:
    """A camera as a person chose it.

    Attributes:
        index: 0 is the first.
        size_px: (width, height) asked for; None takes what the driver prefers.
        fps: Frame rate asked for; None takes what the driver prefers.
    """

    index: int
    size_px: tuple[int, int] | None = None
    fps: float | None = None


class Camera:
    """Frames of a camera; times are when each was taken from the driver, seconds from the first.

    A driver that does not know a size or rate gives the nearest it has: `size_px` and `fps` are what it gives.
    """

    is_live = True

    def __init__(
        self,
        index: int,
        size_px: tuple[int, int] | None = None,
        fps: float | None = None,
        *,
        change: PictureChange = AS_STORED,
    ) -> None:
        """Open the camera and wait for its first image.

        Args:
            index: 0 is the first.
            size_px: (width, height) to ask for.
            fps: Frame rate to ask for.
            change: What is done to each picture.

        Raises:
            SourceError: There is no such camera, or it gives no image (often: another program holds it).
        """
        self.name = f"camera {index}"
        self.n_frames: int | None = None
        self.warnings: list[str] = []
        self._is_closed, self._change = False, change
        with _silent_opencv():
            self._capture = cv2.VideoCapture(index)
            if not self._capture.isOpened():
                raise SourceError(f"There is no {self.name}: {_which_cameras()}.")
            self._ask_for(size_px, fps)
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # a queue in the driver is latency
            reads = (self._capture.read() for _ in range(_FIRST_FRAME_TRIES))
            image: ImageArray | None = next((image for is_read, image in reads if is_read), None)
        if image is None:
            self._capture.release()
            raise SourceError(f"{self.name.capitalize()} opens but gives no image; close other programs that use it.")
        upright = change.apply(image)
        self.size_px = (upright.shape[1], upright.shape[0])
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = float(rate) if 1.0 <= rate <= 1000.0 else None

    def frames(self) -> Iterator[Frame]:
        """Yield frames until `close`."""
        clock = Clock(0.0)
        started: float | None = None
        index = 0
        try:
            while not self._is_closed:
                is_read, image = self._capture.read()
                now = time.monotonic()
                if not is_read:
                    raise SourceError(f"{self.name.capitalize()} stopped giving images; was it unplugged?")
                started = now if started is None else started
                rgb = self._change.apply(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8))
                yield Frame(np.ascontiguousarray(rgb), index, clock.repair(now - started))
                index += 1
        finally:
            self._capture.release()

    def _ask_for(self, size_px: tuple[int, int] | None, fps: float | None) -> None:
        if size_px is not None:
            # uncompressed, USB cameras give large images a few times a second only
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_px[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_px[1])
        if fps is not None:
            self._capture.set(cv2.CAP_PROP_FPS, fps)

    def close(self) -> None:
        """End `frames` at its next frame, which frees the camera."""
        self._is_closed = True


def find_cameras() -> list[int]:
    """Return the indices of the cameras that open, without reading an image."""
    if sys.platform == "linux":
        candidates = sorted(int(p.name[5:]) for p in Path("/dev").glob("video*") if p.name[5:].isdigit())
    else:
        candidates = list(range(_PROBED_INDICES))
    found = []
    with _silent_opencv():
        for index in candidates:
            capture = cv2.VideoCapture(index)
            if capture.isOpened():
                found.append(index)
            capture.release()
    return found


def camera_names() -> dict[int, str]:
    """Return index → name of the cameras that are there, without opening any; empty where the platform has no names.

    Source: Linux lists its video devices in /sys; `index` 0 is the one of each device that gives images.
    """
    names = {}
    for folder in sorted(Path("/sys/class/video4linux").glob("video*")):
        with contextlib.suppress(OSError, ValueError):
            if int((folder / "index").read_text()) == 0:
                names[int(folder.name[5:])] = (folder / "name").read_text(encoding="utf-8").strip()
    return names


def _which_cameras() -> str:
    found = find_cameras()
    return f"this machine has {', '.join(map(str, found))}" if found else "this machine has none that opens"


@contextlib.contextmanager
def _silent_opencv() -> Iterator[None]:
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)
