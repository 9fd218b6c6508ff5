"""The poses of a live recording, one whole record after the other, readable up to the last one whatever happens.

Layout: the magic line; the length of the header, its bytes (JSON), their CRC-32; then records of equal size, each with
a CRC-32 of its own. All numbers are little-endian. A program that is killed leaves at worst a record in part.
"""

import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.errors import DataError, brief
from core.files.archive import LARGEST_BYTES
from core.files.documents import parse_json
from core.pose.types import Refined
from core.sequence.pose_sequence import ARRAY_SHAPES, PoseSequence, pose_row

MAGIC: Final = b"neural-depth-refinement poses 1\n"
_LENGTH: Final = struct.Struct("<I")
_TYPES: Final = {"time_s": "<f8", "frame_index": "<i8"}
_FIELDS: Final = [(name, _TYPES.get(name, "<f4"), shape) for name, shape in ARRAY_SHAPES.items()]
_RECORD: Final = np.dtype([*_FIELDS, ("image_size", "<u4", (2,)), ("n_left_out", "<u4"), ("crc", "<u4")])
_N_CHECKED: Final = _RECORD.itemsize - 4


@dataclass(frozen=True)
class Journal:
    """What a journal holds.

    Attributes:
        arrays: Name → (T, ...) array, as in a PoseSequence.
        image_size: (width, height) of the last picture, pixels; (0, 0) without any.
        n_left_out: (T,) frames left out up to each record.
        meta: What made the poses.
    """

    arrays: dict[str, npt.NDArray[Any]]
    image_size: tuple[int, int]
    n_left_out: npt.NDArray[np.int64]
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.n_left_out)

    def sequence(self, n_rows: int, meta: dict[str, Any]) -> PoseSequence:
        """Return the first rows as a sequence, with `meta` added to the journal's.

        Raises:
            DataError: The times do not increase.
        """
        arrays = {name: array[:n_rows] for name, array in self.arrays.items()}
        return PoseSequence(**arrays, image_size=self.image_size, meta={**self.meta, **meta})


class JournalWriter:
    """A context manager that appends packets; what `add` has taken survives the program."""

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        """Begin a file.

        Raises:
            OSError: It cannot be written.
        """
        header = json.dumps(meta).encode()
        self._handle = path.open("wb", buffering=0)
        self._put(MAGIC + _LENGTH.pack(len(header)) + header + _LENGTH.pack(zlib.crc32(header)))

    def add(self, packet: Refined, n_left_out: int) -> None:
        """Append a packet and how many were left out before it.

        Raises:
            OSError: It cannot be written.
        """
        record = np.zeros((), _RECORD)
        for name, value in pose_row(packet).items():
            record[name] = value
        record["image_size"], record["n_left_out"] = packet.detection.frame.size_px, n_left_out
        content = record.tobytes()[:_N_CHECKED]
        self._put(content + _LENGTH.pack(zlib.crc32(content)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.close()

    def _put(self, content: bytes) -> None:
        while content:  # a disk that fills up takes a part first and complains at the next
            content = content[self._handle.write(content) :]


def read_journal(path: Path) -> Journal:
    """Read a journal up to its last whole record.

    Raises:
        DataError: Not a journal, its header is damaged, or it is implausibly large.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"{path.stat().st_size / 2**30:.0f} GiB")
        content = path.read_bytes()
        meta, start = _header(content)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not the journal of a recording ({brief(error)}); delete its folder.") from error
    count = (len(content) - start) // _RECORD.itemsize
    records = np.frombuffer(content, _RECORD, count, start)
    n_whole = next((i for i in range(count) if not _is_whole(content, start, records, i)), count)
    whole = records[:n_whole]
    width, height = (int(v) for v in whole["image_size"][-1]) if n_whole else (0, 0)
    arrays = {name: whole[name] for name in ARRAY_SHAPES}
    return Journal(arrays, (width, height), whole["n_left_out"].astype(np.int64), meta)


def _is_whole(content: bytes, start: int, records: npt.NDArray[Any], index: int) -> bool:
    """Whether a record is as it was written, and later than the one before it."""
    at = start + index * _RECORD.itemsize
    is_sound = zlib.crc32(content[at : at + _N_CHECKED]) == records["crc"][index]
    time_s = records["time_s"]
    return bool(is_sound and np.isfinite(time_s[index]) and (index == 0 or time_s[index] > time_s[index - 1]))


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    """Return the meta of a journal and where its records begin; ValueError for anything else."""
    start = len(MAGIC) + _LENGTH.size
    if not content.startswith(MAGIC) or len(content) < start:
        raise ValueError("it begins otherwise")
    (length,) = _LENGTH.unpack_from(content, len(MAGIC))
    header = content[start : start + length]
    end = start + length
    if len(content) < end + _LENGTH.size or _LENGTH.unpack_from(content, end)[0] != zlib.crc32(header):
        raise ValueError("its beginning is damaged")
    meta = parse_json(header)
    if not isinstance(meta, dict):
        raise ValueError("its beginning is damaged")
    return meta, end + _LENGTH.size
