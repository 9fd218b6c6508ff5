"""A folder of numbered pictures as a film."""

from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from core.errors import SettingsError, SourceError
from core.pose.types import FloatArray, Frame, ImageArray
from core.sources.video.upright import AS_STORED, PictureChange
from core.system.files.suffixes import images_in, last_number

FALLBACK_HZ: Final = 30.0
_TOLERANCE_S: Final = 1e-6
_MOST_HOLES: Final = 4
"""Numbers that run over more than this many times the pictures count something else: days, milliseconds."""


class ImageFolder:
    """Pictures of a folder as frames, in the order of their numbers; a number that is missing is a missing frame.

    Like `VideoFile`, except that a folder says nothing of its rate.
    """

    is_live = False

    def __init__(
        self,
        path: Path,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        stride: int = 1,
        capture_hz: float | None = None,
        change: PictureChange = AS_STORED,
    ) -> None:
        """Look through the folder and read its first picture.

        Args:
            path: The folder.
            start_s: First time wanted, seconds from its first picture.
            end_s: Frames from this time on are left out; None reads to the end.
            stride: Give only frames whose index is a multiple of it.
            capture_hz: Pictures a second; None assumes 30, with a warning.
            change: What is done to each picture.

        Raises:
            SourceError: It holds no pictures, or the first cannot be read.
            SettingsError: The range makes no sense.
        """
        self.name, self.path = path.name or str(path), path
        self.warnings: list[str] = []
        self._start_s, self._end_s, self._stride, self._change = start_s, end_s, stride, change
        self._is_closed = False
        self._is_rate_known = capture_hz is not None
        try:
            self._images = images_in(path)
        except OSError as error:
            raise SourceError(f"The folder {path} cannot be read: {error.strerror}.") from error
        if not self._images:
            raise SourceError(f"{path} is a folder without a video and without numbered pictures; give a video file.")
        self.played_hz = capture_hz or FALLBACK_HZ
        self.fps: float | None = self.played_hz
        self._times_s = _numbers(self._images) / self.played_hz
        self.duration_s: float | None = float(self._times_s[-1]) + 1.0 / self.played_hz
        if start_s < 0 or start_s >= self.duration_s or (end_s is not None and end_s <= start_s):
            raise SettingsError(f"The range starts at {start_s:g} s; {self.name} is {self.duration_s:.2f} s long.")
        last = len(self._times_s) if end_s is None else self._index_at(end_s)
        self.n_frames: int | None = max(last - self._index_at(start_s), 1)
        first = self._read(0)
        if first is None:
            raise SourceError(f"{self._images[0]} is not a picture that can be read.")
        self.size_px = (first.shape[1], first.shape[0])
        self._warn()

    @property
    def time_repairs(self) -> dict[str, int | float]:
        """Nothing is repaired: pictures have no times."""
        return {}

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the range; indices count the pictures."""
        return self._frames(self._start_s)

    def frames_from(self, time_s: float) -> Iterator[Frame]:
        """Yield the frames from the first at or after a time; from the last one if that time is past the end."""
        return self._frames(max(min(time_s, float(self._times_s[-1])), self._start_s))

    def time_before(self, time_s: float) -> float:
        """Return the time of the last frame before `time_s`, the first frame's if there is none."""
        return float(self._times_s[max(self._index_at(time_s) - 1, 0)])

    def frame_times_s(self) -> FloatArray:
        """Return the (n,) times of all pictures, in order."""
        return self._times_s

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True

    def _index_at(self, time_s: float) -> int:
        return int(np.searchsorted(self._times_s, time_s - _TOLERANCE_S))

    def _warn(self) -> None:
        self.warnings[:] = (
            []
            if self._is_rate_known
            else [f"Pictures in a folder say no rate: {self.played_hz:g} Hz is assumed; --capture-rate sets it."]
        )

    def _frames(self, start_s: float) -> Iterator[Frame]:
        self._warn()
        bad = list[str]()
        for index in range(self._index_at(start_s), len(self._images)):
            time_s = float(self._times_s[index])
            if self._is_closed or (self._end_s is not None and time_s >= self._end_s - _TOLERANCE_S):
                break
            if index % self._stride:
                continue
            image = self._read(index)
            if image is None:
                bad.append(self._images[index].name)
                continue
            yield Frame(image, index, time_s)
        if bad:
            self.warnings.append(f"{self.name} is damaged: {len(bad)} of its pictures cannot be read ({bad[0]}).")

    def _read(self, index: int) -> ImageArray | None:
        """Return a picture as RGB, turned as it says itself; None when it cannot be read."""
        try:
            # not imread, which knows fewer names than there are
            content = np.frombuffer(self._images[index].read_bytes(), np.uint8)
            image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
        except (OSError, cv2.error):
            return None
        if image is None:
            return None
        return np.ascontiguousarray(self._change.apply(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))


def _numbers(images: list[Path]) -> FloatArray:
    """Return the (n,) places of pictures, from 0, by the numbers in their names; one after the other without such."""
    n = len(images)
    numbers = [number for path in images if (number := last_number(path.name)) is not None]
    steps = np.diff(np.array(numbers, dtype=np.int64))
    if len(numbers) < n or (steps <= 0).any():
        return np.arange(n, dtype=float)
    places = (np.array(numbers, dtype=np.int64) - numbers[0]) // gcd(*steps.tolist())
    return places.astype(float) if places[-1] < _MOST_HOLES * n else np.arange(n, dtype=float)
