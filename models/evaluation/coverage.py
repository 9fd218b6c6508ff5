"""Which poses and viewpoints a data set holds, so that rendered people can be laid beside real ones.

Limb directions are in the subject frame with the right side mirrored onto the left: x outward, y up, z ahead. The
trunk is not mirrored: leaning to the left is outward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError
from core.pose.geometry import mid_hip, normalise, rotate, subject_axes
from core.pose.skeleton import BODY, LEFT_SHOULDER, N_JOINTS, RIGHT_SHOULDER
from core.pose.types import FloatArray
from core.sequence.pairs import load_pairs
from models.data.motion import MOTION_JOINTS, Motion
from models.evaluation.gravity import up_of_stream

LIMBS: Final = {
    "trunk": ((), ()),
    "upper arm": ((5, 7), (6, 8)),
    "forearm": ((7, 9), (8, 10)),
    "thigh": ((11, 13), (12, 14)),
    "shin": ((13, 15), (14, 16)),
}
"""Name → COCO joints from and to, left and right; the trunk goes from mid-hip to mid-shoulder."""

CELLS: Final = (12, 24)
"""Cells of a limb's directions: equal steps of the sine of the angle above the horizon, and around the vertical."""

_LEGS: Final = ((11, 13, 15), (12, 14, 16))
_RARE: Final = 0.1  # of an even density: a cell filled less is not covered
_MOST_FRAMES: Final = 100_000
_COCO_OF_MOTION: Final = {
    5 + 2 * row + side: MOTION_JOINTS.index(f"{'right' if side else 'left'}_{part}")
    for row, part in enumerate(("shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
    for side in (0, 1)
}


@dataclass(frozen=True)
class Coverage:
    """What a data set holds.

    Attributes:
        name: As shown.
        n_frames: That were looked at.
        directions: Limb → (N, 3) unit vectors, both sides together.
        pelvis_height: (N,) mid-hip above the lower ankle, in lengths of the leg: 1 upright, 0 on the floor.
        azimuth_deg: (N,) of the camera; empty for motion without cameras.
        elevation_deg: (N,).
    """

    name: str
    n_frames: int
    directions: dict[str, FloatArray]
    pelvis_height: FloatArray
    azimuth_deg: FloatArray
    elevation_deg: FloatArray

    def density(self, limb: str) -> FloatArray:
        """Return the CELLS-shaped density of a limb's directions; 1 everywhere if all were alike."""
        x, y, z = self.directions[limb].T
        around = np.arctan2(x, z)
        counts, _, _ = np.histogram2d(y, around, CELLS, ((-1, 1), (-np.pi, np.pi)))
        result: FloatArray = counts * counts.size / max(counts.sum(), 1)
        return result

    def uncovered_share(self, other: "Coverage", limb: str) -> float:
        """Return the share (0..1) of the directions here that `other` holds next to none of."""
        own, theirs = self.density(limb), other.density(limb)
        return float(own[theirs < _RARE].sum() / max(own.sum(), 1e-9))


def coverage_of_pairs(files: Sequence[Path], name: str) -> Coverage:
    """Return the coverage of the true poses in pair files; at most 100,000 frames, evenly spaced, are looked at.

    Raises:
        DataError: A file is damaged, or no frame has truth and a viewpoint.
    """
    columns = []
    for path in files:
        pairs = load_pairs(path)
        usable = np.isfinite(pairs.ground_truth[:, BODY]).all(axis=(1, 2)) & np.isfinite(
            pairs.azimuth + pairs.elevation
        )
        joints = pairs.ground_truth[usable].astype(float)
        azimuth, elevation = pairs.azimuth[usable].astype(float), pairs.elevation[usable].astype(float)
        columns.append((joints, up_of_stream(joints, azimuth, elevation), azimuth, elevation))
    joined = [np.concatenate(column) for column in zip(*columns, strict=True)] if columns else [np.zeros(0)]
    if not len(joined[0]):
        raise DataError(f"No frame of {name} has the truth of all body joints and a viewpoint.")
    step = -(-len(joined[0]) // _MOST_FRAMES)
    joints, up, azimuth, elevation = (column[::step] for column in joined)
    return _coverage(name, joints, up, azimuth, elevation)


def coverage_of_motions(motions: Sequence[Motion], name: str) -> Coverage:
    """Return the coverage of motion files, each weighing as long as it lasts, at most 100,000 frames."""
    step_s = sum(m.duration_s for m in motions) / _MOST_FRAMES
    frames = [m.positions_m[:: max(1, round(max(step_s, 1 / 30) * m.fps))] for m in motions]
    joined = np.concatenate(frames)
    joints = np.full((len(joined), N_JOINTS, 3), np.nan)
    joints[:, list(_COCO_OF_MOTION)] = joined[:, list(_COCO_OF_MOTION.values())]
    nothing = np.zeros(0)
    return _coverage(name, joints, np.array([0.0, 1.0, 0.0]), nothing, nothing)


def _coverage(
    name: str, joints: FloatArray, up: FloatArray, azimuth_deg: FloatArray, elevation_deg: FloatArray
) -> Coverage:
    """Return the coverage of (N, 17, 3) joints in any frame where (3,) or (N, 3) `up` is against gravity."""
    joints = joints - mid_hip(joints)[:, None]
    turned = rotate(subject_axes(joints, np.broadcast_to(up, (len(joints), 3))), joints)
    directions = {}
    for limb, ends in LIMBS.items():
        if limb == "trunk":
            parts = [(turned[:, LEFT_SHOULDER] + turned[:, RIGHT_SHOULDER]) / 2]
        else:
            sides = (turned[:, end] - turned[:, start] for start, end in ends)
            parts = [vectors * [sign, 1, 1] for vectors, sign in zip(sides, (1, -1), strict=True)]
        unit = normalise(np.concatenate(parts))
        directions[limb] = unit[np.isfinite(unit).all(axis=1)]
    leg = np.mean([np.linalg.norm(np.diff(turned[:, leg], axis=1), axis=-1).sum(axis=1) for leg in _LEGS], axis=0)
    height = -turned[:, [15, 16], 1].min(axis=1) / leg
    return Coverage(name, len(joints), directions, height[np.isfinite(height)], azimuth_deg, elevation_deg)
