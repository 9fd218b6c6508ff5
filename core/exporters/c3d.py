"""Landmarks as a C3D file: millimetres, z up unless chosen otherwise, residual -1 where a point is unknown.

Written directly and block by block, since the usual library keeps every point of every frame as an object (70,000
frames take 700 MB). Layout: header (1 block of 512 bytes), parameters, then four little-endian floats per point: x, y,
z, residual. More than 65,535 frames do not fit the old 16-bit fields: then those say 65,535, and
TRIAL:ACTUAL_END_FIELD and POINT:LONG_FRAMES hold the true number; a reader that knows only the old ones sees 65,535.

Source: The C3D File Format User Guide, c3d.org.
"""

import struct
from pathlib import Path
from typing import Final

import numpy as np

from core.exporters.trc import MARKERS, kept_markers, with_hip_middle
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path

_BLOCK: Final = 512
_INTEL: Final = 84
_FLOATS: Final = -1.0
"""A negative scale says that the data are floats."""
_MAX_FRAMES: Final = 0xFFFF
_MM: Final = 1000.0


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    n, kept = len(motion), kept_markers(motion)
    labels = [MARKERS[i] for i in kept]
    up = "+Y" if motion.is_y_up else "+Z" if motion.choices.coordinates == "upright" else "-Y"
    parameters = _parameters(labels, n, motion.rate_hz, up, " ".join(motion.notes))
    data_start = 2 + len(parameters) // _BLOCK
    header = struct.pack(
        "<BBHHHHHfHHf", 2, 0x50, len(labels), 0, 1, min(n, _MAX_FRAMES), 0, _FLOATS, data_start, 0, motion.rate_hz
    ).ljust(_BLOCK, b"\0")
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        handle.write(header)
        handle.write(parameters)
        for part in motion.blocks():
            points = with_hip_middle(motion.points(part))[:, kept] * _MM
            known = np.isfinite(points).all(axis=-1, keepdims=True)
            data = np.concatenate([np.where(known, points, 0.0), np.where(known, 0.0, -1.0)], axis=-1)
            handle.write(data.astype("<f4").tobytes())
        handle.write(b"\0" * (-handle.tell() % _BLOCK))


def _parameters(labels: list[str], n_frames: int, rate_hz: float, up: str, notes: str) -> bytes:
    """Return the parameter section, whole blocks."""
    low, high = n_frames & 0xFFFF, n_frames >> 16
    groups: list[tuple[str, list[bytes]]] = [
        (
            "POINT",
            [
                _record("USED", 2, (), struct.pack("<H", len(labels))),
                _record("FRAMES", 2, (), struct.pack("<H", min(n_frames, _MAX_FRAMES))),
                _record("LONG_FRAMES", 4, (), struct.pack("<f", float(n_frames))),
                _record("SCALE", 4, (), struct.pack("<f", _FLOATS)),
                _record("RATE", 4, (), struct.pack("<f", rate_hz)),
                _record("DATA_START", 2, (), b"\0\0"),  # its place is known only when all is put together
                _text("UNITS", ["mm"]),
                _text("LABELS", labels),
                _text("DESCRIPTIONS", [notes[:120]] if notes else [""]),
                _text("X_SCREEN", ["+X"]),
                _text("Y_SCREEN", [up]),
            ],
        ),
        ("ANALOG", [_record("USED", 2, (), b"\0\0"), _record("RATE", 4, (), struct.pack("<f", 0.0))]),
        (
            "TRIAL",
            [
                _record("ACTUAL_START_FIELD", 2, (2,), struct.pack("<HH", 1, 0)),
                _record("ACTUAL_END_FIELD", 2, (2,), struct.pack("<HH", low, high)),
                _record("CAMERA_RATE", 4, (), struct.pack("<f", rate_hz)),
            ],
        ),
        ("MANUFACTURER", [_text("SOFTWARE", ["Neural Depth Refinement"])]),
    ]
    body = bytearray()
    for number, (name, records) in enumerate(groups, start=1):
        body += _linked(struct.pack("<bb", len(name), -number) + name.encode("ascii"), b"\0")
        for record in records:
            length = record[0]
            head = struct.pack("<Bb", length, number) + record[1 : 1 + length]
            body += _linked(head, record[1 + length :] + b"\0")
    body += b"\0\0"
    n_blocks = -(-(4 + len(body)) // _BLOCK)
    place = body.index(b"DATA_START") + len("DATA_START") + 2 + 2
    struct.pack_into("<H", body, place, 2 + n_blocks)
    return (struct.pack("<BBBB", 1, 0x50, n_blocks, _INTEL) + bytes(body)).ljust(n_blocks * _BLOCK, b"\0")


def _linked(head: bytes, tail: bytes) -> bytes:
    """Put the distance to the next entry between an entry's name and its content."""
    return head + struct.pack("<h", len(tail) + 2) + tail


def _record(name: str, kind: int, dimensions: tuple[int, ...], data: bytes) -> bytes:
    """Return name length, name, type (-1 text, 2 integer, 4 float), dimensions and data."""
    shape = bytes([len(dimensions), *dimensions])
    return bytes([len(name)]) + name.encode("ascii") + struct.pack("<b", kind) + shape + data


def _text(name: str, lines: list[str]) -> bytes:
    encoded = [line.encode("ascii", "replace") for line in lines]
    width = max(max(len(line) for line in encoded), 1)
    return _record(name, -1, (width, len(lines)), b"".join(line.ljust(width) for line in encoded))
