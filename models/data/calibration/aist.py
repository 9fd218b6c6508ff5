"""AIST++ camera settings: `settingN.json`, a list of nine OpenCV cameras, translation in cm, y up."""

from pathlib import Path

import numpy as np

from core.errors import DataError
from core.system.files.documents import parse_json
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.fields import make_camera, read_bytes

_CM = 0.01
_UP = np.array([0.0, 1.0, 0.0])


def read_aist(path: Path) -> list[CalibratedCamera]:
    """Read a camera setting of AIST++, in metres.

    Raises:
        DataError: Not readable, not JSON, not a list of cameras, or a camera lacks a field.
    """
    try:
        listed = parse_json(read_bytes(path))
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); download it again.") from error
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise DataError(f"{path} is no AIST++ camera setting, which is a list of cameras.")
    return [
        make_camera(path, str(entry.get("name", f"c{number:02d}")), entry, _CM, _UP)
        for number, entry in enumerate(listed, 1)
    ]
