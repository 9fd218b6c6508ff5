"""What a detector saw of a video, frame after frame: kept as it comes, so that no frame is looked at twice.

One file per instrument (`Instrument`) in a take's folder, appended to while the analysis goes on and readable all the
time; beside it, once the last frame was seen, a TOML file that says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import tomli_w

from core.detection.looks import Look
from core.errors import DataError, OutputError, SettingsError, brief
from core.pose.skeleton import LANDMARK_TO_COCO, LEFT_HIP, N_JOINTS, N_LANDMARKS, RIGHT_HIP
from core.pose.types import Detection, FloatArray, LookLandmarks
from core.sequence.pose_sequence import PoseSequence
from core.system.files.append_only import Layout, RecordReader, RecordWriter
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml

ENDING: Final = ".detections"
_MAGIC: Final = b"neural-depth-refinement detections 1\n"
_OF_LOOKS: Final = {
    "look_px": (N_LANDMARKS, 2),
    "look_m": (N_LANDMARKS, 3),
    "look_visibility": (N_LANDMARKS,),
}
_ARRAYS: Final = ("time_s", "frame_index", *_OF_LOOKS)


def layout(n_looks: int) -> Layout:
    """Return what a record of so many looks is like; MediaPipe's own numbers are of single precision."""
    of_looks = tuple((name, "<f4", (n_looks, *shape)) for name, shape in _OF_LOOKS.items())
    return Layout(_MAGIC, (("time_s", "<f8", ()), ("frame_index", "<i8", ()), *of_looks))


