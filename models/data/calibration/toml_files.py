"""TOML calibrations: a table per camera, as Pose2Sim, Caliscope and anipose write it.

All have `size`, `matrix`, `distortions`, `rotation` (Rodrigues; Caliscope also a matrix) and `translation`, world to
camera. Pose2Sim and anipose put each camera at the top beside `[metadata]`, Caliscope under `[cameras]` with a number
for a name; the number of camera 0 is written `cam_0` here, as its video is.
"""

from pathlib import Path
from typing import Any

from core.errors import DataError
from core.system.files.documents import parse_toml
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.fields import UNKNOWN_UP, make_camera, read_bytes


def read_toml(path: Path) -> list[CalibratedCamera]:
    """Read the cameras that are not marked as ignored, in metres.

    Raises:
        DataError: Not readable, not TOML, a fisheye lens, or a camera lacks a field or has one that makes no sense.
    """
    try:
        content = parse_toml(read_bytes(path).decode("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not TOML ({error}); export the calibration again.") from error
    listed = content.get("cameras", content)
    entries = listed.items() if isinstance(listed, dict) else []
    tables = {
        key: table for key, table in entries if isinstance(table, dict) and ("matrix" in table or "size" in table)
    }
    if not tables:
        raise DataError(f"{path} holds no camera: each needs a table with matrix, rotation and translation.")
    return [_camera(path, key, table) for key, table in tables.items() if not table.get("ignore", False)]


def _camera(path: Path, key: str, table: dict[str, Any]) -> CalibratedCamera:
    name = str(table.get("name", f"cam_{key}" if key.isdecimal() else key))
    if table.get("fisheye", False):
        raise DataError(f"{path}: camera {name} has a fisheye lens, which is not known here; undistort its video.")
    return make_camera(path, name, table, 1.0, UNKNOWN_UP)
