"""The views side by side with both skeletons drawn, because a number alone has fooled people before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from core.atomic import atomic_path
from core.errors import OutputError
from core.skeleton import BODY, BONES, SIDE
from core.sources import open_source
from core.types import FloatArray, ImageArray
from models.data.multiview.detect import DetectedVideo
from models.data.multiview.reconstruct import Reconstruction

_LEFT, _RIGHT, _MIDDLE, _TRUTH = (255, 110, 0), (0, 0, 255), (255, 255, 255), (0, 255, 255)  # BGR
_TILE: Final = (360, 540)
_MARGIN: Final = 1.25


def draw_views(
    target: Path,
    videos: Sequence[Path],
    detected: Sequence[DetectedVideo],
    found: Reconstruction,
    frames: Sequence[int],
) -> None:
    """Write a picture: a row per camera, a column per frame.

    MediaPipe's 2D is blue (left), red (right) and white; the truth, reprojected, is yellow with green left joints.

    Raises:
        OutputError: It cannot be written.
    """
    rows = []
    for number, path in enumerate(videos):
        images = _pick(path, frames)
        truth = found.cameras[number].project(found.joints_world_m)
        rows.append(np.hstack([_tile(images[t], detected[number].joints_px[t], truth[t]) for t in frames]))
    with atomic_path(target) as temporary:
        if not cv2.imwrite(str(temporary), np.vstack(rows)):
            raise OutputError(f"Cannot write the picture {target}; choose a name that ends in .png or .jpg.")


def _pick(path: Path, frames: Sequence[int]) -> dict[int, ImageArray]:
    source = open_source(path)
    try:
        return {f.index: f.image for f in source.frames() if f.index in frames}
    finally:
        source.close()


def _tile(image: ImageArray, seen: FloatArray, truth: FloatArray) -> ImageArray:
    """Return the part of the image around the person, both skeletons drawn."""
    canvas = np.ascontiguousarray(image[..., ::-1])
    _draw(canvas, seen, None, 4)
    _draw(canvas, truth, _TRUTH, 2)
    known = np.concatenate([p[np.isfinite(p).all(axis=1)] for p in (seen[BODY], truth[BODY])])
    middle = (known.min(axis=0) + known.max(axis=0)) / 2
    aspect = _TILE[0] / _TILE[1]
    extent = np.ptp(known, axis=0)
    height = _MARGIN * max(extent[1], extent[0] / aspect)
    # crop by a transform, so that a person at the edge of the image needs no special care
    scale = _TILE[1] / height
    shift = np.array(_TILE) / 2 - scale * middle
    crop = cv2.warpAffine(canvas, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), _TILE)
    return np.asarray(crop, dtype=np.uint8)


def _draw(canvas: ImageArray, joints_px: FloatArray, colour: tuple[int, int, int] | None, width: int) -> None:
    for first, second in BONES:
        if np.isfinite(joints_px[[first, second]]).all():
            side = SIDE[first] + SIDE[second]
            shade = colour or (_LEFT if side > 0 else _RIGHT if side < 0 else _MIDDLE)
            ends = [tuple(int(v) for v in np.round(joints_px[j])) for j in (first, second)]
            cv2.line(canvas, ends[0], ends[1], shade, width, cv2.LINE_AA)
    if colour is not None:
        for joint in BODY:
            if SIDE[joint] > 0 and np.isfinite(joints_px[joint]).all():
                cv2.circle(canvas, tuple(int(v) for v in np.round(joints_px[joint])), 6, (0, 255, 0), -1)
