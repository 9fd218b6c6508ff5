"""Recording a camera: its picture and the poses, with the same clock, while it plays."""

import queue
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core.errors import DataError, OutputError
from core.exporters import EXPORTERS
from core.exporters.pictures.encoder import VideoWriter
from core.pose.types import Frame, Refined
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder
from core.take.recording.drafts import Recorded, begin_draft, save_picture
from core.take.recording.journal import JournalWriter

_QUEUE_SIZE: Final = 24
_LEAST_PAUSE_S: Final = 1e-3
LEAST_FREE_BYTES: Final = 500_000_000
"""With less room on the disk a recording stops."""


class Recorder:
    """Collects packets in the inference thread and hands out a sequence in any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._builder = SequenceBuilder()
        self._shift_s, self._shift = 0.0, 0
        self._last: Frame | None = None
        self._last_at, self._is_new_part = 0.0, False
        self.n_frames = 0

    def add(self, packet: Refined) -> None:
        """Take in one packet; called in the inference thread."""
        with self._lock:
            packet = self._shifted(packet)
            self._builder.append(packet)
            self._last, self._last_at = packet.detection.frame, time.monotonic()
            self.n_frames += 1

    def begin_part(self) -> None:
        """Go on with a source that was opened again: its times and numbers begin anew, the recording's do not.

        The first frame comes as much later than the last one as really passed, and its number is no longer the next.
        """
        with self._lock:
            self._is_new_part = True

    def _shifted(self, packet: Refined) -> Refined:
        frame = packet.detection.frame
        if self._is_new_part and self._last is not None:
            pause_s = max(time.monotonic() - self._last_at, _LEAST_PAUSE_S)
            self._shift_s = self._last.time_s + pause_s - frame.time_s
            self._shift = self._last.index + 2 - frame.index
        self._is_new_part = False
        if not (self._shift or self._shift_s):
            return packet
        moved = replace(frame, index=frame.index + self._shift, time_s=frame.time_s + self._shift_s)
        return replace(packet, detection=replace(packet.detection, frame=moved))

    def sequence(self, meta: dict[str, Any]) -> PoseSequence:
        """Return everything so far.

        Raises:
            DataError: There is nothing.
        """
        if not self.n_frames:
            raise DataError("Nothing is recorded yet; play a camera or a stream for a moment first.")
        with self._lock:
            return self._builder.build(meta)


class Recording:
    """Write picture and poses until `stop`. Inference goes before recording: `add` never waits.

    Both are written as drafts that can be read at any moment (`core.take.recording.drafts`): a program that is killed
    loses no more than the last second.

    Threading: `add` in the inference thread, everything else in any.
    """

    def __init__(self, folder: Path, name: str, fps: float | None, meta: dict[str, Any]) -> None:
        """Begin.

        Args:
            folder: Where to; made if it does not exist.
            name: Of the files, without ending; NAME-2 and so on where it is taken.
            fps: Nominal rate, for the video's header; the frames keep their own times.
            meta: For the sequence.

        Raises:
            OutputError: The folder cannot be made or written, or the disk is nearly full.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make the folder {folder}: {error.strerror}; choose another.") from error
        if free_bytes(folder) < LEAST_FREE_BYTES:
            raise OutputError(f"The disk of {folder} is nearly full; free some space or choose another folder.")
        self._draft = begin_draft(folder, name)
        self._held = self._draft.lock()
        self._recorder, self._fps, self._meta = Recorder(), fps, meta
        self._queue: queue.Queue[tuple[Refined, int] | None] = queue.Queue(_QUEUE_SIZE)
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
        return free_bytes(self._draft.folder.parent)

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
                self._queue.put_nowait((packet, self.n_left_out))
            except queue.Full:
                self.n_left_out += 1
                return
            self._recorder.add(packet)

    def stop(self) -> Recorded:
        """Finish both files and return where they are. Takes a moment: call it in a Task, and once.

        Raises:
            OutputError: A file cannot be written. Where it is the video, the poses are kept, with the picture up to
                there; where it is the poses, the draft is kept.
            DataError: No frame came.
        """
        with self._lock:
            self._is_over = True
        self._queue.put(None)
        self._thread.join()
        is_spent = False
        try:
            recorded = self._save()
            is_spent = True
        except OutputError as error:
            is_spent = self._draft.is_empty
            if is_spent:
                raise
            raise OutputError(f"{error} What was recorded is kept and becomes files at the next start.") from error
        except DataError:
            is_spent = True
            raise
        finally:
            self._let_go(is_spent=is_spent)
        if self.error:
            picture = f" and the picture up to there in {recorded.video.name}" if recorded.video else ""
            raise OutputError(f"{self.error} The poses are in {recorded.sequence}{picture}.")
        return recorded

    def _let_go(self, *, is_spent: bool) -> None:
        if is_spent:
            self._draft.empty()
        if self._held is not None:
            self._held.close()
        if is_spent:
            self._draft.remove()  # no longer locked: Windows deletes no file that is open

    def _save(self) -> Recorded:
        """Give both files their names; of a video that broke off, what can be read."""
        draft, has_video = self._draft, True
        sequence = self._recorder.sequence({**self._meta, "left_out": self.n_left_out})
        if self.error:
            has_video = save_picture(draft) > 0
        else:
            draft.name_picture()
        video = draft.video if has_video else None
        EXPORTERS["npz"].save(
            replace(sequence, meta={**sequence.meta, "video": video.name if video else ""}), draft.sequence
        )
        return Recorded(video, draft.sequence, self.n_frames, self.n_left_out)

    def _write(self) -> None:
        item = self._queue.get()
        if item is None:
            return
        name = self._draft.video.name
        error = f"The recording {name} broke off; the log has the details."  # unless it is known better
        try:
            with (
                JournalWriter(self._draft.journal, self._meta) as journal,
                VideoWriter(self._draft.picture, self._fps, is_live=True) as video,
            ):
                while item is not None:
                    packet, n_left_out = item
                    journal.add(packet, n_left_out)  # first, so that no picture is without its pose
                    video.add(packet.detection.frame.image, packet.detection.frame.time_s)
                    item = self._queue.get()
            error = ""
        except OSError as known:
            reason = known.strerror or str(known)
            error = f"Cannot write {self._draft.video}: {reason}; choose another folder or free space."
        except ValueError as known:  # a picture that no encoder takes
            error = f"The recording {name} broke off: {known}."
        finally:
            self.error = error
            while item is not None:  # so that nobody waits for room in the queue
                item = self._queue.get()


def free_bytes(folder: Path) -> int:
    """Return the room on the disk of a folder that exists."""
    return shutil.disk_usage(folder).free
