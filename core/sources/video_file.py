"""A video file, every frame of it, with the times the file says."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from core.errors import SettingsError, SourceError
from core.pose.types import FloatArray, Frame
from core.sources.clock import Clock
from core.sources.container import opened
from core.sources.packets import decoded_frames
from core.sources.upright import to_upright_rgb

_FALLBACK_FPS = 30.0
_TOLERANCE_S = 1e-6
_INDEXED_FORMATS = frozenset({"mov", "mp4", "matroska", "webm", "avi"})
"""Where seeking is exact: in others it may land behind the place asked for, so they are decoded from their start."""


class VideoFile:
    """Frames of a file through PyAV: upright, variable frame rate, odd sizes, 10 bit, square pixels.

    `frames` may be called again and starts anew. A file that breaks off gives what can be decoded and then says so
    in `warnings`.
    """

    is_live = False

    def __init__(self, path: Path, *, start_s: float = 0.0, end_s: float | None = None, stride: int = 1) -> None:
        """Open the file and decode its first frame, so that what cannot be read is refused here.

        Args:
            path: The file.
            start_s: First time wanted, seconds from the start of the file.
            end_s: Frames from this time on are left out; None reads to the end.
            stride: Give only frames whose index is a multiple of it; the others cost no more than their decoding.

        Raises:
            SourceError: Missing, empty, not a video, or no frame can be decoded.
            SettingsError: The range makes no sense.
        """
        self.name = path.name
        self.path = path
        self.warnings: list[str] = []
        self._start_s, self._end_s, self._stride = start_s, end_s, stride
        self._is_closed = False
        self._times_s: FloatArray | None = None
        _check_file(path)
        _check_range(start_s, end_s)
        with opened(path, self.name) as (container, stream):
            rate = stream.average_rate or stream.guessed_rate
            self.fps: float | None = float(rate) if rate else None
            self.duration_s = _duration_s(container, stream)
            self.n_frames: int | None = self._expected_frames(stream)
            first = next(decoded_frames(container, stream, []), None)
            if first is None:
                raise SourceError(f"{self.name} holds no frame that can be decoded; it is damaged or cut off.")
            image = to_upright_rgb(first[0], _pixel_aspect(stream))
            self.size_px = (image.shape[1], image.shape[0])
        if self.duration_s is not None and start_s > 0 and start_s >= self.duration_s:
            raise SettingsError(
                f"The range starts at {start_s:g} s, but {self.name} is only {self.duration_s:.2f} s long."
            )

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the range; indices count from the start of the file."""
        return self._frames(self._start_s)

    def frames_from(self, time_s: float) -> Iterator[Frame]:
        """Yield the frames from the first at or after a time; from the last one if that time is past the end."""
        times = self.frame_times_s()
        last_s = float(times[-1]) if len(times) else time_s
        return self._frames(max(min(time_s, last_s), self._start_s))

    def time_before(self, time_s: float) -> float:
        """Return the time of the last frame before `time_s`, the first frame's if there is none."""
        times = self.frame_times_s()
        return float(times[max(int(np.searchsorted(times, time_s - _TOLERANCE_S)) - 1, 0)]) if len(times) else 0.0

    def frame_times_s(self) -> FloatArray:
        """Return the (n,) times of all frames, in order; reads the file without decoding, once.

        A damaged piece has a time here though it may not give a frame.
        """
        if self._times_s is None:
            with opened(self.path, self.name) as (container, stream):
                times = list[float]()
                with contextlib.suppress(av.error.FFmpegError):
                    for packet in container.demux(stream):
                        stamp = packet.dts if packet.pts is None else packet.pts
                        if stamp is not None and not packet.is_discard:
                            times.append(float((stamp - (stream.start_time or 0)) * stream.time_base))
            self._times_s = np.sort(np.array(times))
        return self._times_s

    def _frames(self, start_s: float) -> Iterator[Frame]:
        del self.warnings[:]
        index = -1
        bad: list[str] = []
        with opened(self.path, self.name) as (container, stream):
            clock = Clock(1.0 / (self.fps or _FALLBACK_FPS))
            aspect = _pixel_aspect(stream)
            is_sought = start_s > 0 and bool(_INDEXED_FORMATS & set(container.format.name.split(",")))
            if is_sought:
                index = self._seek(container, stream, start_s) - 1
            for decoded, step in decoded_frames(container, stream, bad):
                if self._is_closed:
                    return
                time_s = clock.repair(_time_s(decoded.pts, stream))
                if time_s < start_s - _TOLERANCE_S:
                    index += 0 if is_sought else step
                    continue
                if self._end_s is not None and time_s >= self._end_s - _TOLERANCE_S:
                    break
                index += step
                if index % self._stride:
                    continue
                yield Frame(to_upright_rgb(decoded, aspect), index, time_s)
            else:
                self._report_cut(index + 1, stream.frames)
        if bad:
            self.warnings.append(f"{self.name} is damaged: {len(bad)} of its pieces could not be decoded ({bad[0]}).")

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True

    def _seek(self, container: Any, stream: Any, start_s: float) -> int:
        """Go to the key frame before the range; return the index of the first frame of the range.

        Counting packets reads the file up to there but decodes nothing, and is exact for variable rates.
        """
        n = 0 if self._times_s is None else int(np.searchsorted(self._times_s, start_s - _TOLERANCE_S))
        if n:
            container.seek(_offset(stream, start_s), stream=stream, backward=True)
            return n
        with contextlib.suppress(av.error.FFmpegError):
            for packet in container.demux(stream):
                decode_s, show_s = _time_s(packet.dts, stream), _time_s(packet.pts, stream)
                if decode_s is not None and decode_s >= start_s - _TOLERANCE_S:
                    break
                show_s = decode_s if show_s is None else show_s
                n += show_s is not None and show_s < start_s - _TOLERANCE_S and not packet.is_discard
        container.seek(_offset(stream, start_s), stream=stream, backward=True)
        return n

    def _expected_frames(self, stream: Any) -> int | None:
        total = stream.frames or (round(self.duration_s * self.fps) if self.duration_s and self.fps else None)
        if total is None or not self.duration_s:
            return total
        end_s = min(self._end_s if self._end_s is not None else self.duration_s, self.duration_s)
        return max(round(total * (end_s - self._start_s) / self.duration_s), 1)

    def _report_cut(self, n_read: int, n_promised: int) -> None:
        if n_promised and n_read < n_promised * 0.98 - 2:
            self.warnings.append(f"{self.name} breaks off: {n_read} of its {n_promised} frames could be read.")


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise SourceError(f"{path} is a folder; give a video file.")
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise SourceError(f"There is no file {path}.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}.") from error
    if size == 0:
        raise SourceError(f"{path} is empty (0 bytes); copy or record it again.")


def _check_range(start_s: float, end_s: float | None) -> None:
    if start_s < 0:
        raise SettingsError(f"The range starts at {start_s:g} s; give 0 or more.")
    if end_s is not None and end_s <= start_s:
        raise SettingsError(f"The range ends at {end_s:g} s, not after its start at {start_s:g} s.")


def _offset(stream: Any, time_s: float) -> int:
    return int((stream.start_time or 0) + time_s / stream.time_base)


def _time_s(stamp: int | None, stream: Any) -> float | None:
    return None if stamp is None else float((stamp - (stream.start_time or 0)) * stream.time_base)


def _pixel_aspect(stream: Any) -> float:
    return float(stream.sample_aspect_ratio or 1)


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return float(container.duration / av.time_base) if container.duration else None
