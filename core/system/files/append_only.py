"""Files that only grow: a header, then records of equal size with a CRC each; readable up to the last whole one.

Layout: the magic line; the length of the header, its bytes (JSON), their CRC-32; then the records, each ended by a
CRC-32 of its own. All numbers are little-endian. A program that is killed leaves at worst a record in part.
"""

import json
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.system.files.documents import parse_json

_LENGTH: Final = struct.Struct("<I")
_READ_BYTES: Final = 8 << 20


@dataclass(frozen=True)
class Layout:
    """What the records of one kind of file look like.

    Attributes:
        magic: The file's first bytes, ended by a newline.
        fields: NumPy's (name, type, shape) of what a record holds; all types little-endian.
    """

    magic: bytes
    fields: tuple[tuple[str, str, tuple[int, ...]], ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """A record with its CRC, named `crc`."""
        return np.dtype([*self.fields, ("crc", "<u4")])


class RecordWriter:
    """A context manager that appends records; what `add` has taken survives the program."""

    def __init__(self, path: Path, layout: Layout, meta: dict[str, Any]) -> None:
        """Begin a file, or go on behind the last whole record of one that is there with the same header.

        Raises:
            OSError: It cannot be written.
            ValueError: Another kind of file, or one with another header, is there.
        """
        header = json.dumps(meta).encode()
        self._n_checked = layout.dtype.itemsize - _LENGTH.size
        beginning = layout.magic + _LENGTH.pack(len(header)) + header + _LENGTH.pack(zlib.crc32(header))
        n_bytes = path.stat().st_size if path.exists() else 0
        if n_bytes:
            reader = RecordReader(path, layout)
            if reader.meta != json.loads(header):
                raise ValueError("it was begun otherwise")
            reader.read_all()
            n_bytes = reader.end
        self._handle = path.open("r+b" if n_bytes else "wb", buffering=0)
        if n_bytes:
            self._handle.truncate(n_bytes)
            self._handle.seek(n_bytes)
        else:
            self._put(beginning)

    def add(self, records: npt.NDArray[Any]) -> None:
        """Append one or more records of the layout's dtype, all at once; their CRCs are set here.

        Raises:
            OSError: They cannot be written.
        """
        content, size = records.tobytes(), self._n_checked + _LENGTH.size
        parts = [content[at : at + self._n_checked] for at in range(0, len(content), size)]
        self._put(b"".join(part + _LENGTH.pack(zlib.crc32(part)) for part in parts))

    def sync(self) -> None:
        """Wait until what was added would survive the machine as well."""
        os.fsync(self._handle.fileno())

    def close(self) -> None:
        """Let the file go."""
        self._handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, content: bytes) -> None:
        while content:  # a disk that fills up takes a part first and complains at the next
            content = content[self._handle.write(content) :]


class RecordReader:
    """Reads a file that another program may be writing: each `read` gives what has come since.

    Attributes:
        meta: The header.
        end: Where the next record will begin, bytes.
        is_damaged: A record is not what was written; what follows it is not believed.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        """Read the header.

        Raises:
            OSError: It cannot be read.
            ValueError: Another kind of file, or its header is damaged.
        """
        self._path, self._dtype = path, layout.dtype
        with path.open("rb") as handle:
            self.meta, self.end = _header(handle.read(1 << 20), layout.magic)
        self.is_damaged = False

    def read(self, most_bytes: int = _READ_BYTES) -> npt.NDArray[Any]:
        """Return the (n,) whole records that follow, of the layout's dtype; none when there are no more.

        Raises:
            OSError: The file cannot be read.
        """
        size = self._dtype.itemsize
        if self.is_damaged:
            return np.zeros(0, self._dtype)
        with self._path.open("rb") as handle:
            handle.seek(self.end)
            content = handle.read(max(most_bytes // size, 1) * size)
        n = len(content) // size
        records = np.frombuffer(content, self._dtype, n)
        view, n_checked = memoryview(content), size - _LENGTH.size
        sums = [zlib.crc32(view[at : at + n_checked]) for at in range(0, n * size, size)]
        wrong = np.flatnonzero(np.array(sums, dtype=np.uint32) != records["crc"])
        n_whole = int(wrong[0]) if len(wrong) else n
        self.is_damaged = n_whole < n
        self.end += n_whole * size
        return records[:n_whole]

    def read_all(self) -> npt.NDArray[Any]:
        """Return all records that follow."""
        parts = [self.read()]
        while len(parts[-1]):
            parts.append(self.read())
        return np.concatenate(parts)


def _header(content: bytes, magic: bytes) -> tuple[dict[str, Any], int]:
    """Return the meta of a file and where its records begin; ValueError for anything else."""
    start = len(magic) + _LENGTH.size
    if not content.startswith(magic) or len(content) < start:
        raise ValueError("it begins otherwise")
    (length,) = _LENGTH.unpack_from(content, len(magic))
    header = content[start : start + length]
    end = start + length
    if len(content) < end + _LENGTH.size or _LENGTH.unpack_from(content, end)[0] != zlib.crc32(header):
        raise ValueError("its beginning is damaged")
    meta = parse_json(header)
    if not isinstance(meta, dict):
        raise ValueError("its beginning is damaged")
    return meta, end + _LENGTH.size
