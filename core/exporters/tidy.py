"""A sequence as a tidy table: one row per frame, landmark and version (`refined` or `raw`), for grouping and plotting.

Columns: `frame`, `time_s`, `landmark`, `version`, `x_m`, `y_m`, `z_m` in the same coordinates as the wide table, `sd_m`
(expected standard deviation, refined joints only), `visibility` (COCO joints only), `u_px`, `v_px`. An empty cell is an
unknown number.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_TO_COCO, N_LANDMARKS
from core.pose.types import FloatArray
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path

COLUMNS: Final = (
    "frame", "time_s", "landmark", "version", "x_m", "y_m", "z_m", "sd_m", "visibility", "u_px", "v_px",
)  # fmt: skip
_ROW: Final = "{},{:.6f},{},{},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.3f},{:.3f}\r\n"


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the table atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        handle.write(",".join(COLUMNS) + "\r\n")
        for part in motion.blocks():
            handle.writelines(line.replace("nan", "") if "nan" in line else line for line in _lines(motion, part))


def _lines(motion: PreparedMotion, part: slice) -> Iterator[str]:
    sequence = motion.sequence
    sd, visibility = _of_landmarks(motion.uncertainty(part)), _of_landmarks(sequence.visibility[part])
    rest = np.concatenate([sd[..., None], visibility[..., None], sequence.landmarks_px[part]], axis=2)
    refined = np.concatenate([motion.points(part), rest], axis=2)
    rest[..., 0] = np.nan  # the refiner says nothing about MediaPipe's joints
    raw = np.concatenate([motion.raw_points(part), rest], axis=2)
    for array in (refined, raw):
        array[~np.isfinite(array)] = np.nan
    for i, index in enumerate(sequence.frame_index[part].tolist()):
        time_s = float(sequence.time_s[part.start + i])
        for version, rows in (("refined", refined[i].tolist()), ("raw", raw[i].tolist())):
            for name, row in zip(LANDMARK_NAMES, rows, strict=True):
                yield _ROW.format(index, time_s, name, version, *row)


def _of_landmarks(joints: FloatArray) -> FloatArray:
    """Put (n, 17) values of joints among (n, 33) landmarks, NaN elsewhere."""
    result = np.full((len(joints), N_LANDMARKS), np.nan)
    result[:, LANDMARK_TO_COCO] = joints
    return result
