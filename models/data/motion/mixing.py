"""Make unseen motion out of what there is: limbs and halves swapped between clips, mirrored, leaning, seated, lying.

A refiner that has seen only some dances is worse than none on other motion, so variety is made here, from the seed.
Everything works on the 20 `MOTION_JOINTS`; bone lengths do not matter, since a body aims its own bones along them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.types import FloatArray
from models.data.motion.types import INDEX, MIRRORED, MOTION_JOINTS, Motion

MIX_FPS: Final = 30.0

_UPPER: Final = [
    INDEX[n]
    for n in MOTION_JOINTS
    if n in ("spine", "neck", "head") or n.endswith(("shoulder", "elbow", "wrist", "hand"))
]
_ARMS: Final = {side: [INDEX[f"{side}_{n}"] for n in ("elbow", "wrist", "hand")] for side in ("left", "right")}
_LEGS: Final = {side: [INDEX[f"{side}_{n}"] for n in ("knee", "ankle", "toe")] for side in ("left", "right")}
_UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class MixRates:
    """How often each change is made, 0..1, and how large it is, degrees."""

    mirror: float = 0.5
    swap_upper: float = 0.35
    swap_arm: float = 0.3
    swap_leg: float = 0.15
    turn_arm: float = 0.35
    turn_arm_deg: float = 35.0
    sit: float = 0.12
    lean: float = 0.35
    lean_deg: float = 12.0
    lie: float = 0.05
    head_deg: float = 18.0


class MotionMixer:
    """Draw mixed clips at 30 fps from a set of motions, each second of motion equally likely within its subject.

    Args:
        motions: At least one.
        rates: How much to change.
    """

    def __init__(self, motions: Sequence[Motion], rates: MixRates = MixRates()) -> None:
        self._rates = rates
        self._clips = [_at_mix_rate(motion) for motion in motions]
        seconds = np.array([len(positions) for positions, _ in self._clips], dtype=float)
        of_subject: dict[str, float] = {}
        for motion, n in zip(motions, seconds, strict=True):
            of_subject[motion.subject] = of_subject.get(motion.subject, 0.0) + n
        # the square root lets a subject with little material be seen more often than its share
        weights = np.array([n / of_subject[m.subject] ** 0.5 for m, n in zip(motions, seconds, strict=True)])
        self._weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator, n_frames: int) -> tuple[FloatArray, FloatArray]:
        """Return a clip: (T, 20, 3) positions, metres, y up, and the (T, 3) direction of the face."""
        rates = self._rates
        p, face = self._take(rng, n_frames)
        if rng.random() < rates.swap_upper:
            other, other_face = self._take(rng, n_frames)
            turn = _pelvis(p) @ np.swapaxes(_pelvis(other), 1, 2)
            p[:, _UPPER] = _mid_hip(p)[:, None] + _apply(turn, other[:, _UPPER] - _mid_hip(other)[:, None])
            face = np.einsum("tij,tj->ti", turn, other_face)
        for chains, frame, rate, end in (
            (_ARMS, _chest, rates.swap_arm, "shoulder"),
            (_LEGS, _pelvis, rates.swap_leg, "hip"),
        ):
            for side, chain in chains.items():
                if rng.random() < rate:
                    other, _ = self._take(rng, n_frames)
                    turn = frame(p) @ np.swapaxes(frame(other), 1, 2)
                    start = INDEX[f"{side}_{end}"]
                    p[:, chain] = p[:, [start]] + _apply(turn, other[:, chain] - other[:, [start]])
        for side, chain in _ARMS.items():
            if rng.random() < rates.turn_arm:
                start = INDEX[f"{side}_shoulder"]
                wanted = Rotation.from_rotvec(rng.normal(size=3) * np.deg2rad(rates.turn_arm_deg)).as_matrix()
                chest = _chest(p)
                turn = chest @ wanted @ np.swapaxes(chest, 1, 2)
                p[:, chain] = p[:, [start]] + _apply(turn, p[:, chain] - p[:, [start]])
        if rng.random() < rates.sit:
            _sit(p, rng)
        turn_head = Rotation.from_rotvec(rng.normal(size=3) * np.deg2rad(rates.head_deg)).as_matrix()
        face = face @ turn_head.T
        if rng.random() < rates.mirror:
            p, face = p[:, MIRRORED] * [-1, 1, 1], face * [-1, 1, 1]
        tilt = np.eye(3)
        if rng.random() < rates.lie:
            tilt = _about_horizontal(rng, rng.uniform(50, 110))
        elif rng.random() < rates.lean:
            tilt = _about_horizontal(rng, abs(rng.normal()) * rates.lean_deg)
        return p @ tilt.T, face @ tilt.T

    def _take(self, rng: np.random.Generator, n_frames: int) -> tuple[FloatArray, FloatArray]:
        """Return a stretch of one motion, at its own or another pace, turned to face +z at its start."""
        positions, face = self._clips[rng.choice(len(self._clips), p=self._weights)]
        pace = rng.choice([0.6, 0.8, 1.0, 1.25, 1.5])
        span = (n_frames - 1) * pace
        last = len(positions) - 1
        # a motion shorter than the clip is played to and fro
        at = np.abs((rng.uniform(0, max(last - span, 0.0)) + np.arange(n_frames) * pace + last) % (2 * last) - last)
        at = np.minimum(at, last)
        low = np.minimum(at.astype(int), last - 1)
        share = (at - low)[:, None]
        p = positions[low] * (1 - share[..., None]) + positions[low + 1] * share[..., None]
        f = face[low] * (1 - share) + face[low + 1] * share
        x, _, z = _pelvis(p[:1])[0, :, 2]
        turn = Rotation.from_rotvec(_UP * -np.arctan2(x, z)).as_matrix()
        return p @ turn.T, f @ turn.T


def _at_mix_rate(motion: Motion) -> tuple[FloatArray, FloatArray]:
    step = motion.fps / MIX_FPS
    at = np.arange(0, len(motion.positions_m) - 1, step)
    if len(at) < 2:
        at = np.array([0.0, len(motion.positions_m) - 1.0])
    low = at.astype(int)
    low = np.minimum(low, len(motion.positions_m) - 2)
    share = (at - low)[:, None, None]
    p = motion.positions_m[low] * (1 - share) + motion.positions_m[low + 1] * share
    if motion.head_forward is None:
        return p, _chest(p)[:, :, 2]
    return p, motion.head_forward[np.round(at).astype(int)]


def _sit(p: FloatArray, rng: np.random.Generator) -> None:
    """Bring the thighs forward and let the shins hang, each side a little differently."""
    pelvis = _pelvis(p)
    forward = rng.uniform(40, 100)
    for side, chain in _LEGS.items():
        thigh_deg = forward + rng.normal() * 8
        shin_deg = rng.uniform(0.5, 1.05) * thigh_deg
        hip, knee = INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]
        for pivot, moved, degrees in ((hip, chain, -thigh_deg), (knee, chain[1:], shin_deg)):
            local = Rotation.from_rotvec([np.deg2rad(degrees), 0, 0]).as_matrix()
            turn = pelvis @ local @ np.swapaxes(pelvis, 1, 2)
            p[:, moved] = p[:, [pivot]] + _apply(turn, p[:, moved] - p[:, [pivot]])


def _about_horizontal(rng: np.random.Generator, degrees: float) -> FloatArray:
    direction = rng.uniform(0, 2 * np.pi)
    axis = np.array([np.cos(direction), 0, np.sin(direction)])
    result: FloatArray = Rotation.from_rotvec(axis * np.deg2rad(degrees)).as_matrix()
    return result


def _mid_hip(p: FloatArray) -> FloatArray:
    result: FloatArray = (p[:, INDEX["left_hip"]] + p[:, INDEX["right_hip"]]) / 2
    return result


def _pelvis(p: FloatArray) -> FloatArray:
    """Return (T, 3, 3) whose columns are the pelvis's left, up and front."""
    return _axes(p[:, INDEX["left_hip"]] - p[:, INDEX["right_hip"]], p[:, INDEX["spine"]] - _mid_hip(p))


def _chest(p: FloatArray) -> FloatArray:
    return _axes(
        p[:, INDEX["left_shoulder"]] - p[:, INDEX["right_shoulder"]], p[:, INDEX["neck"]] - p[:, INDEX["spine"]]
    )


def _axes(left: FloatArray, up: FloatArray) -> FloatArray:
    x = left / np.linalg.norm(left, axis=1, keepdims=True)
    z = np.cross(x, up)
    z = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-9)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _apply(turn: FloatArray, vectors: FloatArray) -> FloatArray:
    result: FloatArray = np.einsum("tij,tkj->tki", turn, vectors)
    return result
