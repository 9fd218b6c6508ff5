"""Training pairs on disk: one NPZ per video stream, MediaPipe's joints beside the truth (schema version 1).

A folder of such files is a data set; `index.json` lists them with their split.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import DataError, brief
from core.pose.skeleton import N_JOINTS, N_LANDMARKS
from core.pose.types import FloatArray
from core.system.files.archive import load_npz
from core.system.files.atomic import atomic_path, write_text
from core.system.files.documents import parse_json

SCHEMA_VERSION = 1
_PER_FRAME: dict[str, tuple[int, ...]] = {
    "corrupted": (N_JOINTS, 3),
    "ground_truth": (N_JOINTS, 3),
    "visibility": (N_JOINTS,),
    "pose_2d": (N_JOINTS, 2),
    "azimuth": (),
    "elevation": (),
    "camera_relative": (3,),
    "landmarks_world": (N_LANDMARKS, 3),
    "landmarks_px": (N_LANDMARKS, 2),
    "frame_index": (),
    "timestamp_s": (),
}
_REQUIRED = ("corrupted", "ground_truth", "visibility", "pose_2d")


@dataclass(frozen=True)
class Pairs:
    """One time-ordered stream of N pairs.

    Attributes:
        corrupted: (N, 17, 3) MediaPipe, metres, hip-centred, view-ray frame.
        ground_truth: (N, 17, 3) truth, same frame; NaN means that there is none for this joint.
        visibility: (N, 17) in 0..1.
        pose_2d: (N, 17, 2) pixels.
        azimuth: (N,) degrees, [0, 360).
        elevation: (N,) degrees.
        camera_relative: (N, 3) camera in the subject frame, metres.
        landmarks_world: (N, 33, 3) MediaPipe world landmarks.
        landmarks_px: (N, 33, 2) pixels.
        frame_index: (N,) frame number in the video; a jump is a gap.
        timestamp_s: (N,) seconds.
        K: (3, 3) intrinsics.
        image_size: (2,) width, height.
        meta: Provenance: dataset, sequence, subject, camera, fps, mediapipe version, pose variant and sha256, ...
    """

    corrupted: FloatArray
    ground_truth: FloatArray
    visibility: FloatArray
    pose_2d: FloatArray
    azimuth: FloatArray
    elevation: FloatArray
    camera_relative: FloatArray
    landmarks_world: FloatArray
    landmarks_px: FloatArray
    frame_index: npt.NDArray[np.integer[Any]]
    timestamp_s: FloatArray
    K: FloatArray
    image_size: npt.NDArray[np.integer[Any]]
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.corrupted)

    def __post_init__(self) -> None:
        n = len(self.corrupted)
        for name, tail in _PER_FRAME.items():
            array = getattr(self, name)
            if array.shape != (n, *tail):
                raise DataError(f"Pair array '{name}' has shape {array.shape}, but {(n, *tail)} is needed.")


def save_pairs(path: Path, pairs: Pairs) -> None:
    """Write a pair file atomically, float32, compressed.

    Raises:
        OutputError: The file cannot be written.
    """
    arrays: dict[str, Any] = {}
    for field in fields(pairs):
        value = getattr(pairs, field.name)
        if field.name == "meta":
            arrays["meta"] = np.array(json.dumps({**value, "schema_version": SCHEMA_VERSION}))
        elif field.name in ("frame_index", "image_size"):
            arrays[field.name] = value.astype(np.int64)
        elif field.name in ("timestamp_s", "K"):
            arrays[field.name] = value.astype(np.float64)
        else:
            with np.errstate(over="ignore"):  # past float32 is as good as infinite, which training leaves out
                arrays[field.name] = value.astype(np.float32)
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, **arrays)


def load_pairs(path: Path) -> Pairs:
    """Read and check a pair file; optional keys that are absent become NaN (frame_index: 0, 1, 2, ...).

    Raises:
        DataError: Not an NPZ, a required key is missing, or a shape is wrong.
    """
    data = load_npz(path, "a readable pair file", "make it again")
    missing = [name for name in _REQUIRED if name not in data]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}: it is not a pair file; make pairs with `studio`.")
    n = len(data["corrupted"])
    for name, tail in _PER_FRAME.items():
        if name not in data:
            fill = np.arange(n) if name == "frame_index" else np.full((n, *tail), np.nan)
            data[name] = fill
        elif not np.issubdtype(data[name].dtype, np.number):
            raise DataError(f"{path}: '{name}' does not hold numbers.")
    try:
        meta = parse_json(str(data.get("meta", "{}")))
    except ValueError as error:
        raise DataError(f"{path}: 'meta' is not JSON ({error}).") from error
    if not isinstance(meta, dict):
        raise DataError(f"{path}: 'meta' must be a JSON object.")
    try:
        return Pairs(
            **{name: data[name] for name in _PER_FRAME},
            K=data.get("K", np.full((3, 3), np.nan)),
            image_size=data.get("image_size", np.zeros(2, dtype=np.int64)),
            meta=meta,
        )
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def write_index(folder: Path, splits: dict[str, str], about: dict[str, Any]) -> None:
    """Write `index.json`: file name → split, and what is known about the whole data set."""
    write_text(folder / "index.json", json.dumps({"about": about, "files": splits}, indent=1, sort_keys=True))


def pair_splits(path: Path) -> dict[Path, str]:
    """Return the pair files that `path` (a file or a data set folder) stands for, sorted, and the split of each.

    The split is empty where no `index.json` tells it.

    Raises:
        DataError: Nothing there, or the index is damaged.
    """
    if path.is_file():
        return {path: ""}
    if not path.is_dir():
        raise DataError(f"There is no pair file or folder {path}; make pairs with `studio`.")
    index_path = path / "index.json"
    if not index_path.is_file():
        # names with a dot are what a writer that was killed left behind
        return dict.fromkeys(sorted(p for p in path.glob("*.npz") if not p.name.startswith(".")), "")
    try:
        listed = parse_json(index_path.read_text(encoding="utf-8"))["files"]
        return {path / name: str(split) for name, split in sorted(listed.items())}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(f"{index_path} is damaged ({brief(error)}); make the data set again.") from error


def pair_files(path: Path, split: str | None = None) -> list[Path]:
    """Return the pair files that `path` (a file or a data set folder) stands for, sorted.

    Args:
        path: A pair file, or a folder with or without `index.json`.
        split: Keep only this split of a folder; needs the index.

    Raises:
        DataError: Nothing there, or the index is damaged or lacks the split.
    """
    listed = pair_splits(path)
    if split is not None and path.is_dir() and not (path / "index.json").is_file():
        raise DataError(f"{path} has no index.json, so its '{split}' split is unknown.")
    files = [file for file, where in listed.items() if split in (None, where) or path.is_file()]
    if not files:
        raise DataError(f"{path} holds no pair files{f' of split {split}' if split else ''}.")
    return files
