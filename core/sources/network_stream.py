"""A network stream (http, https, rtsp, ...), read live through PyAV."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import av

from core.errors import SourceError
from core.pose.types import Frame
from core.sources.clock import Clock
from core.sources.video.container import opened, reason
from core.sources.video.upright import AS_STORED, PictureChange, to_upright_rgb

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp", "srt")
_OPEN_TIMEOUT_S, _READ_TIMEOUT_S = 5.0, 5.0


class NetworkStream:
    """Frames of a network stream; times are of arrival, seconds from the first frame.

    Senders' own stamps are not used: MJPEG has none, and FFmpeg makes up 25 frames a second for it.
    """

    is_live = True

    def __init__(self, url: str, *, change: PictureChange = AS_STORED) -> None:
        """Connect and decode the first frame.

        Raises:
            SourceError: Nobody answers within a few seconds, or what is sent is no video.
        """
        self._url, self._change = url, change
        self.name = _without_password(url)
        self.n_frames: int | None = None
        self.warnings: list[str] = []
        self._is_closed = False
        try:
            frame = next(self._decoded(), None)
        except SourceError as error:
            raise SourceError(f"{str(error).rstrip('.')}; check the address and the network.") from error
        if frame is None:
            raise SourceError(f"{self.name} answers but sends no image.")
        self.fps: float | None = frame[1]
        self.size_px = frame[0].size_px

    def frames(self) -> Iterator[Frame]:
        """Connect anew and yield frames until `close` or the sender ends the stream."""
        for frame, _ in self._decoded():
            if self._is_closed:
                return
            yield frame

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True

    def _decoded(self) -> Iterator[tuple[Frame, float | None]]:
        options = {"rtsp_transport": "tcp", "fflags": "nobuffer"}
        timeout = (_OPEN_TIMEOUT_S, _READ_TIMEOUT_S)
        with opened(self._url, self.name, options=options, timeout=timeout) as (container, stream):
            rate = stream.average_rate or stream.guessed_rate
            aspect = float(stream.sample_aspect_ratio or 1)
            clock = Clock(0.0)
            started: float | None = None
            try:
                for index, decoded in enumerate(container.decode(stream)):
                    now = time.monotonic()
                    started = now if started is None else started
                    image = to_upright_rgb(decoded, aspect, change=self._change)
                    yield Frame(image, index, clock.repair(now - started)), float(rate) if rate else None
            except (av.error.FFmpegError, OSError) as error:
                raise SourceError(f"{self.name} stopped sending images: {reason(error)}.") from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host).geturl()
