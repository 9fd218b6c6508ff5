"""The pairs that this machine has, and how many frames there are in each split."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QSettings

from core.detection.bundle import cache_folder
from core.errors import DataError
from core.sequence.pairs import pair_splits
from core.system.files.archive import READ_ERRORS

_ARRAY = "corrupted.npy"
_SETTING = "data_sets"


@dataclass(frozen=True)
class DataSet:
    """A folder of pair files, or one such file.

    Attributes:
        path: Where it is.
        n_frames: Split → frames; "" holds what has no split.
        n_files: Files in all.
        trouble: Why it cannot be used, "" when it can.
    """

    path: Path
    n_frames: dict[str, int] = field(default_factory=dict)
    n_files: int = 0
    trouble: str = ""

    @property
    def can_train(self) -> bool:
        """Whether it has frames to train on and others to validate with; a single file serves as both."""
        return bool((self.path.is_file() and self.n_files) or (self.n_frames.get("train") and self.n_frames.get("val")))

    @property
    def best_test_split(self) -> str:
        """The split that says most about a refiner: test, or else val; "" for a file without splits."""
        return next((split for split in ("test", "val") if self.n_frames.get(split)), "")


def default_folder() -> Path:
    """Return where pairs are made when nobody says otherwise."""
    return cache_folder() / "pairs"


def known_paths() -> list[Path]:
    """Return the data sets in the usual folder and those the user added, newest first."""
    usual = [path.parent for path in default_folder().glob("*/index.json")]
    added = [Path(path) for path in _added() if Path(path).exists()]
    return sorted(dict.fromkeys([*usual, *added]), key=lambda path: path.stat().st_mtime, reverse=True)


def remember(path: Path) -> None:
    """Add a data set to the list for good."""
    QSettings().setValue(_SETTING, list(dict.fromkeys([*_added(), str(path)])))


def count(path: Path) -> DataSet:
    """Look into a data set; reads only the head of each file."""
    try:
        splits = pair_splits(path)
        n_frames: dict[str, int] = {}
        for file, split in splits.items():
            n_frames[split] = n_frames.get(split, 0) + _n_pairs(file)
    except DataError as error:
        return DataSet(path, trouble=str(error))
    if not splits:
        return DataSet(path, trouble=f"{path} holds no pair files; make some in the studio.")
    data_set = DataSet(path, n_frames, len(splits))
    if data_set.can_train:
        return data_set
    missing = " and ".join(split for split in ("train", "val") if not n_frames.get(split))
    return DataSet(path, n_frames, len(splits), f"No {missing} split: it can be measured on, not trained on.")


def _n_pairs(file: Path) -> int:
    """Return the length of a pair file, from the head of its first array.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(_ARRAY) as handle:
            version = np.lib.format.read_magic(handle)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            return int(read(handle)[0][0])
    except (*READ_ERRORS, IndexError) as error:
        raise DataError(f"{file} is not a readable pair file; make it again.") from error


def _added() -> list[str]:
    value: Any = QSettings().value(_SETTING, [])
    return [value] if isinstance(value, str) else list(value or [])
