"""Points over time from C3D and TRC files, in metres."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError, brief
from core.pose.types import FloatArray

UNITS_M: Final = {"m": 1.0, "meters": 1.0, "cm": 0.01, "mm": 0.001, "millimeters": 0.001}
_LARGEST_FILE: Final = 4_000_000_000


@dataclass(frozen=True)
class Markers:
    """Named points over time.

    Attributes:
        names: M labels.
        points_m: (F, M, 3) metres, as the file's axes are; NaN = not seen.
        rate_hz: Frames per second.
    """

    names: list[str]
    points_m: FloatArray
    rate_hz: float


def read_markers(path: Path) -> Markers:
    """Read a `.c3d` or `.trc` file.

    Raises:
        DataError: Not readable, of another kind, damaged, without points, in an unknown unit, or C3D without ezc3d.
    """
    if not path.is_file():
        raise DataError(f"There is no marker file {path}.")
    kind = path.suffix.lower()
    if kind == ".c3d":
        markers = _read_c3d(path)
    elif kind == ".trc":
        markers = _read_trc(path)
    else:
        raise DataError(f"{path} is neither C3D nor TRC.")
    if not markers.names or not len(markers.points_m) or not np.isfinite(markers.rate_hz) or markers.rate_hz <= 0:
        raise DataError(f"{path} holds no points over time.")
    return markers


def _read_c3d(path: Path) -> Markers:
    try:
        import ezc3d
    except ModuleNotFoundError as error:
        raise DataError(
            f"{path} is a C3D file, which only the training packages can read: pip install -e .[train], "
            "or export it as TRC."
        ) from error
    if path.stat().st_size > _LARGEST_FILE:
        raise DataError(f"{path} is larger than 4 GB; cut it.")
    try:
        content = ezc3d.c3d(str(path))
        labels = [str(name).strip() for name in content["parameters"]["POINT"]["LABELS"]["value"]]
        unit = str((content["parameters"]["POINT"]["UNITS"]["value"] or ["mm"])[0]).strip().lower()
        points = np.moveaxis(np.asarray(content["data"]["points"][:3], dtype=float), 0, -1)  # (M, F, 3)
        residuals = np.asarray(content["data"]["meta_points"]["residuals"][0], dtype=float)  # (M, F)
        rate = float(content["header"]["points"]["frame_rate"])
    except (OSError, ValueError, RuntimeError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{path} is no readable C3D file ({brief(error)}); export it again.") from error
    scale = _scale(path, unit or "mm")
    points = np.where((residuals < 0)[..., None], np.nan, points) * scale
    return Markers(labels, np.swapaxes(points, 0, 1)[:, : len(labels)], rate)


def _read_trc(path: Path) -> Markers:
    try:
        lines = path.read_text(encoding="utf-8", errors="strict").splitlines()
        keys, values = lines[1].split("\t"), lines[2].split("\t")
        header = dict(zip((key.strip() for key in keys), (value.strip() for value in values), strict=False))
        rate, unit = float(header["DataRate"]), header["Units"].lower()
        names = [name.strip() for name in lines[3].rstrip().split("\t")[2:] if name.strip()]
        rows = [line.rstrip("\r\n").split("\t") for line in lines[5:] if line.strip()]
        values_of = [[_number(cell) for cell in (row[2:] + [""] * 3 * len(names))[: 3 * len(names)]] for row in rows]
    except (OSError, UnicodeDecodeError, IndexError, KeyError, ValueError) as error:
        raise DataError(f"{path} is no readable TRC file ({brief(error)}); export it again.") from error
    points = np.array(values_of, dtype=float).reshape(len(rows), len(names), 3)
    return Markers(names, points * _scale(path, unit), rate)


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else float("nan")


def _scale(path: Path, unit: str) -> float:
    if unit not in UNITS_M:
        raise DataError(f"{path} is in '{unit[:20]}', which is no unit known here; export it in m or mm.")
    return UNITS_M[unit]
