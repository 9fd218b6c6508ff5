"""Numbers of a calibration file, checked: what every reader needs."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from core.errors import DataError
from core.pose.types import FloatArray
from models.data.calibration.camera import CalibratedCamera

LARGEST_FILE: Final = 10_000_000
_LONGEST_NAME: Final = 200
UNKNOWN_UP: Final = np.full(3, np.nan)
_DISTORTION_SIZES: Final = (4, 5, 8, 12, 14)


def read_bytes(path: Path) -> bytes:
    """Return the content of a calibration file.

    Raises:
        DataError: It cannot be read or is far too large to be one.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path} is too large to be a calibration.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The calibration {path} cannot be read: {error.strerror}.") from error


def make_camera(path: Path, name: str, fields: dict[str, Any], unit_m: float, up_world: FloatArray) -> CalibratedCamera:
    """Return a camera of what a file says.

    Args:
        path: The file, for messages.
        name: Of the camera.
        fields: `matrix` (3, 3), `rotation` (3,) Rodrigues or (3, 3), `translation` (3,), both world to camera;
            optionally `distortions` and `size` (width, height).
        unit_m: Metres in one unit of the translation.
        up_world: (3,).

    Raises:
        DataError: A field is missing or makes no sense.
    """
    if len(name) > _LONGEST_NAME:
        raise DataError(f"{path}: a camera has a name of {len(name)} letters; calibrate or export again.")

    def array(key: str) -> FloatArray:
        if fields.get(key) is None:
            raise DataError(f"{path}: camera {name} lacks '{key}'; calibrate or export again.")
        try:
            values = np.array(fields[key], dtype=float)
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{path}: '{key}' of camera {name} does not hold numbers.") from error
        if not np.isfinite(values).all():
            raise DataError(f"{path}: '{key}' of camera {name} is not finite.")
        return values

    matrix = _shaped(path, name, "matrix", array("matrix"), (3, 3))
    if matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        raise DataError(f"{path}: camera {name} has a focal length that is not positive.")
    if not np.allclose(matrix[2], [0, 0, 1]):
        raise DataError(f"{path}: 'matrix' of camera {name} is no camera matrix.")
    distortions = array("distortions").ravel() if fields.get("distortions") is not None else np.zeros(5)
    if len(distortions) not in _DISTORTION_SIZES:
        raise DataError(f"{path}: camera {name} has {len(distortions)} distortions; OpenCV knows 4, 5, 8, 12 or 14.")
    size = None
    if fields.get("size") is not None:
        width, height = _shaped(path, name, "size", array("size"), (2,))
        size = (round(width), round(height)) if width > 0 and height > 0 else None
    return CalibratedCamera(
        name=name,
        image_size=size,
        intrinsics=matrix,
        distortion=distortions,
        rotation=_rotation(path, name, array("rotation")),
        translation_m=_shaped(path, name, "translation", array("translation"), (3,)) * unit_m,
        up_world=up_world,
    )


def _shaped(path: Path, name: str, key: str, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    if values.size != np.prod(shape):
        raise DataError(f"{path}: '{key}' of camera {name} has {values.size} numbers, not {np.prod(shape)}.")
    return values.reshape(shape)


def _rotation(path: Path, name: str, values: FloatArray) -> FloatArray:
    if values.size == 3:
        return np.asarray(cv2.Rodrigues(values.reshape(3, 1))[0], dtype=float)
    matrix = _shaped(path, name, "rotation", values, (3, 3))
    if not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-3) or np.linalg.det(matrix) < 0:
        raise DataError(f"{path}: the rotation of camera {name} is not a rotation.")
    return matrix
