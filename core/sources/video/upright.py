"""Decoded video frames as upright RGB images with square pixels."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type as SideDataType

from core.errors import SettingsError
from core.pose.types import ImageArray

TURNS_DEG: Final = (0, 90, 180, 270)


@dataclass(frozen=True)
class PictureChange:
    """What is done to each picture of a source beyond what the file itself asks for.

    Attributes:
        turn_deg: Turned clockwise by so much, for what was filmed on its side: 0, 90, 180 or 270.
        is_mirrored: Whether the source shows a mirror image, which is turned back, so that left is left.
    """

    turn_deg: int = 0
    is_mirrored: bool = False

    def __post_init__(self) -> None:
        if self.turn_deg not in TURNS_DEG:
            raise SettingsError(f"A picture cannot be turned by {self.turn_deg}°; choose 0, 90, 180 or 270.")

    def apply(self, image: ImageArray) -> ImageArray:
        """Return the (H, W, 3) picture mirrored, then turned; a view of it where nothing is copied."""
        if self.is_mirrored:
            image = image[:, ::-1]
        return np.rot90(image, -self.turn_deg // 90) if self.turn_deg else image


AS_STORED: Final = PictureChange()


def to_upright_rgb(
    frame: Any, pixel_aspect: float = 1.0, *, scale: float = 1.0, change: PictureChange = AS_STORED
) -> ImageArray:
    """Return an `av.VideoFrame` as (H, W, 3) uint8 RGB, turned and mirrored as its display matrix says.

    Args:
        frame: Any pixel format, 10 bit too.
        pixel_aspect: Width of a stored pixel over its height; other than 1, the image is widened or narrowed.
        scale: Factor on width and height.
        change: What is done to it then.
    """
    width, height = max(round(frame.width * pixel_aspect * scale), 1), max(round(frame.height * scale), 1)
    image = frame.to_ndarray(format="rgb24", width=width, height=height)
    matrix = frame.side_data.get(SideDataType.DISPLAYMATRIX)
    if matrix is not None:
        image = apply_display_matrix(image, np.frombuffer(bytes(matrix), dtype=np.int32).reshape(3, 3)[:2, :2])
    return np.ascontiguousarray(change.apply(image))


def apply_display_matrix(image: ImageArray, matrix: npt.NDArray[np.int32]) -> ImageArray:
    """Turn and mirror by the quarter turn closest to a (2, 2) matrix that maps (x, y) to (x, y) @ matrix."""
    (a, b), (c, d) = matrix.astype(float)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        mirror_x, mirror_y = a < 0, d < 0
    else:
        image = image.transpose(1, 0, 2)
        mirror_x, mirror_y = c < 0, b < 0
    return image[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1]
