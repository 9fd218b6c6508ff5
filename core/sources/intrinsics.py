"""The matrix of a camera from the files that calibration programs write."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DataError
from core.pose.types import FloatArray
from core.sources.opencv_files import read_opencv
from core.system.files.documents import parse_toml

_MATRIX_NAMES: Final = ("camera_matrix", "Camera_Matrix", "K", "M", "M1", "intrinsic_matrix")
_WIDEST: Final = 1e6  # pixels; an integer in a file may be longer than any float
_WIDTH_NAMES: Final = ("image_width", "image_Width", "width")


def load_intrinsics(path: Path, image_size: tuple[int, int]) -> FloatArray:
    """Read the (3, 3) pinhole matrix of a camera, scaled to an image size.

    OpenCV's YAML, XML and JSON (`camera_matrix` or K, with `image_width` if the images differ in size), and TOML as
    Pose2Sim and caliscope write it (`matrix` and `size` of each camera); of several cameras, the only one whose images
    have the same proportions. Distortion is left out.

    Args:
        path: The file.
        image_size: (width, height) of the frames it is needed for, pixels.

    Raises:
        DataError: It cannot be read, holds no matrix, or more than one camera fits.
    """
    cameras = _read_toml(path) if path.suffix.lower() == ".toml" else _read_opencv(path)
    fitting = [matrix for matrix, width in cameras if width is None or _fits(matrix, width, image_size)]
    if not fitting:
        raise DataError(f"{path} holds no camera whose images are shaped like {image_size[0]} × {image_size[1]}.")
    if len(fitting) > 1:
        raise DataError(f"{path} holds {len(fitting)} cameras that fit; leave only the one that is used here.")
    width = next(width for matrix, width in cameras if matrix is fitting[0])
    scale = image_size[0] / width if width else 1.0
    return np.asarray(fitting[0] * np.array([[scale], [scale], [1.0]]))


def _fits(matrix: FloatArray, width: float, image_size: tuple[int, int]) -> bool:
    """Whether the principal point, brought to the image size, lies in the middle half of the image."""
    centre = matrix[:2, 2] * image_size[0] / width / np.array(image_size)
    return bool(np.all(np.abs(centre - 0.5) < 0.25))


def _read_opencv(path: Path) -> list[tuple[FloatArray, float | None]]:
    values = read_opencv(path)
    matrix = next((values[name] for name in _MATRIX_NAMES if isinstance(values.get(name), np.ndarray)), None)
    width = next((values[name] for name in _WIDTH_NAMES if isinstance(values.get(name), int | float)), None)
    return [(_checked(matrix, path), width if _is_width(width) else None)]


def _read_toml(path: Path) -> list[tuple[FloatArray, float | None]]:
    try:
        table = parse_toml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); choose a calibration file.") from error
    nested = [entry for value in table.values() if isinstance(value, dict) for entry in (value, *value.values())]
    cameras = [entry for entry in nested if isinstance(entry, dict) and "matrix" in entry]
    if not cameras:
        raise DataError(f"{path} holds no camera: a table with 'matrix' is needed.")
    return [(_checked(camera["matrix"], path), _width(camera, path)) for camera in cameras]


def _width(camera: dict[str, Any], path: Path) -> float | None:
    size = camera.get("size")
    if size is None:
        return None
    if not (isinstance(size, list) and size and _is_width(size[0])):
        raise DataError(f"{path}: the size of a camera is {str(size)[:40]}, not [width, height].")
    return float(size[0])


def _is_width(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < _WIDEST


def _checked(matrix: Any, path: Path) -> FloatArray:
    try:
        result = np.asarray(matrix, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: the camera matrix does not hold numbers.") from error
    if result.shape != (3, 3) or not np.isfinite(result).all() or min(result[0, 0], result[1, 1]) <= 0:
        raise DataError(f"{path} holds no 3 × 3 camera matrix with a positive focal length.")
    return result
