"""The views side by side with both skeletons drawn, because a number alone has fooled people before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from core.errors import OutputError
from core.pose.palette import LEFT, MIDDLE, RIGHT
from core.pose.skeleton import BODY, BONES, SIDE
from core.pose.types import FloatArray, ImageArray
from core.sources import open_source
from core.system.files.atomic import atomic_path
from models.data.calibration.camera import CalibratedCamera
from models.data.multiview.timeline import Detections

Bgr = tuple[int, int, int]
_TRUTH: Final[Bgr] = (70, 230, 255)
_SIDES: Final[dict[int, Bgr]] = {1: LEFT[::-1], -1: RIGHT[::-1], 0: MIDDLE[::-1]}
_LINES: Final = (*BONES.tolist(), (5, 11), (6, 12))
_TILE: Final = (320, 480)
_STRIP: Final = 28
_GAP: Final = 4
_MARGIN: Final = 1.25
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_LEGEND: Final = (
    ("truth, projected", _TRUTH), ("MediaPipe: left", _SIDES[1]), ("right", _SIDES[-1]), ("across", _SIDES[0]),
)  # fmt: skip


def draw_views(
    target: Path,
    videos: Sequence[Path],
    seen: Detections,
    cameras: Sequence[CalibratedCamera],
    joints_world_m: FloatArray,
    moments: Sequence[int],
) -> None:
    """Write a picture: a row per camera, a column per moment.

    MediaPipe's 2D is blue on the left, orange on the right; the truth, reprojected, is yellow with dots on its left
    joints.

    Raises:
        OutputError: It cannot be written.
    """
    rows = []
    for number, (path, camera) in enumerate(zip(videos, cameras, strict=True)):
        frames = seen.timeline.rows[number, list(moments)]
        images = _pick(path, {int(frame) for frame in frames})
        truth = camera.project(joints_world_m)
        window = _window_px(truth, seen.keypoints_px[number])
        tiles = []
        for moment, frame in zip(moments, frames, strict=True):
            tile = _tile(images.get(int(frame)), seen.videos[number].joints_px[moment], truth[moment], window)
            tiles.append(_labelled(tile, f"{camera.name}  {seen.timeline.time_s[moment]:.2f} s"))
        rows.append(np.hstack([_framed(tile) for tile in tiles]))
    picture = np.vstack([_legend(rows[0].shape[1]), *rows])
    try:
        _, encoded = cv2.imencode(target.suffix, picture)
    except cv2.error as error:
        raise OutputError(f"Cannot write the picture {target}; choose a name that ends in .png or .jpg.") from error
    with atomic_path(target) as temporary:  # imwrite would not say what is wrong with the disk
        temporary.write_bytes(encoded.tobytes())


def _pick(path: Path, frames: set[int]) -> dict[int, ImageArray]:
    source = open_source(path)
    picked: dict[int, ImageArray] = {}
    try:
        for frame in source.frames():
            if frame.index in frames:
                picked[frame.index] = frame.image
            if frame.index >= max(frames):
                break
    finally:
        source.close()
    return picked


def _window_px(truth: FloatArray, keypoints: FloatArray) -> float:
    """Return the height of the part of a camera's image to show: the same in all of its tiles."""
    both = np.concatenate([truth[:, BODY], keypoints[:, BODY]], axis=1)
    known = np.isfinite(both).all(axis=-1)
    moments = known.sum(axis=1) >= 2
    if not moments.any():
        return float(_TILE[1])
    low = np.where(known[..., None], both, np.inf).min(axis=1)[moments]
    high = np.where(known[..., None], both, -np.inf).max(axis=1)[moments]
    extent = np.percentile(high - low, 90, axis=0)
    return float(_MARGIN * max(extent[1], extent[0] * _TILE[1] / _TILE[0], 40.0))


def _tile(image: ImageArray | None, seen: FloatArray, truth: FloatArray, window: float) -> ImageArray:
    """Return the part of the image around the person, both skeletons drawn; grey without an image."""
    if image is None:
        return np.full((_TILE[1], _TILE[0], 3), 60, dtype=np.uint8)
    known = np.concatenate([p[np.isfinite(p).all(axis=1)] for p in (truth[BODY], seen[BODY])])
    height, width = image.shape[:2]
    middle = (known.min(axis=0) + known.max(axis=0)) / 2 if len(known) else np.array([width / 2, height / 2])
    # crop by a transform, so that a person at the edge of the image needs no special care
    scale = _TILE[1] / window
    shift = np.array(_TILE) / 2 - scale * middle
    crop = cv2.warpAffine(
        np.ascontiguousarray(image[..., ::-1]),
        np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]),
        _TILE,
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        borderValue=(40, 40, 40),
    )
    canvas = np.ascontiguousarray((crop.astype(np.float32) * 0.75).astype(np.uint8))  # the lines stand out
    _draw(canvas, seen * scale + shift, None, 5)
    _draw(canvas, truth * scale + shift, _TRUTH, 2)
    return canvas


def _draw(canvas: ImageArray, joints_px: FloatArray, colour: Bgr | None, width: int) -> None:
    for first, second in _LINES:
        if np.isfinite(joints_px[[first, second]]).all():
            sides = int(np.sign(SIDE[first] + SIDE[second])) if SIDE[first] == SIDE[second] else 0
            ends = [_point(joints_px[joint]) for joint in (first, second)]
            cv2.line(canvas, ends[0], ends[1], colour or _SIDES[sides], width, cv2.LINE_AA)
    if colour is not None:
        for joint in BODY:
            if SIDE[joint] > 0 and np.isfinite(joints_px[joint]).all():
                cv2.circle(canvas, _point(joints_px[joint]), 4, colour, -1, cv2.LINE_AA)


def _point(position: FloatArray) -> tuple[int, int]:
    x, y = np.clip(np.round(position), -10_000, 10_000)
    return int(x), int(y)


def _labelled(tile: ImageArray, text: str) -> ImageArray:
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(tile, text, (8, 20), _FONT, 0.5, colour, width, cv2.LINE_AA)
    return tile


def _framed(tile: ImageArray) -> ImageArray:
    return np.asarray(cv2.copyMakeBorder(tile, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(20, 20, 20)), np.uint8)


def _legend(width: int) -> ImageArray:
    strip = np.full((_STRIP, width, 3), 20, dtype=np.uint8)
    x = 8
    for text, colour in _LEGEND:
        cv2.line(strip, (x, _STRIP // 2), (x + 26, _STRIP // 2), colour, 3, cv2.LINE_AA)
        cv2.putText(strip, text, (x + 34, _STRIP // 2 + 5), _FONT, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
        x += 34 + cv2.getTextSize(text, _FONT, 0.5, 1)[0][0] + 24
    return strip
