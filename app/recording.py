"""Recording a camera: its picture and the poses, with the same clock, while it plays."""

import queue
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.atomic import atomic_path
from core.errors import DataError, OutputError
from core.exporters import EXPORTERS
from core.exporters.video import VideoWriter
from core.sequence import PoseSequence, SequenceBuilder
from core.types import Refined

_QUEUE_SIZE: Final = 24
LEAST_FREE_BYTES: Final = 500_000_000
"""With less room on the disk a recording stops."""


class Recorder:
    """Collects packets in the inference thread and hands out a sequence in any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._builder = SequenceBuilder()
        self.n_frames = 0

    def add(self, packet: Refined) -> None:
        """Take in one packet; called in the inference thread."""
        with self._lock:
            self._builder.append(packet)
            self.n_frames += 1

    def sequence(self, meta: dict[str, Any]) -> PoseSequence:
        """Return everything so far.

        Raises:
            DataError: There is nothing.
        """
        if not self.n_frames:
            raise DataError("Nothing is recorded yet; play a camera or a stream for a moment first.")
        with self._lock:
            return self._builder.build(meta)


@dataclass(frozen=True)
class Recorded:
    """A finished recording.

    Attributes:
        video: The picture as it came, H.264.
        sequence: The poses; row i belongs to frame i of the video and has its time.
        n_frames: Of both.
        n_left_out: Frames that came while the encoder was behind; they are in neither.
    """

    video: Path
    sequence: Path
    n_frames: int
    n_left_out: int


class Recording:
    """Write picture and poses until `stop`. Inference goes before recording: `add` never waits.

    Threading: `add` in the inference thread, everything else in any.
    """

    def __init__(self, folder: Path, name: str, fps: float | None, meta: dict[str, Any]) -> None:
        """Begin.

        Args:
            folder: Where to; made if it does not exist.
            name: Of the files, without ending.
            fps: Nominal rate, for the video's header; the frames keep their own times.
            meta: For the sequence.

        Raises:
            OutputError: The folder cannot be made, or the disk is nearly full.
        """
        self.video, self._sequence_path = folder / f"{name}.mp4", folder / f"{name}.npz"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make the folder {folder}: {error.strerror}; choose another.") from error
        if free_bytes(folder) < LEAST_FREE_BYTES:
            raise OutputError(f"The disk of {folder} is nearly full; free some space or choose another folder.")
        self._recorder, self._fps, self._meta = Recorder(), fps, meta
        self._queue: queue.Queue[Refined | None] = queue.Queue(_QUEUE_SIZE)
        self._start_s: float | None = None
        self.n_left_out = 0
        self._lock, self._is_over = threading.Lock(), False
        self.started_at = time.monotonic()
        self.error = ""
        self._thread = threading.Thread(target=self._write, name="recording", daemon=True)
        self._thread.start()

    @property
    def n_frames(self) -> int:
        """Frames taken so far."""
        return self._recorder.n_frames

    @property
    def free_bytes(self) -> int:
        """Room left on its disk."""
        return free_bytes(self.video.parent)

    def add(self, packet: Refined) -> None:
        """Take in a packet, or count it as left out when the encoder is behind."""
        frame = packet.detection.frame
        if self._start_s is None:
            self._start_s = frame.time_s
        stamped = replace(frame, index=self._recorder.n_frames, time_s=frame.time_s - self._start_s)
        packet = replace(packet, detection=replace(packet.detection, frame=stamped))
        with self._lock:  # a packet that comes while it is stopped must be in both files or in neither
            if self._is_over:
                return
            try:
                self._queue.put_nowait(packet)
            except queue.Full:
                self.n_left_out += 1
                return
            self._recorder.add(packet)

    def stop(self) -> Recorded:
        """Finish both files and return where they are. Takes a moment: call it in a Task, and once.

        Raises:
            OutputError: A file cannot be written; where it is the video, the poses are kept without it.
            DataError: No frame came.
        """
        with self._lock:
            self._is_over = True
        self._queue.put(None)
        self._thread.join()
        video = "" if self.error else self.video.name
        sequence = self._recorder.sequence({**self._meta, "video": video, "left_out": self.n_left_out})
        EXPORTERS["npz"].save(sequence, self._sequence_path)
        if self.error:
            raise OutputError(f"{self.error} The poses are in {self._sequence_path}.")
        return Recorded(self.video, self._sequence_path, self.n_frames, self.n_left_out)

    def _write(self) -> None:
        packet = self._queue.get()
        if packet is None:
            return
        error = f"The recording {self.video.name} broke off; the log has the details."  # unless it is known better
        try:
            with atomic_path(self.video) as temporary, VideoWriter(temporary, self._fps) as writer:
                while packet is not None:
                    writer.add(packet.detection.frame.image, packet.detection.frame.time_s)
                    packet = self._queue.get()
            error = ""
        except OutputError as known:
            error = str(known)
        except ValueError as known:  # a picture that no encoder takes
            error = f"The recording {self.video.name} broke off: {known}."
        finally:
            self.error = error
            while packet is not None:  # so that nobody waits for room in the queue
                packet = self._queue.get()


def free_bytes(folder: Path) -> int:
    """Return the room on the disk of a folder that exists."""
    return shutil.disk_usage(folder).free
