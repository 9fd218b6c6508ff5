"""Landmarks as markers in OpenSim's TRC: a header of five lines, then a row per frame, tab-separated.

Metres, y up unless chosen otherwise; an unknown position is three empty cells, as OpenSim writes and reads it. Markers
are MediaPipe's 33 landmarks by name, and `hip_middle`; those never seen are left out.
"""

from pathlib import Path
from typing import Final

import numpy as np

from core.pose.skeleton import LANDMARK_NAMES
from core.pose.types import FloatArray
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path
from core.system.files.names import shown

MARKERS: Final = (*LANDMARK_NAMES, "hip_middle")
_LEFT_HIP, _RIGHT_HIP = LANDMARK_NAMES.index("left_hip"), LANDMARK_NAMES.index("right_hip")


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    n, rate = len(motion), f"{motion.rate_hz:.6f}".rstrip("0").rstrip(".")
    start_s = float(motion.time_s[0]) if n else 0.0
    kept = kept_markers(motion)
    names = "\t\t\t".join(MARKERS[i] for i in kept)
    axes = "\t".join(f"{axis}{i}" for i in range(1, len(kept) + 1) for axis in "XYZ")
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(f"PathFileType\t4\t(X/Y/Z)\t{shown(path.name)}\n")
        handle.write(
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
        )
        handle.write(f"{rate}\t{rate}\t{n}\t{len(kept)}\tm\t{rate}\t1\t{n}\n")
        handle.write(f"Frame#\tTime\t{names}\t\t\n\t\t{axes}\n\n")
        for part in motion.blocks():
            for i, points in enumerate(with_hip_middle(motion.points(part))[:, kept], start=part.start):
                time_s = start_s + i / motion.rate_hz
                handle.write(f"{i + 1}\t{time_s:.6f}\t{_cells(points)}\n")


def kept_markers(motion: PreparedMotion) -> list[int]:
    """Return which of `MARKERS` a file has: all but those that are never known while somebody is."""
    left_out = motion.is_left_out
    kept = [i for i in range(len(LANDMARK_NAMES)) if not left_out[i]]
    is_middle_known = bool(motion.is_known[:, [_LEFT_HIP, _RIGHT_HIP]].all(axis=1).any())
    return [*kept, len(LANDMARK_NAMES)] if is_middle_known or not motion.is_known.any() else kept


def with_hip_middle(points: FloatArray) -> FloatArray:
    """Return (n, 34, 3) markers of (n, 33, 3) landmarks."""
    middle = (points[:, _LEFT_HIP] + points[:, _RIGHT_HIP]) / 2
    return np.concatenate([points, middle[:, None]], axis=1)


def _cells(points: FloatArray) -> str:
    if np.isfinite(points).all():
        return "\t".join(f"{value:.6f}" for value in points.ravel())
    return "\t".join(
        "\t".join(f"{value:.6f}" for value in point) if np.isfinite(point).all() else "\t\t" for point in points
    )
