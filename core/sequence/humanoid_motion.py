"""A whole sequence as humanoid motion: upright, on the floor, at the times that a format needs."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.humanoid import N_BONES, N_HUMANOID, Humanoid, humanoid_joints, joint_lengths
from core.pose.rotations import HumanoidMotion, solve_motion
from core.pose.types import FloatArray
from core.sequence.absences import held
from core.sequence.prepared import PreparedMotion, with_choices

_ENOUGH_LENGTHS: Final = 20_000
"""Frames that bone lengths are measured in, evenly over the time."""


def humanoid_motion(prepared: PreparedMotion) -> tuple[npt.NDArray[np.bool_], HumanoidMotion]:
    """Return in which frames somebody is known, and the humanoid motion of all frames.

    Always upright with y against gravity, whatever else was chosen. Without hip travel the hips stand where the lowest
    foot is on the floor (y = 0) in every frame: who jumps, bends the knees instead. Where nobody is
    known the last pose is held.

    Returns:
        (T,) bool and T poses, float32, worked out block by block so that an hour fits in memory; no pose at all when
        nobody is ever known.
    """
    if not prepared.is_y_up:
        prepared = with_choices(prepared, coordinates="upright", up="y")
    lengths = _lengths(prepared)
    if not len(lengths):
        empty = HumanoidMotion(Humanoid(np.zeros(N_HUMANOID)), np.zeros((0, 3)), np.zeros((0, N_BONES, 4)))
        return np.zeros(len(prepared), bool), empty
    humanoid = Humanoid.from_lengths(lengths)
    root, local = np.empty((len(prepared), 3)), np.empty((len(prepared), N_BONES, 4), np.float32)
    for part in prepared.blocks():
        motion = solve_motion(prepared.points(part), humanoid=humanoid)
        local[part], root[part] = motion.local, motion.root_m
        if not prepared.choices.travel:
            root[part, 1] -= motion.joints_m()[..., 1].min(axis=1)
    prepared.forget_refined()  # an hour of landmarks, before the poses are copied
    known = np.asarray(np.isfinite(local).all(axis=(1, 2)) & np.isfinite(root).all(axis=1))
    if not known.all():
        root, local = held(root, known), held(local, known)
    return known, HumanoidMotion(humanoid, root, local)


def _lengths(prepared: PreparedMotion) -> FloatArray:
    """Return (N, 24) lengths of the frames in which somebody is known, not all of them when there are very many."""
    step = max(1, len(prepared) // _ENOUGH_LENGTHS)
    lengths: list[FloatArray] = [np.zeros((0, N_HUMANOID))]
    for part in prepared.blocks():
        joints = humanoid_joints(prepared.points(part))
        lengths.append(joint_lengths(joints[np.isfinite(joints[:, :N_BONES]).all(axis=(1, 2))][::step]))
    return np.concatenate(lengths)
