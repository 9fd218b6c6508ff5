"""Several cameras watched and recorded at once, each in a thread of its own, with the times of one clock.

Nobody looks at the pictures here: what is recorded is analysed afterwards, so that no camera waits for a network.
"""

import csv
import queue
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import NdrError, OutputError
from core.exporters.pictures.encoder import VideoWriter
from core.pose.types import FloatArray, Frame
from core.sources import Source
from core.system.files.atomic import atomic_path

TIMESTAMPS: Final = "timestamps.csv"
_QUEUE_SIZE: Final = 24
_RATE_FRAMES: Final = 30
_NEAR: Final = 0.5
"""Frames are of one moment when they are nearer than this share of the shortest usual distance."""


@dataclass(frozen=True)
class Filmed:
    """What was recorded.

    Attributes:
        videos: In the order of the cameras.
        timestamps: When each frame was taken, as `convert multiview --timestamps` reads it; None of one camera.
        n_frames: In each video.
        n_left_out: Frames that an encoder could not take, of each camera.
        silent: Cameras of which nothing came; they have no video.
    """

    videos: tuple[Path, ...]
    timestamps: Path | None
    n_frames: tuple[int, ...]
    n_left_out: tuple[int, ...]
    silent: tuple[str, ...] = ()


class CameraFeed:
    """One camera: its newest picture, and while it is recorded a video.

    Attributes:
        name: As the source says.
        error: Why it gives nothing any more, one sentence; "" while it does.

    Threading: `newest`, `fps` and the attributes from any thread.
    """

    def __init__(self, open_: Callable[[], Source], clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to open it, in its thread."""
        self._open, self._clock = open_, clock
        self.name, self.error, self.nominal_fps = "", "", None  # type: tuple[str, str, float | None]
        self.size_px = (0, 0)
        self._newest: Frame | None = None
        self._times: list[float] = []
        self._lock, self._is_over = threading.Lock(), threading.Event()
        self._track: _Track | None = None
        self._source: Source | None = None
        self._thread = threading.Thread(target=self._run, name="camera feed", daemon=True)
        self._thread.start()

    @property
    def newest(self) -> Frame | None:
        """The newest frame; None before the first."""
        return self._newest

    @property
    def fps(self) -> float:
        """Frames per second as they come; NaN before there are some."""
        times = self._times[-_RATE_FRAMES:]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 2 and times[-1] > times[0] else float("nan")

    def begin(self, path: Path) -> None:
        """Record from the next frame on."""
        with self._lock:
            self._track = _Track(path, self.nominal_fps)

    def end(self) -> "_Track | None":
        """Stop recording and return what was recorded."""
        with self._lock:
            track, self._track = self._track, None
        if track is not None:
            track.finish()
        return track

    def close(self) -> None:
        """Let go of the camera, and wait for its thread."""
        self._is_over.set()
        source = self._source
        if source is not None:
            source.close()
        self._thread.join(5.0)
        self.end()

    def _run(self) -> None:
        self.error = "The camera broke off; the log has the details."
        try:
            source = self._source = self._open()
            self.name, self.nominal_fps, self.size_px, self.error = source.name, source.fps, source.size_px, ""
            self._read(source)
            if not self._is_over.is_set():
                self.error = f"{source.name} is at its end."
        except NdrError as error:
            self.error = str(error)
        finally:
            if self._source is not None:
                self._source.close()

    def _read(self, source: Source) -> None:
        started = self._clock()
        for frame in source.frames():
            if self._is_over.is_set():
                return
            if not source.is_live:  # a file gives its frames as a camera would
                self._is_over.wait(max(started + frame.time_s - self._clock(), 0.0))
            now = self._clock()
            self._newest = frame
            self._times = [*self._times[-_RATE_FRAMES:], now]
            with self._lock:
                if self._track is not None:
                    self._track.add(frame, now)


class _Track:
    """The video of one camera. `add` never waits: a frame that the encoder cannot take is left out and counted."""

    def __init__(self, path: Path, fps: float | None) -> None:
        self.path, self._fps = path, fps
        self.times_s: list[float] = []
        self.n_left_out = 0
        self.error = ""
        self._queue: queue.Queue[tuple[Frame, float] | None] = queue.Queue(_QUEUE_SIZE)
        self._thread = threading.Thread(target=self._write, name="recording a camera", daemon=True)
        self._thread.start()

    def add(self, frame: Frame, time_s: float) -> None:
        if self.times_s and time_s <= self.times_s[-1]:
            return
        try:
            self._queue.put_nowait((frame, time_s))
            self.times_s.append(time_s)
        except queue.Full:
            self.n_left_out += 1

    def finish(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        item = None
        try:
            with VideoWriter(self.path, self._fps, is_live=True) as video:
                while (item := self._queue.get()) is not None:
                    video.add(item[0].image, item[1])
        except OSError as error:
            self.error = f"Cannot write {self.path}: {error.strerror or error}; choose another folder or free space."
        except ValueError as error:  # a picture that no encoder takes
            self.error = f"{self.path.name} broke off: {error}."
        if self.error:
            while self._queue.get() is not None:  # so that nobody waits for room in the queue
                pass


class RigRecording:
    """A recording of all feeds, from now until `stop`.

    It lies in a hidden folder until it is finished; what is there can be read at any moment, should the program be
    killed.
    """

    def __init__(self, feeds: Sequence[CameraFeed], folder: Path, name: str) -> None:
        """Begin.

        Args:
            feeds: One or several.
            folder: Of the session; made if it does not exist.
            name: Of the take; must be free, see `next_take`.

        Raises:
            OutputError: The folder cannot be made, or there is something of this name.
        """
        self._feeds, self._folder, self._name = tuple(feeds), folder, name
        self._draft = folder / f".{name}.capture"
        if is_taken(folder, name):
            raise OutputError(f"There is a take {name} in {folder}; choose another name.")
        try:
            self._draft.mkdir(parents=True)
        except FileExistsError:
            raise OutputError(f"{self._draft} is of a recording that was cut off; move it away first.") from None
        except OSError as error:
            raise OutputError(f"Cannot make the folder {folder}: {error.strerror}; choose another.") from error
        self.started_at = time.monotonic()
        for number, feed in enumerate(self._feeds, 1):
            feed.begin(self._draft / f"cam_{number}.mp4")

    @property
    def free_bytes(self) -> int:
        """Room left on its disk."""
        return shutil.disk_usage(self._draft).free

    def stop(self) -> Filmed:
        """Finish the files and return where they are. Takes a moment: call it in a Task, and once.

        Raises:
            OutputError: A file cannot be written; what there is stays in the hidden folder. Or no frame came.
        """
        tracks = [track for track in (feed.end() for feed in self._feeds) if track is not None]
        errors = " ".join(track.error for track in tracks if track.error)
        if errors:
            raise OutputError(f"{errors} What there is lies in {self._draft}.")
        silent = tuple(feed.name or "a camera" for feed, t in zip(self._feeds, tracks, strict=True) if not t.times_s)
        if len(silent) == len(tracks):
            shutil.rmtree(self._draft, ignore_errors=True)
            raise OutputError(f"Nothing was recorded: no frame came of {', '.join(silent)}.")
        for track in tracks:
            if not track.times_s:
                track.path.unlink(missing_ok=True)
        timestamps = self._draft / TIMESTAMPS if len(tracks) > 1 else None
        if timestamps is not None:
            write_timestamps(timestamps, [np.array(track.times_s) for track in tracks])
        tracks = [track for track in tracks if track.times_s]
        try:
            videos, timestamps = self._put_in_place([track.path for track in tracks], timestamps)
        except OSError as error:
            raise OutputError(f"Cannot finish {self._name}: {error.strerror}; it lies in {self._draft}.") from error
        counts = tuple(len(track.times_s) for track in tracks)
        return Filmed(videos, timestamps, counts, tuple(track.n_left_out for track in tracks), silent)

    def _put_in_place(self, paths: list[Path], timestamps: Path | None) -> tuple[tuple[Path, ...], Path | None]:
        if timestamps is None:
            target = self._folder / f"{self._name}.mp4"
            paths[0].rename(target)
            with suppress(OSError):
                self._draft.rmdir()
            return (target,), None
        target = self._folder / self._name
        self._draft.rename(target)
        return tuple(target / path.name for path in paths), target / timestamps.name


def is_taken(folder: Path, name: str) -> bool:
    """Whether a session's folder has a take of this name."""
    return (folder / name).exists() or (folder / f"{name}.mp4").exists()


def next_take(folder: Path, stem: str) -> str:
    """Return `STEM-01` or the next number that is free in a session's folder."""
    number = 1
    while is_taken(folder, f"{stem}-{number:02d}") or (folder / f".{stem}-{number:02d}.capture").exists():
        number += 1
    return f"{stem}-{number:02d}"


def write_timestamps(path: Path, times_s: Sequence[FloatArray]) -> None:
    """Write when each frame was taken, and which of them are of one moment: Caliscope's `timestamps.csv`.

    Args:
        path: The file.
        times_s: (T,) of each camera, one clock, rising.

    Raises:
        OutputError: It cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["sync_index", "cam_id", "frame_index", "frame_time"])
        for sync, moment in enumerate(moments(times_s)):
            for camera, frame in moment:
                writer.writerow([sync, camera + 1, frame, f"{times_s[camera][frame]:.6f}"])


def moments(times_s: Sequence[FloatArray]) -> list[list[tuple[int, int]]]:
    """Return (camera, frame) of each moment, in the order of time; every frame is in one, none has two of a camera."""
    usual = [float(np.median(np.diff(times))) for times in times_s if len(times) > 1]
    near_s = _NEAR * min(usual, default=0.0)
    rest, found = [0] * len(times_s), []
    while any(k < len(times) for k, times in zip(rest, times_s, strict=True)):
        heads = {c: float(times[rest[c]]) for c, times in enumerate(times_s) if rest[c] < len(times)}
        first = min(heads.values())
        moment = [(camera, rest[camera]) for camera, time_s in heads.items() if time_s - first <= near_s]
        for camera, _ in moment:
            rest[camera] += 1
        found.append(moment)
    return found
