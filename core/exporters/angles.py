"""Joint angles as a table: a row per frame, refined angles first, then MediaPipe's own with `raw_` in front.

Columns: `frame`, `time_s`, then each of `ANGLE_NAMES` with `_deg`, then the standard deviations of the
refined ones with `_sd_deg`. An empty cell is an angle that cannot be seen. docs/angles.md has zeros and signs.
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from core.pose.angles.joint_angles import ANGLE_NAMES
from core.sequence.angle_series import angle_sd_series, angle_series
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path

COLUMNS: Final = (
    "frame",
    "time_s",
    *(f"{name}_deg" for name in ANGLE_NAMES),
    *(f"{name}_sd_deg" for name in ANGLE_NAMES),
    *(f"raw_{name}_deg" for name in ANGLE_NAMES),
)


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the table atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    parts = [angle_series(motion), angle_sd_series(motion), angle_series(motion, is_raw=True)]
    angles = np.concatenate(parts, axis=1)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for index, time_s, row in zip(motion.sequence.frame_index, motion.time_s, angles, strict=True):
            cells = ("" if np.isnan(value) else f"{value:.3f}" for value in row.tolist())
            writer.writerow([int(index), f"{time_s:.6f}", *cells])
