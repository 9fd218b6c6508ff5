"""The poses of a live recording, one whole record after the other, readable up to the last one whatever happens.

Where several looks saw them (`looks` in its meta), a record holds what each saw as well.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.detection.looks import kept_looks
from core.errors import DataError, SettingsError, brief
from core.pose.types import LookLandmarks, Refined
from core.sequence.pose_sequence import ARRAY_SHAPES, LOOK_SHAPES, PoseSequence, pose_row
from core.system.files.append_only import Layout, RecordReader, RecordWriter
from core.system.files.archive import LARGEST_BYTES

MAGIC: Final = b"neural-depth-refinement poses 1\n"
_TYPES: Final = {"time_s": "<f8", "frame_index": "<i8"}
_FIELDS: Final = tuple((name, _TYPES.get(name, "<f4"), shape) for name, shape in ARRAY_SHAPES.items())
_LOOKS: Final = "looks"
_OF_A_LOOK: Final = "look_"
"""Goes before the names of the arrays in which each look has a row."""


def _layout(n_looks: int) -> Layout:
    seen = [(f"{_OF_A_LOOK}{name}", "<f4", (n_looks, *shape)) for name, shape in LOOK_SHAPES.items() if n_looks]
    return Layout(MAGIC, (*_FIELDS, ("image_size", "<u4", (2,)), ("n_left_out", "<u4", ()), *seen))


@dataclass(frozen=True)
class Journal:
    """What a journal holds.

    Attributes:
        arrays: Name → (T, ...) array, as in a PoseSequence.
        image_size: (width, height) of the last picture, pixels; (0, 0) without any.
        n_left_out: (T,) frames left out up to each record.
        meta: What made the poses.
        looks: What each look saw, where there were several.
    """

    arrays: dict[str, npt.NDArray[Any]]
    image_size: tuple[int, int]
    n_left_out: npt.NDArray[np.int64]
    meta: dict[str, Any]
    looks: LookLandmarks | None = None

    def __len__(self) -> int:
        return len(self.n_left_out)

    def sequence(self, n_rows: int, meta: dict[str, Any]) -> PoseSequence:
        """Return the first rows as a sequence, with `meta` added to the journal's.

        Raises:
            DataError: The times do not increase.
        """
        arrays: dict[str, Any] = {name: array[:n_rows] for name, array in self.arrays.items()}
        looks = None if self.looks is None else self.looks.rows(slice(n_rows))
        return PoseSequence(**arrays, image_size=self.image_size, meta={**self.meta, **meta}, looks=looks)


class JournalWriter:
    """A context manager that appends packets; what `add` has taken survives the program."""

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        """Begin a file; one that is there is replaced.

        Raises:
            OSError: It cannot be written.
        """
        path.unlink(missing_ok=True)
        self._look_names = kept_looks(str(meta.get(_LOOKS, "")))
        self._layout = _layout(len(self._look_names))
        self._writer = RecordWriter(path, self._layout, meta)

    def add(self, packet: Refined, n_left_out: int) -> None:
        """Append a packet and how many were left out before it.

        Raises:
            OSError: It cannot be written.
        """
        record = np.zeros((), self._layout.dtype)
        for name, value in pose_row(packet).items():
            record[name] = value
        looks = packet.detection.looks
        for name in LOOK_SHAPES if self._look_names else ():
            is_known = looks is not None and looks.names == self._look_names
            record[f"{_OF_A_LOOK}{name}"] = getattr(looks, name) if is_known else np.nan
        record["image_size"], record["n_left_out"] = packet.detection.frame.size_px, n_left_out
        self._writer.add(record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()


def read_journal(path: Path) -> Journal:
    """Read a journal up to its last whole record.

    Raises:
        DataError: Not a journal, its header is damaged, or it is implausibly large.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"{path.stat().st_size / 2**30:.0f} GiB")
        names = kept_looks(str(RecordReader(path, _layout(0)).meta.get(_LOOKS, "")))
        reader = RecordReader(path, _layout(len(names)))
        records = reader.read_all()
    except (OSError, ValueError, SettingsError) as error:
        raise DataError(f"{path} is not the journal of a recording ({brief(error)}); delete its folder.") from error
    time_s = records["time_s"]
    # a time that is none, or not later than the one before, is as good as damage
    is_wrong = ~(np.isfinite(time_s) & np.r_[True, np.diff(time_s) > 0][: len(time_s)])
    whole = records[: int(np.argmax(is_wrong)) if is_wrong.any() else len(records)]
    width, height = (int(v) for v in whole["image_size"][-1]) if len(whole) else (0, 0)
    arrays: dict[str, Any] = {name: whole[name] for name in ARRAY_SHAPES}
    seen: dict[str, Any] = {name: whole[f"{_OF_A_LOOK}{name}"] for name in LOOK_SHAPES if names}
    looks = LookLandmarks(names, **seen) if names else None
    return Journal(arrays, (width, height), whole["n_left_out"].astype(np.int64), reader.meta, looks)
