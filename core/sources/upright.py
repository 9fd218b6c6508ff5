"""Decoded video frames as upright RGB images with square pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type as SideDataType

from core.pose.types import ImageArray


def to_upright_rgb(frame: Any, pixel_aspect: float = 1.0, *, scale: float = 1.0) -> ImageArray:
    """Return an `av.VideoFrame` as (H, W, 3) uint8 RGB, turned and mirrored as its display matrix says.

    Args:
        frame: Any pixel format, 10 bit too.
        pixel_aspect: Width of a stored pixel over its height; other than 1, the image is widened or narrowed.
        scale: Factor on width and height.
    """
    width, height = max(round(frame.width * pixel_aspect * scale), 1), max(round(frame.height * scale), 1)
    image = frame.to_ndarray(format="rgb24", width=width, height=height)
    matrix = frame.side_data.get(SideDataType.DISPLAYMATRIX)
    if matrix is not None:
        image = apply_display_matrix(image, np.frombuffer(bytes(matrix), dtype=np.int32).reshape(3, 3)[:2, :2])
    return np.ascontiguousarray(image)


def apply_display_matrix(image: ImageArray, matrix: npt.NDArray[np.int32]) -> ImageArray:
    """Turn and mirror by the quarter turn closest to a (2, 2) matrix that maps (x, y) to (x, y) @ matrix."""
    (a, b), (c, d) = matrix.astype(float)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        mirror_x, mirror_y = a < 0, d < 0
    else:
        image = image.transpose(1, 0, 2)
        mirror_x, mirror_y = c < 0, b < 0
    return image[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1]
