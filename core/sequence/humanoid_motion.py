"""A whole sequence as humanoid motion: upright, on the floor, at the times that a format needs."""

from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from core.errors import DataError
from core.pose.humanoid import N_BONES, N_HUMANOID, Humanoid, humanoid_joints, joint_lengths
from core.pose.rotations import HumanoidMotion, solve_motion
from core.pose.types import FloatArray
from core.sequence.prepared import PreparedMotion, with_choices

_ENOUGH_LENGTHS: Final = 20_000
"""Frames that bone lengths are measured in, evenly over the time."""


def humanoid_motion(prepared: PreparedMotion) -> tuple[FloatArray, HumanoidMotion]:
    """Return the times, seconds, and the humanoid motion of the frames in which somebody is known.

    Always upright with y against gravity, whatever else was chosen. Without hip travel the hips stand where the lowest
    foot is on the floor (y = 0) in every frame: who jumps, bends the knees instead.

    Returns:
        (N,) and N poses, float32, worked out block by block so that an hour fits in memory; N may be 0.
    """
    if not prepared.is_y_up:
        prepared = with_choices(prepared, coordinates="upright", up="y")
    lengths = _lengths(prepared)
    if not len(lengths):
        empty = HumanoidMotion(Humanoid(np.zeros(N_HUMANOID)), np.zeros((0, 3)), np.zeros((0, N_BONES, 4)))
        return np.zeros(0), empty
    humanoid = Humanoid.from_lengths(lengths)
    root, local = np.empty((len(prepared), 3)), np.empty((len(prepared), N_BONES, 4), np.float32)
    for part in prepared.blocks():
        motion = solve_motion(prepared.points(part), humanoid=humanoid)
        local[part], root[part] = motion.local, motion.root_m
        if not prepared.choices.travel:
            root[part, 1] -= motion.joints_m()[..., 1].min(axis=1)
    prepared.forget_refined()  # an hour of landmarks, before the poses are copied
    known = np.isfinite(local).all(axis=(1, 2)) & np.isfinite(root).all(axis=1)
    if known.all():  # without a copy
        return prepared.time_s, HumanoidMotion(humanoid, root, local)
    return prepared.time_s[known], HumanoidMotion(humanoid, root[known], local[known])


def _lengths(prepared: PreparedMotion) -> FloatArray:
    """Return (N, 24) lengths of the frames in which somebody is known, not all of them when there are very many."""
    step = max(1, len(prepared) // _ENOUGH_LENGTHS)
    lengths: list[FloatArray] = [np.zeros((0, N_HUMANOID))]
    for part in prepared.blocks():
        joints = humanoid_joints(prepared.points(part))
        lengths.append(joint_lengths(joints[np.isfinite(joints[:, :N_BONES]).all(axis=(1, 2))][::step]))
    return np.concatenate(lengths)


def resampled(motion: HumanoidMotion, time_s: FloatArray, new_time_s: FloatArray) -> HumanoidMotion:
    """Return the motion at other times: rotations along the shortest arc, the root along a line, the ends held.

    Args:
        motion: T poses without NaN.
        time_s: (T,) their times, increasing.
        new_time_s: (N,) the times wanted.

    Raises:
        DataError: There is no pose.
    """
    if not len(motion):
        raise DataError("There is no pose to resample: nobody is seen in any frame.")
    if len(motion) == 1:
        keep = np.zeros(len(new_time_s), dtype=int)
        return HumanoidMotion(motion.humanoid, motion.root_m[keep], motion.local[keep])
    within = np.clip(new_time_s, time_s[0], time_s[-1])
    local = np.empty((len(within), N_BONES, 4), np.float32)
    for bone in range(N_BONES):
        local[:, bone] = Slerp(time_s, Rotation.from_quat(motion.local[:, bone]))(within).as_quat()
    root = np.stack([np.interp(within, time_s, axis) for axis in motion.root_m.T], axis=1)
    return HumanoidMotion(motion.humanoid, root, local)
