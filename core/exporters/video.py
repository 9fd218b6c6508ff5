"""Pictures as a video: H.264 in MP4 where the encoder is there, else MPEG-4; with the frames' own times."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np

from core.types import ImageArray

_TIME_BASE = Fraction(1, 60_000)  # exact for 24, 25, 30, 60 and their 1001ths; MPEG-4 takes no finer than 1/65535
_FALLBACK_FPS = 30.0
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

    def __init__(self, path: Path, fps: float | None) -> None:
        self._container: Any = av.open(str(path), "w", format="mp4")
        self._rate = Fraction(fps or _FALLBACK_FPS).limit_denominator(1001)
        self._stream: Any = None
        self._start_s = 0.0

    def add(self, image: ImageArray, time_s: float) -> None:
        """Append an (H, W, 3) image; the first one's time becomes 0.

        Raises:
            OSError: The file cannot be written.
        """
        even = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
        if self._stream is None:
            encoder = next(name for name in _ENCODERS if name in av.codecs_available)
            self._stream = self._container.add_stream(encoder, rate=self._rate)
            self._stream.height, self._stream.width = even.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.options = _ENCODERS[encoder]
            self._stream.codec_context.time_base = _TIME_BASE
            self._start_s = time_s
        frame: Any = av.VideoFrame.from_ndarray(even, format="rgb24")
        frame.pts, frame.time_base = round((time_s - self._start_s) / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._stream is not None:
            self._container.mux(self._stream.encode())
        self._container.close()
