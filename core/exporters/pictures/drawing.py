"""What is drawn onto a frame: the landmarks, the refined skeleton from the side, the figures."""

import cv2
import numpy as np
import numpy.typing as npt

from core.pose.palette import MIDDLE, RAW, Rgb, edge_colour
from core.pose.seen import joints_of, seen_in
from core.pose.skeleton import EDGES, LANDMARK_TO_COCO, RIGID_ANCHORS
from core.pose.types import BoolArray, FloatArray, ImageArray, Refined

_OUTLINE: Rgb = (20, 20, 20)
_PANEL: Rgb = (24, 26, 30)
_PANEL_OPACITY = 0.72
_PANEL_SHARE, _PANEL_MIN_PX, _PANEL_HEIGHT_M = 0.34, 96, 2.3
_CENTRE_BELOW_M = -0.1  # the head is a little farther from the hips than the feet when standing
_COCO_OF_LANDMARK = {int(landmark): coco for coco, landmark in enumerate(LANDMARK_TO_COCO)}
_FEET = ((27, 29), (29, 31), (27, 31), (28, 30), (30, 32), (28, 32))
_HANDS = ((15, 19), (16, 20))
_SHIFT = 4  # cv2 takes fixed-point coordinates: sixteenths of a pixel


def annotate(packet: Refined) -> ImageArray:
    """Return a copy of the packet's frame with everything drawn on it, RGB."""
    image = packet.detection.frame.image.copy()
    if packet.detection.is_found:
        seen = seen_in(packet.detection)
        draw_landmarks(image, packet.detection.landmarks_px, seen)
        draw_side_view(image, packet.raw_m, packet.joints_m, joints_of(seen))
    draw_text(image, _figures(packet))
    return image


def draw_landmarks(image: ImageArray, landmarks_px: FloatArray, seen: BoolArray) -> None:
    """Draw bones coloured by side onto an RGB image; thin, without dots, where they are only guessed.

    Args:
        image: (H, W, 3), changed in place.
        landmarks_px: (33, 2).
        seen: (33,) which landmarks were seen.
    """
    width = max(round(min(image.shape[:2]) / 200), 1)
    lines = [(int(LANDMARK_TO_COCO[a]), int(LANDMARK_TO_COCO[b]), edge_colour(a, b)) for a, b in EDGES.tolist()]
    for a, b in (*_FEET, *_HANDS):
        anchor = _COCO_OF_LANDMARK.get(a, _COCO_OF_LANDMARK[RIGID_ANCHORS.get(a, (a,))[0]])
        lines.append((a, b, edge_colour(anchor, anchor)))
    for underneath in (True, False):
        for a, b, colour in lines:
            thickness = width if seen[a] and seen[b] else max(width // 2, 1)
            if underneath:
                _line(image, landmarks_px[a], landmarks_px[b], _OUTLINE, thickness + max(width // 2, 1) * 2)
            else:
                _line(image, landmarks_px[a], landmarks_px[b], colour, thickness)
    for landmark in LANDMARK_TO_COCO[5:]:
        if seen[landmark]:
            _dot(image, landmarks_px[landmark], _OUTLINE, width * 1.5 + 1)
            _dot(image, landmarks_px[landmark], MIDDLE, width * 1.1)


def draw_side_view(image: ImageArray, raw_m: FloatArray, joints_m: FloatArray, seen: BoolArray) -> None:
    """Draw a panel, bottom left, with the (17, 3) skeletons from the side: the camera is at the left.

    Only what was seen, (17,), is drawn: a guess from the side looks as good as anything else.
    """
    height, width = image.shape[:2]
    size = min(max(round(min(height, width) * _PANEL_SHARE), _PANEL_MIN_PX), height, width)
    panel = image[height - size :, :size]
    _shade(panel)
    line = max(round(size / 110), 1)
    _draw_camera_mark(panel, line)
    for joints, colour in ((raw_m, RAW), (joints_m, None)):
        points = _side_pixels(joints, size)
        for a, b in EDGES[seen[EDGES].all(axis=1)].tolist():
            _line(panel, points[a], points[b], colour or edge_colour(a, b), line if colour else line + 1)


def draw_text(image: ImageArray, lines: list[str]) -> None:
    """Write lines of ASCII text top left, on a darkened ground, sized with the image."""
    scale = max(min(image.shape[:2]) / 900, 0.35)
    thickness = max(round(scale * 1.6), 1)
    font = cv2.FONT_HERSHEY_SIMPLEX
    row = round(34 * scale)
    widest = max(cv2.getTextSize(line, font, scale, thickness)[0][0] for line in lines)
    _shade(image[: row * len(lines) + row // 2, : widest + row])
    for i, line in enumerate(lines):
        place = (row // 2, row * (i + 1))
        cv2.putText(image, line, place, font, scale, MIDDLE, thickness, cv2.LINE_AA)


def _figures(packet: Refined) -> list[str]:
    view = packet.viewpoint
    if not packet.detection.is_found:
        return ["nobody found"]
    angles = "viewpoint unknown"
    if view is not None:
        angles = f"azimuth {view.azimuth_deg:.0f} deg  elevation {view.elevation_deg:+.0f} deg"
    return [angles, f"bone CV {_percent(packet.bone_cv_raw)} raw  {_percent(packet.bone_cv)} refined"]


def _percent(value: float) -> str:
    return f"{value * 100:.1f}%" if np.isfinite(value) else "-"


def _side_pixels(joints_m: FloatArray, size: int) -> FloatArray:
    """Return (17, 2) panel pixels: depth to the right (the camera looks from the left), down is down."""
    scale = size / _PANEL_HEIGHT_M
    across = joints_m[:, 2] * scale + size / 2
    down = (joints_m[:, 1] - _CENTRE_BELOW_M) * scale + size / 2
    return np.stack([across, down], axis=1)


def _draw_camera_mark(panel: ImageArray, line: int) -> None:
    size = len(panel)
    x, y, r = size * 0.05, size * 0.5, size * 0.035
    for a, b in (((x, y), (x + 2 * r, y - r)), ((x, y), (x + 2 * r, y + r))):
        _line(panel, np.array(a), np.array(b), RAW, line)
    cv2.putText(
        panel, "side view", (round(size * 0.05), round(size * 0.95)), cv2.FONT_HERSHEY_SIMPLEX,
        max(size / 420, 0.3), RAW, max(round(size / 300), 1), cv2.LINE_AA,
    )  # fmt: skip


def _shade(region: ImageArray) -> None:
    region[:] = (region * (1 - _PANEL_OPACITY) + np.array(_PANEL) * _PANEL_OPACITY).astype(np.uint8)


def _line(image: ImageArray, a: FloatArray, b: FloatArray, colour: Rgb, thickness: int) -> None:
    ends = _fixed(a), _fixed(b)
    if ends[0] is not None and ends[1] is not None:
        cv2.line(image, ends[0], ends[1], colour, thickness, cv2.LINE_AA, _SHIFT)


def _dot(image: ImageArray, centre: FloatArray, colour: Rgb, radius: float) -> None:
    place = _fixed(centre)
    if place is not None:
        cv2.circle(image, place, round(radius * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)


def _fixed(point: npt.NDArray[np.floating]) -> tuple[int, int] | None:
    """Return sixteenths of a pixel; None for NaN or so far outside that cv2 would overflow."""
    if not np.isfinite(point).all() or np.abs(point).max() > 2**15:
        return None
    return round(float(point[0]) * 2**_SHIFT), round(float(point[1]) * 2**_SHIFT)
