"""Training runs on disk: what each has reached, and whether it can go on."""

import csv
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w
from PySide6.QtCore import QLockFile

from core.errors import OutputError
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml
from core.system.files.run_folder import BEST, LAST, LOG

_LOCK, _NAME = "in-use.lock", "name.toml"


@dataclass(frozen=True)
class Run:
    """A run folder of `train`, as it is at this moment.

    Attributes:
        folder: Where everything of it is.
        config: Its config.toml.
        history: One row of log.csv per finished epoch, numbers where they are numbers.
    """

    folder: Path
    config: dict[str, Any]
    history: tuple[dict[str, float], ...]

    @classmethod
    def load(cls, folder: Path) -> "Run | None":
        """Read a folder; None when no run has begun in it."""
        try:
            config = parse_toml((folder / "config.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        try:
            with (folder / LOG).open(encoding="utf-8", newline="") as handle:
                rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(handle)]
        except (OSError, ValueError, TypeError):
            rows = []
        return cls(folder, config, tuple(rows))

    @property
    def name(self) -> str:
        """What the user called it; the folder's name otherwise."""
        try:
            return str(parse_toml((self.folder / _NAME).read_text(encoding="utf-8"))["name"])
        except (OSError, ValueError, KeyError):
            return self.folder.name

    def rename(self, name: str) -> None:
        """Call it something.

        Raises:
            OutputError: The folder cannot be written.
        """
        write_text(self.folder / _NAME, tomli_w.dumps({"name": name}))

    @property
    def n_epochs(self) -> int:
        """Epochs it shall have."""
        return int(self.config.get("epochs", 0))

    @property
    def n_done(self) -> int:
        """Epochs that are finished."""
        return len(self.history)

    @property
    def pairs(self) -> tuple[str, ...]:
        """What it trains on."""
        return tuple(map(str, self.config.get("pairs", ())))

    @property
    def best(self) -> Path:
        """Its best checkpoint."""
        return self.folder / BEST

    @property
    def model(self) -> Path:
        """The refiner exported from the best checkpoint."""
        return self.folder / "refiner.onnx"

    @property
    def can_resume(self) -> bool:
        """Whether it stopped before its end and can go on."""
        return (self.folder / LAST).is_file() and self.n_done < self.n_epochs

    def was_cut_off(self) -> bool:
        """Return, once, whether the process that trained in it died and nobody trains in it now."""
        if not (self.folder / _LOCK).is_file():
            return False
        try:
            lock = self.lock()
        except OutputError:
            return False
        if lock is not None:
            lock.unlock()
        return lock is not None

    def lock(self) -> QLockFile | None:
        """Claim the folder for this process; None when another one trains in it.

        A lock left by a process that died counts as none.

        Raises:
            OutputError: The folder cannot be written, or its disk is full.
        """
        lock = QLockFile(str(self.folder / _LOCK))
        lock.setStaleLockTime(0)
        if lock.tryLock(0):
            return lock
        if lock.error() != QLockFile.LockError.LockFailedError:
            raise OutputError(f"Cannot write {self.folder / _LOCK}; choose another folder or free space.")
        return None

    def delete(self) -> None:
        """Delete the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def runs_folder() -> Path:
    """Return where the window keeps its runs."""
    return Path(platformdirs.user_data_dir("neural-depth-refinement")) / "runs"


def new_run_folder() -> Path:
    """Return a folder for another run, named by the time; not made yet."""
    stem, n = time.strftime("%Y%m%d-%H%M%S"), 1
    folder = runs_folder() / stem
    while folder.exists():
        n += 1
        folder = runs_folder() / f"{stem}-{n}"
    return folder


def list_runs() -> list[Run]:
    """Return the runs of the window, newest first."""
    folders = sorted(runs_folder().glob("*/config.toml"), reverse=True)
    return [run for path in folders if (run := Run.load(path.parent)) is not None]
