"""The Qualisys calibration.

A `.qca.txt` is XML: focal lengths and centres in 1/64 px, `transform` with the rotation row by row and the camera's
place in mm. Its camera looks along -z with y up, so the OpenCV world-to-camera rotation is diag(1, -1, -1) @ M and
the translation -R @ place. Its world has z up.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from core.errors import DataError
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.fields import make_camera, read_bytes

_SUBPIXELS = 64.0
_MM = 0.001
_TO_OPENCV = np.diag([1.0, -1.0, -1.0])
_UP = np.array([0.0, 0.0, 1.0])


def read_qca(path: Path) -> list[CalibratedCamera]:
    """Read a Qualisys calibration; cameras sorted by name.

    Raises:
        DataError: Not readable, not XML, no camera, or a camera lacks a field or has one that is not a number.
    """
    content = read_bytes(path)
    # entities are how XML eats all memory; a calibration has no use for a document type
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{path} declares a document type; it is not a Qualisys calibration.")
    try:
        root = ET.fromstring(content)  # noqa: S314 declarations are refused
    except ET.ParseError as error:
        raise DataError(f"{path} is not XML ({error}); export the calibration again.") from error
    cameras = [_camera(path, element) for element in root.iter("camera")]
    if not cameras:
        raise DataError(f"{path} holds no camera: it is not a Qualisys calibration.")
    return sorted(cameras, key=lambda camera: camera.name)


def _camera(path: Path, element: ET.Element) -> CalibratedCamera:
    name = element.get("serial", "without serial")

    def number(tag: str, field: str) -> float:
        child = element.find(tag)
        text = None if child is None else child.get(field)
        if text is None:
            raise DataError(f"{path}: camera {name} lacks '{field}' of '{tag}'; export the calibration again.")
        try:
            value = float(text)
        except ValueError as error:
            raise DataError(f"{path}: '{field}' of camera {name} is '{text[:20]}', which is not a number.") from error
        if not np.isfinite(value):
            raise DataError(f"{path}: '{field}' of camera {name} is {text[:20]}, which is not finite.")
        return value

    left, top = number("fov_video", "left"), number("fov_video", "top")
    intrinsics = np.eye(3)
    intrinsics[0, 0] = number("intrinsic", "focalLengthU") / _SUBPIXELS
    intrinsics[1, 1] = number("intrinsic", "focalLengthV") / _SUBPIXELS
    intrinsics[0, 2] = number("intrinsic", "centerPointU") / _SUBPIXELS - left
    intrinsics[1, 2] = number("intrinsic", "centerPointV") / _SUBPIXELS - top
    lens = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2",
            "radialDistortion3")  # fmt: skip
    matrix = np.array([[number("transform", f"r{row}{column}") for column in (1, 2, 3)] for row in (1, 2, 3)])
    place = np.array([number("transform", axis) for axis in "xyz"])
    rotation = _TO_OPENCV @ matrix
    fields = {
        "matrix": intrinsics,
        "distortions": [number("intrinsic", field) for field in lens],
        "rotation": rotation,
        "translation": -rotation @ place,
        "size": (number("fov_video", "right") - left + 1, number("fov_video", "bottom") - top + 1),
    }
    return make_camera(path, name, fields, _MM, _UP)
