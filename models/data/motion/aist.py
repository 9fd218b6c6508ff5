"""AIST++: dances as 3D COCO joints in centimetres, y up, 60 frames per second.

Source: the AIST++ annotations (`keypoints3d/SEQUENCE.pkl`, CC BY 4.0). COCO has no spine, neck, toes or hands; they
are put where bodies have them, in proportions of the COCO joints nearby.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError
from core.pose.geometry import mid_hip, normalise
from core.pose.skeleton import (
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    N_JOINTS,
    NOSE,
    RIGHT_EAR,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from core.pose.types import FloatArray
from models.data.aist.layout import parse_name
from models.data.aist.unpickle import load_arrays
from models.data.motion.reduce import reduce_motion
from models.data.motion.types import MOTION_JOINTS, Motion, RawMotion

AIST_FOLDER: Final = "keypoints3d"
"""Where annotations with 3D joints lie; pickles elsewhere hold something else."""

_FPS: Final = 60.0
_LONGEST_GAP: Final = 15  # frames that are bridged by a straight line
_FEWEST_FRAMES: Final = 60
_LICENCE: Final = "AIST++ annotations: CC BY 4.0"
# shares of the trunk, of neck to ears, of the forearm and of the shin: means of optical motion capture
_SPINE_UP, _NECK_UP, _HEAD_UP, _HAND, _FOOT, _FOOT_DROP = 0.5, 0.1, 0.65, 0.3, 0.28, 0.03


def load_aist(path: Path) -> Motion:
    """Read the joints of one sequence; its longest stretch without gaps of over a quarter of a second.

    Raises:
        DataError: Not an annotation, withdrawn by its authors, too short, or not upright.
    """
    name = parse_name(path.stem)
    if name is None:
        raise DataError(f"{path} is not named as an AIST++ sequence, like gBR_sBM_cAll_d04_mBR0_ch01.pkl.")
    withdrawn = path.parent.parent / "ignore_list.txt"
    if withdrawn.is_file() and path.stem in withdrawn.read_text(encoding="utf-8", errors="replace").split():
        raise DataError(f"{path} is in ignore_list.txt: its authors withdrew it.")
    content = load_arrays(path)
    joints = content.get("keypoints3d_optim", content.get("keypoints3d"))
    if not isinstance(joints, np.ndarray) or joints.ndim != 3 or joints.shape[1:] != (N_JOINTS, 3):
        raise DataError(f"{path} holds no keypoints3d of shape (N, {N_JOINTS}, 3).")
    whole = _longest_stretch(np.asarray(joints, dtype=float))
    if len(whole) < _FEWEST_FRAMES:
        raise DataError(f"{path} has no second of motion without gaps.")
    if np.median(whole[:, NOSE, 1] - mid_hip(whole)[:, 1]) <= 0:
        raise DataError(f"{path} has dancers upside down; AIST++ has y up.")
    raw = RawMotion(motion_joints_of_coco(whole), MOTION_JOINTS, _FPS)
    motion = reduce_motion(raw, name=path.stem, subject=f"aist_{name.dancer}", licence=_LICENCE)
    ears = (whole[:, LEFT_EAR] + whole[:, RIGHT_EAR]) / 2
    return replace(motion, head_forward=np.nan_to_num(normalise(whole[:, NOSE] - ears)))


def motion_joints_of_coco(joints: FloatArray) -> FloatArray:
    """Return the joints that drive a body from COCO joints.

    Args:
        joints: (T, 17, 3) finite, right-handed, any unit.

    Returns:
        (T, 20, 3) in the order of `MOTION_JOINTS`.
    """
    found = {"pelvis": mid_hip(joints)}
    shoulders = (joints[:, LEFT_SHOULDER] + joints[:, RIGHT_SHOULDER]) / 2
    trunk = shoulders - found["pelvis"]
    found["spine"] = found["pelvis"] + _SPINE_UP * trunk
    found["neck"] = shoulders + _NECK_UP * trunk
    ears = (joints[:, LEFT_EAR] + joints[:, RIGHT_EAR]) / 2
    found["head"] = found["neck"] + _HEAD_UP * (ears - found["neck"])
    left = normalise(joints[:, LEFT_HIP] - joints[:, RIGHT_HIP])
    ahead = normalise(np.cross(left, trunk))
    for side, step in (("left", 0), ("right", 1)):
        for part, index in (
            ("shoulder", LEFT_SHOULDER), ("elbow", LEFT_ELBOW), ("wrist", LEFT_WRIST),
            ("hip", LEFT_HIP), ("knee", LEFT_KNEE), ("ankle", LEFT_ANKLE),
        ):  # fmt: skip
            found[f"{side}_{part}"] = joints[:, index + step]
        wrist, ankle = found[f"{side}_wrist"], found[f"{side}_ankle"]
        shin = ankle - found[f"{side}_knee"]
        found[f"{side}_hand"] = wrist + _HAND * (wrist - found[f"{side}_elbow"])
        # a foot stands square on its shin and turns with it about the hips' line; a shin along that line leaves `ahead`
        forward = normalise(np.cross(left, -normalise(shin)) + 0.1 * ahead)
        length = np.linalg.norm(shin, axis=-1, keepdims=True)
        found[f"{side}_toe"] = ankle + _FOOT * length * forward + _FOOT_DROP * shin
    return np.stack([found[name] for name in MOTION_JOINTS], axis=1)


def _longest_stretch(joints: FloatArray) -> FloatArray:
    """Bridge short gaps of each joint by straight lines; return the longest run of whole frames."""
    filled = joints.copy()
    known = np.asarray(np.isfinite(joints).all(axis=2))
    times = np.arange(len(joints))
    for joint in range(joints.shape[1]):
        at = np.flatnonzero(known[:, joint])
        if not len(at):
            return joints[:0]
        gap = np.searchsorted(at, times)
        before, after = at[np.clip(gap - 1, 0, None)], at[np.clip(gap, None, len(at) - 1)]
        is_bridged = (before < times) & (times < after) & (after - before - 1 <= _LONGEST_GAP)
        rows = np.flatnonzero(is_bridged & ~known[:, joint])
        for axis in range(3):
            filled[rows, joint, axis] = np.interp(rows, at, joints[at, joint, axis])
    is_whole = np.concatenate([[False], np.isfinite(filled).all(axis=(1, 2)), [False]])
    edges = np.flatnonzero(np.diff(is_whole.astype(int))).reshape(-1, 2)
    if not len(edges):
        return joints[:0]
    start, end = max(edges.tolist(), key=lambda edge: edge[1] - edge[0])
    return filled[start:end]
