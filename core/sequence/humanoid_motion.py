"""A whole sequence as humanoid motion: upright, on the floor, at the times that a format needs."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.held_bones import bones_seen, held_bones
from core.pose.humanoid import N_BONES, N_HUMANOID, Humanoid, humanoid_joints, joint_lengths
from core.pose.rotations import HumanoidMotion, solve_motion
from core.pose.types import FloatArray
from core.sequence.absences import held
from core.sequence.prepared import PreparedMotion, upright

_ENOUGH_LENGTHS: Final = 20_000
"""Frames that bone lengths are measured in, evenly over the time."""


def humanoid_motion(prepared: PreparedMotion) -> tuple[npt.NDArray[np.bool_], HumanoidMotion]:
    """Return in which frames somebody is known, and the humanoid motion of all frames.

    Always upright with y against gravity, whatever else was chosen. Without root trajectory the hips stand where the
    lowest foot is on the floor (y = 0) in every frame: who jumps, bends the knees instead. Where nobody is known the
    last pose is held; where some bones are not seen, those are, as `core.pose.held_bones` says. Bone lengths are also
    those of limbs that nobody sees.

    Returns:
        (T,) bool and T poses, float32, worked out block by block so that an hour fits in memory; no pose at all when
        nobody is ever known.
    """
    prepared = upright(prepared)
    known = np.asarray(prepared.is_known.any(axis=1))
    bones = bones_seen(prepared.is_known)
    points = _with_guesses(prepared)
    lengths = _lengths(prepared, points)
    if not len(lengths):
        empty = HumanoidMotion(Humanoid(np.zeros(N_HUMANOID)), np.zeros((0, 3)), np.zeros((0, N_BONES, 4)))
        return np.zeros(len(prepared), bool), empty
    humanoid = Humanoid.from_lengths(lengths)
    root, local = np.empty((len(prepared), 3)), np.empty((len(prepared), N_BONES, 4), np.float32)
    for part in prepared.blocks():
        motion = solve_motion(points(part), humanoid=humanoid)
        local[part], root[part] = motion.local, motion.root_m
    del points
    prepared.forget_refined()  # an hour of landmarks, before the poses are copied
    known &= np.isfinite(local).all(axis=(1, 2)) & np.isfinite(root).all(axis=1)
    if not known.all():
        root = held(root, known)
    local = held_bones(local, bones & known[:, None])
    if not prepared.choices.travel:
        for part in prepared.blocks():
            standing = HumanoidMotion(humanoid, root[part], local[part])
            root[part, 1] -= standing.joints_m()[..., 1].min(axis=1)
    return known, HumanoidMotion(humanoid, root, local)


def _with_guesses(prepared: PreparedMotion) -> Callable[[slice], FloatArray]:
    """Return what gives the (n, 33, 3) landmarks of a block, guessed ones where none are seen though somebody is."""
    is_whole = prepared.is_known.all(axis=1) | ~prepared.is_known.any(axis=1)
    if is_whole.all():
        return prepared.points
    guessed = prepared.guessed()

    def points(part: slice) -> FloatArray:
        seen = prepared.points(part)
        return np.where(np.isfinite(seen), seen, guessed.points(part))

    return points


def _lengths(prepared: PreparedMotion, points: Callable[[slice], FloatArray]) -> FloatArray:
    """Return (N, 24) lengths of the frames in which somebody is known, not all of them when there are very many."""
    step = max(1, len(prepared) // _ENOUGH_LENGTHS)
    lengths: list[FloatArray] = [np.zeros((0, N_HUMANOID))]
    for part in prepared.blocks():
        joints = humanoid_joints(points(part))
        lengths.append(joint_lengths(joints[np.isfinite(joints[:, :N_BONES]).all(axis=(1, 2))][::step]))
    return np.concatenate(lengths)
