"""Where takes are kept: a folder each in the user's data folder, found again by the content of their video.

In `takes/CONTENT/`: `take.toml`, what is known of it (`core.take.take`); `VARIANT-MODEL.detections`, what was seen
of it (`core.take.detections`); `picture.png`, how the library shows it. In `takes/.deleted/CONTENT/` what was
deleted, until the program is left: that can be undone.
"""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import platformdirs

from core.errors import DataError, OutputError, SourceError, brief
from core.take.content import content_hash
from core.take.detections import ENDING, Completed
from core.take.instrument import Instrument
from core.take.take import Processing, Take, beside

LIMIT_BYTES: Final = 8 * 2**30
"""Of all takes together, unless chosen otherwise: some 80 hours of video."""

_DELETED: Final = ".deleted"
_TOML: Final = "take.toml"
_PROJECT_ENDING: Final = ".take"


@dataclass(frozen=True)
class TakeFolder:
    """One take's place.

    Attributes:
        folder: With everything of it in it.
    """

    folder: Path

    @property
    def name(self) -> str:
        """By which the store finds it."""
        return self.folder.name

    @property
    def picture(self) -> Path:
        """How the library shows it, whether it is there or not."""
        return self.folder / "picture.png"

    @property
    def toml(self) -> Path:
        """Its description."""
        return self.folder / _TOML

    def load(self) -> Take:
        """Read what is known of it.

        Raises:
            DataError: It cannot be read.
        """
        return Take.load(self.toml)

    def save(self, take: Take) -> None:
        """Write what is known of it.

        Raises:
            OutputError: It cannot be written.
        """
        take.save(self.toml)

    def completed(self, instrument: Instrument) -> Completed | None:
        """Return what is known of an analysis that has ended, None for one that has not."""
        return Completed.load(instrument.path(self.folder))

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(_size(path) for path in self.folder.rglob("*"))

    def forget_detections(self) -> None:
        """Delete what was seen, which can be seen again; what is known of it stays."""
        for path in self.folder.iterdir():
            if path.is_file() and path.name not in (_TOML, self.picture.name):
                path.unlink(missing_ok=True)


class TakeStore:
    """All takes of a user.

    Threading: from any thread; two programs may use one folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        """Use a folder; None is the user's own."""
        self.root = Path(platformdirs.user_data_dir("neural-depth-refinement")) / "takes" if root is None else root

    def open(self, source: Path, processing: Processing) -> tuple[TakeFolder, Take]:
        """Return the take of a video or recording, made now if there is none; it is noted as opened.

        A `NAME.take.toml` that lies beside it gives a new take what it knows, and a folder `NAME.take` is its project:
        everything is kept there instead.

        Args:
            source: The file.
            processing: For a new one.

        Raises:
            SourceError: The file cannot be read.
            OutputError: Nothing can be kept: the folder cannot be written.
            DataError: The `NAME.take.toml` beside the file cannot be read.
        """
        content = content_hash(source)
        project = source.with_name(source.stem + _PROJECT_ENDING)
        place = TakeFolder(project if project.is_dir() else self.root / content)
        take = _known(place)
        if take is None:
            _put_aside(place)
            own = beside(source)
            take = Take.load(own) if own.is_file() else Take(processing=processing)
            take = replace(take, name=take.name or source.stem)
        path = str(source.expanduser().absolute())
        take = replace(take, source=path, content=content, opened=time.strftime("%Y-%m-%dT%H:%M:%S"))
        _make(place.folder)
        place.save(take)
        return place, take

    def find(self, source: Path) -> tuple[TakeFolder, Take] | None:
        """Return the take of a file, None when there is none, or when the file cannot be read."""
        project = source.with_name(source.stem + _PROJECT_ENDING)
        try:
            place = TakeFolder(project if project.is_dir() else self.root / content_hash(source))
        except SourceError:
            return None
        take = _known(place)
        return None if take is None else (place, take)

    def another(self, place: TakeFolder) -> TakeFolder:
        """Return an empty place for one more take of the same video: of another person in it."""
        n = 2
        stem = place.name.partition("_")[0]
        while (folder := place.folder.with_name(f"{stem}_{n}")).exists():
            n += 1
        _make(folder)
        return TakeFolder(folder)

    def all(self) -> list[tuple[TakeFolder, Take]]:
        """Return every take that can be read, the one that was opened last first."""
        found = []
        with contextlib.suppress(OSError):
            for folder in self.root.iterdir():
                take = None if folder.name.startswith(".") else _known(TakeFolder(folder))
                if take is not None:
                    found.append((TakeFolder(folder), take))
        return sorted(found, key=lambda pair: pair[1].opened, reverse=True)

    def delete(self, place: TakeFolder) -> None:
        """Take it off the list; `restore` brings it back until `empty_deleted`. The video stays where it is.

        Raises:
            OutputError: It cannot be moved.
        """
        self._move(place.folder, self.root / _DELETED / place.name)

    def restore(self, place: TakeFolder) -> None:
        """Undo a deletion.

        Raises:
            OutputError: It cannot be moved.
        """
        self._move(self.root / _DELETED / place.name, place.folder)

    def empty_deleted(self) -> None:
        """Delete for good what was deleted."""
        shutil.rmtree(self.root / _DELETED, ignore_errors=True)

    @property
    def size_bytes(self) -> int:
        """Of all files of all takes."""
        return sum(_size(path) for path in self.root.rglob("*"))

    def trim(self, limit_bytes: int = LIMIT_BYTES, *, besides: TakeFolder | None = None) -> int:
        """Forget the detections of what was not opened for longest until the rest is within a limit.

        Args:
            limit_bytes: Of all takes together.
            besides: A take that keeps its own: it is open.

        Returns:
            How many takes lost their detections.
        """
        total, n = self.size_bytes, 0
        for place, _ in reversed(self.all()):
            if total <= limit_bytes:
                break
            size = sum(_size(path) for path in place.folder.glob(f"*{ENDING}"))
            if size and place != besides:
                place.forget_detections()
                total, n = total - size, n + 1
        return n

    def clear(self, *, besides: TakeFolder | None = None) -> None:
        """Forget the detections of all takes; what is known of them stays."""
        for place, _ in self.all():
            if place != besides:
                place.forget_detections()

    def _move(self, source: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            source.replace(target)
        except OSError as error:
            raise OutputError(f"The take {source} cannot be moved: {brief(error)}.") from error


def make_project(place: TakeFolder, video: Path) -> TakeFolder:
    """Move a take beside its video, where it goes along when the folder is copied.

    Raises:
        OutputError: It cannot be moved.
    """
    folder = video.with_name(video.stem + _PROJECT_ENDING)
    try:
        shutil.copytree(place.folder, folder, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise OutputError(f"The take cannot be kept in {folder}: {brief(error)}; choose another place.") from error
    shutil.rmtree(place.folder, ignore_errors=True)
    return TakeFolder(folder)


def _known(place: TakeFolder) -> Take | None:
    try:
        return place.load() if place.toml.is_file() else None
    except DataError:
        return None


def _put_aside(place: TakeFolder) -> None:
    """Rename a description that cannot be read, so that nothing of it is lost."""
    with contextlib.suppress(OSError):
        if place.toml.is_file():
            os.replace(place.toml, place.toml.with_suffix(".damaged"))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Takes cannot be kept in {folder.parent}: {brief(error)}; choose another folder.") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
