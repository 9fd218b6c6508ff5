"""Whether a fetched file is all there, by its own structure."""

import zipfile
from pathlib import Path
from typing import Final

_HEADER: Final = 8
_NEEDED: Final = frozenset({b"moov", b"mdat"})


def is_whole_mp4(path: Path) -> bool:
    """Whether the boxes of an MP4 file end exactly where the file does, and index and pictures are among them.

    Source: ISO/IEC 14496-12, 4.2: a box is a 32-bit length, a type, and a 64-bit length after it where that is 1; 0
    reaches to the end of the file, which tells nothing and is not accepted.
    """
    size = path.stat().st_size
    at, seen = 0, set()
    with path.open("rb") as handle:
        while at < size:
            handle.seek(at)
            header = handle.read(_HEADER)
            if len(header) < _HEADER:
                return False
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(handle.read(8), "big")
            if length < _HEADER or at + length > size:
                return False
            seen.add(header[4:])
            at += length
    return seen >= _NEEDED


def is_whole_zip(path: Path) -> bool:
    """Whether a zip archive has its directory, which is at its end; members are checked as they are unpacked."""
    return zipfile.is_zipfile(path)
