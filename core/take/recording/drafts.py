"""Live recordings while they are made, and what is made of one whose program was killed.

A draft is a hidden folder beside the files-to-be, `.NAME.recording`: the picture so far, the journal of the poses, and
a lock which the system takes back from a program that dies. Nothing has its final name before it is whole.
"""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from core.errors import DataError, NdrError, OutputError, SourceError
from core.exporters import EXPORTERS
from core.sources.video_file import VideoFile
from core.system.files.atomic import atomic_path
from core.system.files.file_lock import take_lock
from core.take.recording.journal import read_journal
from core.take.recording.salvage import copy_readable

_ENDING: Final = ".recording"
_LOCK: Final = "in-use.lock"
_BEGINNING_S: Final = 10.0  # between a draft's folder and its lock lies much less


@dataclass(frozen=True)
class Recorded:
    """A finished recording.

    Attributes:
        video: The picture as it came, H.264; None when there is none.
        sequence: The poses; row i belongs to frame i of the video and has its time.
        n_frames: Of both.
        n_left_out: Frames that came while the encoder was behind; they are in neither.
    """

    video: Path | None
    sequence: Path
    n_frames: int
    n_left_out: int


@dataclass(frozen=True)
class Draft:
    """The place of a recording that is being made.

    Attributes:
        folder: `.NAME.recording`.
    """

    folder: Path

    @property
    def name(self) -> str:
        """Of the files-to-be, without ending."""
        return self.folder.name.removeprefix(".").removesuffix(_ENDING)

    @property
    def picture(self) -> Path:
        """The video so far."""
        return self.folder / "picture.mp4"

    @property
    def journal(self) -> Path:
        """The poses so far."""
        return self.folder / "poses.journal"

    @property
    def video(self) -> Path:
        """Where the video will be."""
        return self.folder.parent / f"{self.name}.mp4"

    @property
    def sequence(self) -> Path:
        """Where the poses will be."""
        return self.folder.parent / f"{self.name}.npz"

    @property
    def is_empty(self) -> bool:
        """Whether there is no pose in it that could be recovered."""
        try:
            return not len(read_journal(self.journal))
        except DataError:
            return True

    @property
    def may_be_beginning(self) -> bool:
        """Whether it holds nothing and was made just now: its program may be about to lock it."""
        try:
            is_young = abs(time.time() - self.folder.stat().st_mtime) < _BEGINNING_S
        except OSError:
            return True  # it is gone
        return is_young and not (self.picture.exists() or self.journal.exists())

    def lock(self) -> IO[bytes] | None:
        """Return what holds the draft until it is closed, or its program ends; None when another program has it."""
        path = self.folder / _LOCK
        try:
            handle = path.open("ab")
        except OSError:
            return None
        try:
            take_lock(handle)
            is_this = os.path.samestat(os.fstat(handle.fileno()), path.stat())
        except OSError:
            is_this = False
        if is_this:
            return handle
        handle.close()  # it is another's, or the folder was replaced before it could be locked
        return None

    def name_picture(self) -> None:
        """Make the finished picture the video.

        Raises:
            OutputError: It cannot be renamed.
        """
        try:
            with self.picture.open("rb+") as handle:
                os.fsync(handle.fileno())
            self.picture.replace(self.video)
        except OSError as error:
            raise _cannot_write(self.video, error) from error

    def empty(self) -> None:
        """Delete what became files, so that who locks the draft next finds nothing to recover."""
        for path in (self.journal, self.picture):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the draft, which has become files or nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)


def begin_draft(folder: Path, name: str) -> Draft:
    """Make the place for a recording of this name, or of the next that is free: NAME-2, NAME-3 and so on.

    Raises:
        OutputError: The folder cannot be written.
    """
    n = 1
    while True:
        draft = Draft(folder / f".{name if n == 1 else f'{name}-{n}'}{_ENDING}")
        n += 1
        try:
            if draft.video.exists() or draft.sequence.exists():
                continue
            draft.folder.mkdir(parents=True)
        except FileExistsError as error:
            if not draft.folder.is_dir():
                raise _cannot_write(folder, error) from error
        except OSError as error:
            raise _cannot_write(folder, error) from error
        else:
            return draft


def _cannot_write(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"Cannot write {folder}: {error.strerror}; choose another folder or free space.")


def has_drafts(folder: Path) -> bool:
    """Whether there is anything in a folder to look at with `recover_all`; quick."""
    return any(folder.glob(f".*{_ENDING}"))


@dataclass(frozen=True)
class Recovered:
    """What became of the drafts of a folder.

    Attributes:
        recordings: What was recovered.
        problems: A sentence for each draft that could not be; it stays where it is.
    """

    recordings: list[Recorded]
    problems: list[str]


def recover_all(folder: Path) -> Recovered:
    """Make files of every draft in a folder whose program is gone; one that holds nothing is deleted and not told."""
    recovered = Recovered([], [])
    if not folder.is_dir():
        recovered.problems.append(f"There is no folder {folder}.")
    for path in sorted(folder.glob(f".*{_ENDING}")):
        draft = Draft(path)
        lock = None if draft.may_be_beginning else draft.lock()
        if lock is None:
            continue
        try:
            with lock:
                recorded = recover(draft)
                draft.empty()
        except NdrError as error:
            recovered.problems.append(str(error))
            continue
        draft.remove()  # no longer locked: Windows deletes no file that is open
        if recorded is not None:
            recovered.recordings.append(recorded)
    return recovered


def recover(draft: Draft) -> Recorded | None:
    """Save the picture and the poses of a draft, as many frames as have both; None when nothing was recorded yet.

    May be repeated, should it be killed itself. Poses of a draft without any picture are saved alone.

    Raises:
        OutputError: A file cannot be written.
        DataError: The journal is damaged; the picture is saved if there is one.
    """
    n_pictures = save_picture(draft)
    if not draft.journal.is_file() or (not n_pictures and not draft.journal.stat().st_size):
        return None  # it was killed before it began, or after it was finished
    journal = read_journal(draft.journal)
    n_frames = min(n_pictures, len(journal)) if n_pictures else len(journal)
    if not n_frames:
        return None
    n_left_out = int(journal.n_left_out[n_frames - 1])
    facts = {"video": draft.video.name if n_pictures else "", "left_out": n_left_out, "recovered": True}
    EXPORTERS["npz"].save(journal.sequence(n_frames, facts), draft.sequence)
    return Recorded(draft.video if n_pictures else None, draft.sequence, n_frames, n_left_out)


def save_picture(draft: Draft) -> int:
    """Make a draft's picture, as far as it can be read, the video; return the number of its frames.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        if draft.picture.exists():
            with atomic_path(draft.video) as temporary:
                return copy_readable(draft.picture, temporary)
        return len(VideoFile(draft.video).frame_times_s())  # it has its name already
    except SourceError:
        return 0
