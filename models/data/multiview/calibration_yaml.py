"""OpenCV YAML as EasyMocap writes it: `intri.yml` beside `extri.yml`.

`names` lists the cameras; `K_NAME` and `dist_NAME` are in the first, `Rot_NAME` (3x3) or `R_NAME` (Rodrigues) and
`T_NAME` in the second, world to camera, metres; `H_NAME` and `W_NAME` may tell the size of the image.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from core.errors import DataError
from models.data.multiview.calibration_fields import UNKNOWN_UP, make_camera, read_bytes
from models.data.multiview.camera import Camera


def read_yaml(path: Path) -> list[Camera]:
    """Read EasyMocap's calibration, in metres.

    Args:
        path: `intri.yml` or `extri.yml`; the other is beside it.

    Raises:
        DataError: One of the two is missing or not OpenCV YAML, or a camera lacks a field.
    """
    with _opened(path.with_name("intri.yml")) as inner, _opened(path.with_name("extri.yml")) as outer:
        names = inner.getNode("names")
        listed = [names.at(i).string() for i in range(names.size())] if names.isSeq() else []
        if not listed:
            raise DataError(f"{path.with_name('intri.yml')} lacks the list 'names'; write the calibration again.")
        return [_camera(path, name, inner, outer) for name in listed]


def _camera(path: Path, name: str, inner: Any, outer: Any) -> Camera:
    fields = {
        "matrix": inner.getNode(f"K_{name}").mat(),
        "distortions": inner.getNode(f"dist_{name}").mat(),
        "translation": outer.getNode(f"T_{name}").mat(),
        "rotation": outer.getNode(f"Rot_{name}").mat(),
    }
    if fields["rotation"] is None:
        fields["rotation"] = outer.getNode(f"R_{name}").mat()
    width, height = (inner.getNode(f"{letter}_{name}") for letter in "WH")
    if not width.empty() and not height.empty():
        fields["size"] = (width.real(), height.real())
    return make_camera(path, name, fields, 1.0, UNKNOWN_UP)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    text = read_bytes(path).decode("utf-8", errors="replace")
    try:
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    except (cv2.error, SystemError) as error:
        raise DataError(f"{path} is not OpenCV YAML; it must begin with %YAML:1.0.") from error
    if not storage.isOpened():
        raise DataError(f"{path} is not OpenCV YAML; it must begin with %YAML:1.0.")
    try:
        yield storage
    except cv2.error as error:  # a node that is not what its place asks for
        raise DataError(f"{path} holds a matrix that cannot be read; write the calibration again.") from error
    finally:
        storage.release()
