"""A video file, every frame of it, with the times the file says."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from core.errors import SettingsError, SourceError
from core.pose.types import FloatArray, Frame
from core.sources.scan import Scan, scan
from core.sources.video.container import opened
from core.sources.video.packets import decoded_frames
from core.sources.video.timeline import Place
from core.sources.video.upright import AS_STORED, PictureChange, to_upright_rgb

_TOLERANCE_S = 1e-6


class VideoFile:
    """Frames of a file through PyAV: upright, variable frame rate, odd sizes, 10 bit, square pixels.

    `frames` may be called again and starts anew. A file that breaks off gives what can be decoded and then says so
    in `warnings`; so does one whose times had to be repaired.
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
        """Read through the file and decode its first frame, so that what cannot be read is refused here.

        Args:
            path: The file.
            start_s: First time wanted, seconds from the start of the file.
            end_s: Frames from this time on are left out; None reads to the end.
            stride: Give only frames whose index is a multiple of it; the others cost no more than their decoding.
            capture_hz: Frames a second that the camera took, where the file plays them slower or faster: times are
                then those of the camera, the range too. None believes the file.
            change: What is done to each picture.

        Raises:
            SourceError: Missing, empty, not a video, or no frame can be decoded.
            SettingsError: The range makes no sense.
        """
        self.name = path.name
        self.path = path
        self.warnings: list[str] = []
        self._start_s, self._end_s, self._stride, self._change = start_s, end_s, stride, change
        self._is_closed = False
        check_file(path)
        _check_range(start_s, end_s)
        self._scan: Scan = scan(path)
        self._timeline = self._scan.timeline
        self.played_hz = self._timeline.rate_hz
        """Frames a second as the file plays them."""
        if capture_hz is not None:
            self._timeline = self._timeline.slowed(capture_hz)
        with opened(path, self.name) as (container, stream):
            first = next(decoded_frames(container, stream, []), None)
            if first is None:
                raise SourceError(f"{self.name} holds no frame that can be decoded; it is damaged or cut off.")
            image = to_upright_rgb(first, _pixel_aspect(stream), change=change)
            self.size_px = (image.shape[1], image.shape[0])
        self.fps: float | None = self._timeline.rate_hz
        self.duration_s: float | None = self._timeline.end_s
        if start_s > 0 and start_s >= self._timeline.end_s:
            raise SettingsError(
                f"The range starts at {start_s:g} s, but {self.name} is only {self.duration_s:.2f} s long."
            )
        first_index, after = self._index_at(start_s), self._index_at(np.inf if end_s is None else end_s)
        self.n_frames: int | None = max(after - first_index, 1)
        self._warn()

    @property
    def time_repairs(self) -> dict[str, int | float]:
        """What was wrong with the times, for the record; empty when nothing was."""
        return self._timeline.repairs.table()

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
        return float(times[max(self._index_at(time_s) - 1, 0)]) if len(times) else 0.0

    def frame_times_s(self) -> FloatArray:
        """Return the (n,) times of all frames, in order. A damaged piece has a time though it may not give a frame."""
        return self._timeline.times_s

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True

    def _index_at(self, time_s: float) -> int:
        """Return the number of the first frame at or after a time."""
        return int(np.searchsorted(self._timeline.times_s, time_s - _TOLERANCE_S))

    def _warn(self) -> None:
        """Start the warnings anew with what is known before anything is decoded."""
        said = self._timeline.repairs.sentence(self.name, self._timeline.rate_hz)
        self.warnings[:] = [said] if said else []

    def _frames(self, start_s: float) -> Iterator[Frame]:
        self._warn()
        bad: list[str] = []
        with opened_at(self.path, self._scan, self._index_at(start_s)) as (container, stream):
            aspect, n_read = _pixel_aspect(stream), 0
            place = Place(self._timeline)
            for decoded in decoded_frames(container, stream, bad):
                if self._is_closed:
                    return
                time_s = place.go_on(decoded.pts)
                if time_s < start_s - _TOLERANCE_S:
                    continue
                if self._end_s is not None and time_s >= self._end_s - _TOLERANCE_S:
                    break
                n_read = place.index + 1
                if place.index % self._stride == 0:
                    yield Frame(to_upright_rgb(decoded, aspect, change=self._change), place.index, time_s)
            else:
                self._report_cut(n_read)
        if bad:
            self.warnings.append(f"{self.name} is damaged: {len(bad)} of its pieces could not be decoded ({bad[0]}).")

    def _report_cut(self, n_read: int) -> None:
        promised = self._scan.n_promised
        if promised is not None and n_read < promised:
            self.warnings.append(f"{self.name} breaks off: {n_read} of its {promised} frames could be read.")


@contextlib.contextmanager
def opened_at(path: Path, file: Scan, index: int) -> Iterator[tuple[Any, Any]]:
    """Yield the container and its stream, at the key frame before a frame where that is sure, else at the beginning.

    Raises:
        SourceError: It cannot be opened.
    """
    times = file.timeline
    is_sure = 0 < index < len(times.stamps) and file.is_seekable and not times.repairs
    with contextlib.ExitStack() as stack:
        container, stream = stack.enter_context(opened(path, path.name))
        if is_sure:
            try:
                container.seek(int(times.stamps[index]), stream=stream, backward=True)
            except av.error.FFmpegError:  # a damaged index: where it stands now nobody knows
                stack.close()
                container, stream = stack.enter_context(opened(path, path.name))
        yield container, stream


def check_file(path: Path) -> None:
    """Raise SourceError unless there is a file with something in it."""
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


def _pixel_aspect(stream: Any) -> float:
    return float(stream.sample_aspect_ratio or 1)
