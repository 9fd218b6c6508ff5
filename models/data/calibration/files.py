"""Calibration files of every kind that is in use → cameras in metres, world to camera, OpenCV axes.

| file | from | default unit | up |
|---|---|---|---|
| `*.qca.txt`, `*.xml` | Qualisys | mm | z |
| `*.toml` | Pose2Sim, Caliscope, anipose | m | from the people |
| `*.json` | AIST++ (`settingN.json`) | cm | y |
| `intri.yml` beside `extri.yml`, or their folder | EasyMocap, OpenCV | m | from the people |
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError, SettingsError
from core.pose.types import FloatArray
from models.data.calibration.aist import read_aist
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.qca import read_qca
from models.data.calibration.toml_files import read_toml
from models.data.calibration.yaml_files import read_yaml

UNITS_M: Final = {"m": 1.0, "cm": 0.01, "mm": 0.001}
UP_AXES: Final[dict[str, FloatArray]] = {
    f"{sign}{axis}": np.eye(3)[number] * (-1.0 if sign else 1.0)
    for number, axis in enumerate("xyz")
    for sign in ("", "-")
}
_READERS: Final[dict[str, tuple[Callable[[Path], list[CalibratedCamera]], str]]] = {
    ".txt": (read_qca, "mm"),
    ".xml": (read_qca, "mm"),
    ".toml": (read_toml, "m"),
    ".json": (read_aist, "cm"),
    ".yml": (read_yaml, "m"),
    ".yaml": (read_yaml, "m"),
}
"""Ending → reader, which returns metres, and the unit of length that it takes the file to be in."""


def read_calibration(path: Path, *, unit: str = "", up: str = "") -> list[CalibratedCamera]:
    """Read the cameras of a calibration file, or of a folder with `intri.yml` and `extri.yml`.

    Args:
        path: The file or folder.
        unit: m, cm or mm, when the file is not in the unit usual for its kind.
        up: x, -x, y, -y, z or -z, the world axis against gravity; "" = usual for the kind, NaN where nothing is.

    Returns:
        Cameras in the order of the file; `up_world` NaN where it is unknown.

    Raises:
        DataError: Not readable, of no known kind, or a camera lacks a field or has one that makes no sense.
        SettingsError: There is no such unit or axis.
    """
    if unit and unit not in UNITS_M:
        raise SettingsError(f"There is no unit '{unit}'; give m, cm or mm.")
    if up and up not in UP_AXES:
        raise SettingsError(f"There is no axis '{up}'; give one of {', '.join(UP_AXES)}.")
    file = path / "intri.yml" if path.is_dir() else path
    if file.suffix.lower() not in _READERS:
        raise DataError(f"{path} is no calibration known here; give .qca.txt, .toml, .json or intri.yml.")
    reader, usual_unit = _READERS[file.suffix.lower()]
    cameras = reader(file)
    if not cameras:
        raise DataError(f"{file} holds no camera.")
    if unit:
        scale = UNITS_M[unit] / UNITS_M[usual_unit]
        cameras = [replace(camera, translation_m=camera.translation_m * scale) for camera in cameras]
    return [camera.with_up(UP_AXES[up]) for camera in cameras] if up else cameras
