"""What MediaPipe saw, kept beside the pairs: detection takes hours, everything after it seconds."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DataError
from core.pose.types import FloatArray
from core.system.files.archive import load_npz
from core.system.files.atomic import atomic_path

FOLDER = "detections"
Arrays = dict[str, FloatArray]


def cached(folder: Path, name: str, about: dict[str, Any], make: Callable[[], Arrays]) -> Arrays:
    """Return arrays from `folder`, made and written there if nothing fits.

    Args:
        folder: Of the data set.
        name: First part of the file's name.
        about: All that the arrays depend on: a change makes them anew.
        make: Makes them.

    Raises:
        OutputError: They cannot be written.
    """
    arrays = kept(folder, name, about)
    if arrays is None:
        arrays = make()
        keep(folder, name, about, arrays)
    return arrays


def kept(folder: Path, name: str, about: dict[str, Any]) -> Arrays | None:
    """Return arrays from `folder`, None if nothing fits; see `cached`."""
    with contextlib.suppress(DataError):  # there is none, or it is damaged
        return load_npz(_path(folder, name, about), "a readable detection", "it is made again")
    return None


def keep(folder: Path, name: str, about: dict[str, Any], arrays: Arrays) -> None:
    """Write arrays for `kept`.

    Raises:
        OutputError: They cannot be written.
    """
    with atomic_path(_path(folder, name, about)) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]


def _path(folder: Path, name: str, about: dict[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return folder / FOLDER / f"{name}_{digest}.npz"


def identity(video: Path) -> dict[str, Any]:
    """Return what tells a video from another without reading all of it."""
    stat = video.stat()
    return {"video": video.name, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}
