"""Data sets of several looks (MediaPipe's variants and their mirror images): names, folders, indices.

Imports next to nothing, since it travels between processes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from core.detection import looks
from core.detection.bundle import VARIANTS
from core.sequence.pairs import write_index

LOOKS_HELP: Final = (
    "Who looks: some of lite, full, heavy and their mirror images (full-mirrored, ...), with commas; several get a "
    "folder of pairs each."
)


def parse_looks(text: str) -> tuple[str, ...]:
    """Return the looks of a list such as "full,heavy-mirrored", each once.

    Raises:
        SettingsError: Empty, or a look that there is not.
    """
    return tuple(look.name for look in looks.parse_looks(text))


def of_looks(names: Sequence[str]) -> dict[str, Any]:
    """Return what an index says of who looked; one plain variant as data sets of before looks have it."""
    (first, *others) = names
    return {"looks": list(names)} if others or first not in VARIANTS else {"pose_variant": first}


def look_files(names: Sequence[str], file_name: str) -> dict[str, str]:
    """Return look → its pair file, relative to the data set: in a folder for each, if there are several."""
    return {name: f"{name}/{file_name}" if len(names) > 1 else file_name for name in names}


def write_look_indices(folder: Path, names: Sequence[str], splits: dict[str, str], about: dict[str, Any]) -> None:
    """Write the index of a data set, and one in each look's folder, so that each is a data set by itself.

    Args:
        folder: Of the data set.
        names: The looks.
        splits: Pair file, as `look_files` names it → split.
        about: What is known about all of it.

    Raises:
        OutputError: It cannot be written.
    """
    write_index(folder, splits, about)
    if len(names) == 1:
        return
    for name in names:
        own = {Path(file).name: split for file, split in splits.items() if file.startswith(f"{name}/")}
        write_index(folder / name, own, {**about, "looks": [name]})
