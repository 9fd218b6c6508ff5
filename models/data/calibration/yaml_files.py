"""OpenCV YAML as EasyMocap writes it: `intri.yml` beside `extri.yml`.

`names` lists the cameras; `K_NAME` and `dist_NAME` are in the first, `Rot_NAME` (3x3) or `R_NAME` (Rodrigues) and
`T_NAME` in the second, world to camera, metres; `H_NAME` and `W_NAME` may tell the size of the image.
"""

from pathlib import Path
from typing import Any

from core.errors import DataError
from core.sources.opencv_files import read_opencv
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.fields import UNKNOWN_UP, make_camera


def read_yaml(path: Path) -> list[CalibratedCamera]:
    """Read EasyMocap's calibration, in metres.

    Args:
        path: `intri.yml` or `extri.yml`; the other is beside it.

    Raises:
        DataError: One of the two is missing or not OpenCV YAML, or a camera lacks a field.
    """
    inner, outer = read_opencv(path.with_name("intri.yml")), read_opencv(path.with_name("extri.yml"))
    names = inner.get("names")
    if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
        raise DataError(f"{path.with_name('intri.yml')} lacks the list 'names'; write the calibration again.")
    return [_camera(path, name, inner, outer) for name in names]


def _camera(path: Path, name: str, inner: dict[str, Any], outer: dict[str, Any]) -> CalibratedCamera:
    rotation = outer.get(f"Rot_{name}")
    fields = {
        "matrix": inner.get(f"K_{name}"),
        "distortions": inner.get(f"dist_{name}"),
        "translation": outer.get(f"T_{name}"),
        "rotation": outer.get(f"R_{name}") if rotation is None else rotation,
    }
    width, height = (inner.get(f"{letter}_{name}") for letter in "WH")
    if width is not None and height is not None:
        fields["size"] = (width, height)
    return make_camera(path, name, fields, 1.0, UNKNOWN_UP)
