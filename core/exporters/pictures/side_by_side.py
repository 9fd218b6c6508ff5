"""A frame of the video that compares: the picture, MediaPipe's skeleton, the refined one, each from two sides."""

from typing import Final

import cv2
import numpy as np

from core.exporters.pictures.drawing import draw_landmarks, draw_text
from core.pose.palette import RAW, Rgb, edge_colour
from core.pose.seen import joints_of, seen_in
from core.pose.skeleton import EDGES
from core.pose.types import FloatArray, ImageArray, Refined

_GROUND: Final[Rgb] = (24, 26, 30)
_LINE: Final[Rgb] = (58, 62, 70)
_MAX_HEIGHT_PX: Final = 720
_VIEW_M: Final = 2.25
"""What a view spans from top to bottom: a tall person with an arm up."""
_CENTRE_M: Final = -0.08
_SHIFT: Final = 4
_FRONT, _SIDE = (0, 1), (2, 1)


def side_by_side(packet: Refined) -> ImageArray:
    """Return the picture with two columns beside it: MediaPipe's joints and the refined ones, RGB.

    Each column shows what was seen of the pose as the camera sees it and, below, from the side with the camera at the
    left. Pictures
    higher than 720 pixels are made smaller.
    """
    picture = packet.detection.frame.image
    height = max(min(picture.shape[0], _MAX_HEIGHT_PX) // 2 * 2, 64)
    picture = _resized(picture, height)
    seen = seen_in(packet.detection)
    if packet.detection.is_found:
        scale = height / packet.detection.frame.image.shape[0]
        draw_landmarks(picture, packet.detection.landmarks_px * scale, seen)
    raw_m, joints_m = (np.where(joints_of(seen)[:, None], pose, np.nan) for pose in (packet.raw_m, packet.joints_m))
    columns = [
        _column(raw_m, height, ["MediaPipe", _cv(packet.bone_cv_raw)]),
        _column(joints_m, height, ["refined", _cv(packet.bone_cv)]),
    ]
    return np.concatenate([picture, *columns], axis=1)


def _resized(picture: ImageArray, height: int) -> ImageArray:
    width = max(round(picture.shape[1] * height / picture.shape[0] / 2) * 2, 2)
    if picture.shape[:2] == (height, width):
        return picture.copy()
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _column(joints_m: FloatArray, height: int, lines: list[str]) -> ImageArray:
    size = height // 2
    front, side = (_view(joints_m, size, axes) for axes in (_FRONT, _SIDE))
    _label(front, "front")
    _label(side, "side, camera at the left")
    column = np.concatenate([front, side])
    draw_text(column, lines)
    column[:, :1] = _LINE
    return column


def _view(joints_m: FloatArray, size: int, axes: tuple[int, int]) -> ImageArray:
    """Return a square picture of (17, 3) joints, view-ray frame, with one axis to the right and one down."""
    image = np.full((size, size, 3), _GROUND, np.uint8)
    image[:1] = _LINE
    scale = size / _VIEW_M
    points = joints_m[:, axes] * scale + size / 2
    points[:, 1] -= _CENTRE_M * scale
    width = max(round(size / 110), 1)
    for a, b in EDGES.tolist():
        ends = points[[a, b]]
        if np.isfinite(ends).all() and np.abs(ends).max() < 2**15:
            first, last = (tuple(round(float(v) * 2**_SHIFT) for v in end) for end in ends)
            cv2.line(image, first, last, edge_colour(a, b), width, cv2.LINE_AA, _SHIFT)
    return image


def _label(view: ImageArray, text: str) -> None:
    size = view.shape[0]
    place = (round(size * 0.04), round(size * 0.95))
    cv2.putText(view, text, place, cv2.FONT_HERSHEY_SIMPLEX, max(size / 700, 0.3), RAW, 1, cv2.LINE_AA)


def _cv(value: float) -> str:
    return f"bone CV {value * 100:.1f}%" if np.isfinite(value) else "bone CV -"
