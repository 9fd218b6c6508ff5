"""What stands in for a video that is not there: its times, and a blank picture of its size."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray, Frame

_GREY = 38


class FramesWithoutVideo:
    """Frames at known times whose pictures nobody has.

    Like `VideoFile`; all frames share one picture, which nobody may write to.
    """

    is_live = False

    def __init__(self, name: str, time_s: FloatArray, frame_index: npt.NDArray[Any], size_px: tuple[int, int]) -> None:
        """Stand in for a video.

        Args:
            name: Shown to people.
            time_s: (T,) seconds, strictly increasing; at least one.
            frame_index: (T,) numbers of the frames.
            size_px: (width, height).
        """
        self.name, self.size_px, self.warnings = name, size_px, list[str]()
        self._time_s = np.asarray(time_s, dtype=float)
        self._index = np.asarray(frame_index, dtype=np.int64)
        period_s = float(np.median(np.diff(self._time_s))) if len(self._time_s) > 1 else 1 / 30
        self.fps: float | None = 1.0 / period_s
        self.n_frames: int | None = len(self._time_s)
        self.duration_s: float | None = float(self._time_s[-1]) + period_s
        self._blank = np.broadcast_to(np.array(_GREY, np.uint8), (size_px[1], size_px[0], 3))
        self._is_closed = False

    def frames(self) -> Iterator[Frame]:
        """Yield all frames."""
        return self.frames_from(float(self._time_s[0]))

    def frames_from(self, time_s: float) -> Iterator[Frame]:
        """Yield the frames from the first at or after a time; from the last one if that time is past the end."""
        picture = np.ascontiguousarray(self._blank)
        begin = min(int(np.searchsorted(self._time_s, time_s - 1e-6)), len(self._time_s) - 1)
        for row in range(begin, len(self._time_s)):
            if self._is_closed:
                return
            yield Frame(picture, int(self._index[row]), float(self._time_s[row]))

    def time_before(self, time_s: float) -> float:
        """Return the time of the last frame before `time_s`, the first frame's if there is none."""
        return float(self._time_s[max(int(np.searchsorted(self._time_s, time_s - 1e-6)) - 1, 0)])

    def frame_times_s(self) -> FloatArray:
        """Return the (T,) times of all frames."""
        return self._time_s

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True
