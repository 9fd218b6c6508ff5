"""Pictures as a video: H.264 in MP4 where the encoder is there, else MPEG-4; with the frames' own times."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np

from core.pose.types import ImageArray
from core.system.files.names import for_ffmpeg
from core.system.processors import n_cores

_TIME_BASE = Fraction(1, 60_000)  # exact for 24, 25, 30, 60 and their 1001ths; MPEG-4 takes no finer than 1/65535
_LONGEST_GAP = 3600 * 60_000  # an hour; a computer that slept may leave one for which MP4 has no number
_FALLBACK_FPS = 30.0
_FRAGMENTS = {"movflags": "+hybrid_fragmented", "frag_duration": "500000", "flush_packets": "1"}
_IN_ORDER = {"bf": "0"}
_ENCODERS: dict[str, dict[str, str]] = {
    "libx264": {"preset": "veryfast", "crf": "21"},
    "libopenh264": {"b": "6M"},
    "mpeg4": {"b": "8M"},
}
"""Best first, with their options; mpeg4 is part of every FFmpeg."""


class VideoWriter:
    """Write RGB images of one size; a context manager. The caller chooses a path that may be half-written.

    Odd widths and heights get one more row or column, which H.264 needs.
    """

    def __init__(self, path: Path, fps: float | None, *, is_live: bool = False) -> None:
        """Begin a file.

        Args:
            path: Where to; may be half-written.
            fps: Nominal rate, for the header; None when it is unknown.
            is_live: What is written can be read at any moment but for the last second, should the program be killed:
                in fragments that `__exit__` makes an ordinary file of. In the order in which frames are shown, so
                that what is missing is missing at the end.

        Raises:
            OSError: The file cannot be written.
        """
        options = _FRAGMENTS if is_live else {}
        self._more_options = _IN_ORDER if is_live else {}
        with as_os_error():
            self._container: Any = av.open(for_ffmpeg(path), "w", format="mp4", options=options)
        self._rate = Fraction(fps or _FALLBACK_FPS).limit_denominator(1001)
        self._stream: Any = None
        self._start_s = 0.0
        self._last, self._left_out = 0, 0

    def add(self, image: ImageArray, time_s: float) -> None:
        """Append an (H, W, 3) image; the first one's time becomes 0. A gap of over an hour is shortened to one.

        Raises:
            OSError: The file cannot be written, or the encoder refuses.
        """
        more = image.shape[0] % 2, image.shape[1] % 2
        even = np.pad(image, ((0, more[0]), (0, more[1]), (0, 0)), mode="edge") if any(more) else image
        if self._stream is None:
            encoder = next(name for name in _ENCODERS if name in av.codecs_available)
            self._stream = self._container.add_stream(encoder, rate=self._rate)
            self._stream.height, self._stream.width = even.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.options = {**_ENCODERS[encoder], **self._more_options}
            self._stream.codec_context.time_base = _TIME_BASE
            # one core stays with what makes the pictures: left alone, the encoder takes more threads than there are
            self._stream.codec_context.thread_count = max(n_cores() - 1, 1)
            self._start_s = time_s
        frame: Any = av.VideoFrame.from_ndarray(even, format="rgb24")
        ticks = round((time_s - self._start_s) / _TIME_BASE) - self._left_out
        self._left_out += max(ticks - self._last - _LONGEST_GAP, 0)
        self._last = min(ticks, self._last + _LONGEST_GAP)
        frame.pts, frame.time_base = self._last, _TIME_BASE
        with as_os_error():
            self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with as_os_error():
            try:
                if kind is None and self._stream is not None:
                    self._container.mux(self._stream.encode())
            finally:
                self._container.close()


@contextlib.contextmanager
def as_os_error() -> Iterator[None]:
    """FFmpeg's errors are of many classes, which those who write files need not know."""
    try:
        yield
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error