@dataclass(frozen=True)
class Completed:
    """What is known once the last frame was seen.

    Attributes:
        n_frames: How many frames were looked at.
        warnings: What the source had to say, one sentence each.
        fps: Its nominal rate, NaN when unknown.
        resumed_at: Numbers of the frames at which the tracking began anew, since the analysis had been broken off.
    """

    n_frames: int
    warnings: tuple[str, ...] = ()
    fps: float = math.nan
    resumed_at: tuple[int, ...] = ()

    def save(self, detections: Path) -> None:
        """Write it beside the detections.

        Raises:
            OutputError: It cannot be written.
        """
        table: dict[str, Any] = {
            "n_frames": self.n_frames,
            "warnings": list(self.warnings),
            "resumed_at": list(self.resumed_at),
        }
        if math.isfinite(self.fps):
            table["fps"] = self.fps
        write_text(_completed_path(detections), tomli_w.dumps(table))

    @classmethod
    def load(cls, detections: Path) -> Self | None:
        """Read it; None while the analysis has not ended, and when it makes no sense, so that it goes on."""
        try:
            table = parse_toml(_completed_path(detections).read_text(encoding="utf-8"))
            return cls(
                int(table["n_frames"]),
                tuple(map(str, table["warnings"])),
                float(table.get("fps", math.nan)),
                tuple(map(int, table.get("resumed_at", ()))),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _completed_path(detections: Path) -> Path:
    return detections.with_name(detections.name + ".toml")


class DetectionWriter:
    """A context manager that appends detections.

    Attributes:
        n_frames: How many frames are in the file.
        last_index: Number of the last frame in it, -1 for none.
        last_s: Its time, -inf for none.
    """

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        """Begin a file, or go on with one of the same header. One that cannot be gone on with is begun anew.

        Raises:
            OutputError: It cannot be written.
        """
        self._path = path
        self.n_frames, self.last_index, self.last_s = 0, -1, -math.inf
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._layout = layout(len(meta["looks"]))
            records = _records(path, meta, self._layout)
            if records is None:
                path.unlink(missing_ok=True)
                _completed_path(path).unlink(missing_ok=True)
            elif len(records):
                self.n_frames = len(np.unique(records["frame_index"]))
                self.last_index, self.last_s = int(records["frame_index"][-1]), float(records["time_s"][-1])
            self._writer = RecordWriter(path, self._layout, meta)
        except OSError as error:
            raise self._cannot_write(error) from error

    def add(self, people: Sequence[Detection]) -> None:
        """Append who was seen in the next frame, one at least; a frame that is there already is passed over.

        Raises:
            OutputError: It cannot be written.
        """
        frame = people[0].frame
        if frame.index <= self.last_index or frame.time_s <= self.last_s:
            return
        records = np.zeros(len(people), self._layout.dtype)
        records["time_s"], records["frame_index"] = frame.time_s, frame.index
        for record, detection in zip(records, people, strict=True):
            seen = detection if detection.looks is None else detection.looks
            record["look_px"], record["look_m"] = seen.landmarks_px, seen.landmarks_m
            record["look_visibility"] = seen.visibility
        try:
            self._writer.add(records)
        except OSError as error:
            raise self._cannot_write(error) from error
        self.n_frames, self.last_index, self.last_s = self.n_frames + 1, frame.index, frame.time_s

    def close(self) -> None:
        """Let the file go."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cannot_write(self, error: OSError) -> OutputError:
        return OutputError(
            f"Cannot write {self._path}: {brief(error)}; free some space, or choose another folder for takes."
        )


def _records(path: Path, meta: dict[str, Any], wanted: Layout) -> npt.NDArray[Any] | None:
    """Return what is in a file of this header; None when there is none, or it is of something else."""
    try:
        reader = RecordReader(path, wanted)
        return reader.read_all() if reader.meta == meta else None
    except (OSError, ValueError):
        return None


class DetectionReader:
    """Follows a file of detections while it is written.

    Attributes:
        meta: What the header says: the instrument, `content` and `image_size`.

    Threading: one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            DataError: It cannot be read.
        """
        self._path = path
        try:
            looks = RecordReader(path, layout(1)).meta["looks"]
            self._names = tuple(Look.from_name(name).name for name in looks)
            self._reader = RecordReader(path, layout(len(self._names)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SettingsError) as error:
            raise DataError(f"{path} holds no detections ({brief(error)}); delete it, and it is made anew.") from error
        self.meta = self._reader.meta

    @property
    def completed(self) -> Completed | None:
        """What is known of the whole once there is no more to come."""
        return Completed.load(self._path)

    def read(self) -> "Detections":
        """Return what has come since the last call.

        Raises:
            DataError: The file is gone.
        """
        try:
            return Detections.of_records(self._reader.read_all(), self._names, _image_size(self.meta))
        except OSError as error:
            raise DataError(f"{self._path} cannot be read: {brief(error)}.") from error


@dataclass(frozen=True)
class Detections:
    """T rows as L looks saw them, in the order of time; NaN where nobody was seen.

    A row is a frame, or one of several people in it: `core.take.people` tells them apart.

    Attributes:
        names: (L,) of the looks.
        time_s: (T,) seconds.
        frame_index: (T,) numbers of the frames in the source.
        look_px: (T, L, 33, 2) pixels.
        look_m: (T, L, 33, 3) metres, view-ray frame.
        look_visibility: (T, L, 33) in 0..1.
        image_size: (width, height), pixels.
    """

    names: tuple[str, ...]
    time_s: FloatArray
    frame_index: npt.NDArray[np.int64]
    look_px: FloatArray
    look_m: FloatArray
    look_visibility: FloatArray
    image_size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.time_s)

    @classmethod
    def of_records(cls, records: npt.NDArray[Any], names: tuple[str, ...], image_size: tuple[int, int]) -> Self:
        """Return what records of a `layout` hold."""
        arrays: dict[str, Any] = {name: np.ascontiguousarray(records[name]) for name in _ARRAYS}
        return cls(names, **arrays, image_size=image_size)

    @classmethod
    def of_one(
        cls,
        time_s: FloatArray,
        frame_index: npt.NDArray[np.int64],
        landmarks_px: FloatArray,
        landmarks_m: FloatArray,
        visibility: FloatArray,
        image_size: tuple[int, int],
        name: str = "full",
    ) -> Self:
        """Return what one look saw: (T, 33, 2), (T, 33, 3) and (T, 33)."""
        return cls(
            (name,), time_s, frame_index, landmarks_px[:, None], landmarks_m[:, None], visibility[:, None], image_size
        )

    @classmethod
    def empty(cls, image_size: tuple[int, int], names: tuple[str, ...] = ("full",)) -> Self:
        """Return what holds no row."""
        return cls.of_records(np.zeros(0, layout(len(names)).dtype), names, image_size)

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Name → array, by the names of the attributes."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def rows(self, rows: slice | npt.NDArray[np.int64]) -> "Detections":
        """Return some of the rows; a slice is not copied."""
        arrays: dict[str, Any] = {name: getattr(self, name)[rows] for name in _ARRAYS}
        return Detections(self.names, **arrays, image_size=self.image_size)

    @cached_property
    def landmarks_px(self) -> FloatArray:
        """(T, 33, 2) mean of the looks that saw the person."""
        return self._mean(self.look_px)

    @cached_property
    def landmarks_m(self) -> FloatArray:
        """(T, 33, 3) mean of the looks that saw the person."""
        return self._mean(self.look_m)

    @cached_property
    def visibility(self) -> FloatArray:
        """(T, 33) mean of the looks that saw the person; 0 where none did."""
        return np.nan_to_num(self._mean(self.look_visibility))

    def _mean(self, of_looks: FloatArray) -> FloatArray:
        if len(self.names) == 1:
            return of_looks[:, 0]
        is_used = np.isfinite(self.look_m).all(axis=(2, 3))
        is_used = is_used.reshape(*is_used.shape, *[1] * (of_looks.ndim - 2))
        total = np.where(is_used, of_looks, 0.0).sum(axis=1, dtype=float)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / is_used.sum(axis=1))

    def sequence(self, meta: dict[str, Any]) -> PoseSequence:
        """Return the same as a sequence that nobody has refined: joints are MediaPipe's, uncertainty is unknown."""
        raw = self.landmarks_m[:, LANDMARK_TO_COCO].astype(float)
        raw -= (raw[:, LEFT_HIP] + raw[:, RIGHT_HIP])[:, None] / 2
        raw_m = raw.astype(np.float32)
        n = len(self)
        is_plain = self.names == (Look.from_name(self.names[0]).variant,)
        return PoseSequence(
            time_s=self.time_s,
            frame_index=self.frame_index,
            joints_m=raw_m,
            raw_m=raw_m,
            uncertainty_m=np.full((n, N_JOINTS), np.nan, np.float32),
            visibility=self.visibility[:, LANDMARK_TO_COCO].astype(np.float32),
            landmarks_px=self.landmarks_px.astype(np.float32),
            landmarks_m=self.landmarks_m.astype(np.float32),
            direction=np.full((n, 3), np.nan, np.float32),
            image_size=self.image_size,
            meta=meta,
            looks=None if is_plain else LookLandmarks(self.names, self.look_px, self.look_m, self.look_visibility),
        )


def records_of(seen: Detections) -> npt.NDArray[Any]:
    """Return detections as records of a `layout`."""
    records = np.zeros(len(seen), layout(len(seen.names)).dtype)
    for name, array in seen.arrays.items():
        records[name] = array
    return records


def joined(first: Detections, then: Detections) -> Detections:
    """Return both, one after the other."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(first, name), getattr(then, name)]) for name in _ARRAYS}
    return Detections(then.names, **arrays, image_size=then.image_size)


def _image_size(meta: dict[str, Any]) -> tuple[int, int]:
    try:
        width, height = (int(value) for value in meta["image_size"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0, 0
    return width, height
