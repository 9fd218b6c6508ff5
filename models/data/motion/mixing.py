"""Make unseen motion out of what there is: limbs of other motions, bends, turned arms, sitting, leaning, lying.

A refiner that has seen only some dances is worse than none on other motion, so variety is made here, from the seed.
Everything works on `MOTION_JOINTS`, (T, 20, 3) metres, y up, and (T, 3) face directions; bone lengths need not
match, since a body aims its own bones along them.
"""

from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from core.pose.types import FloatArray
from models.data.motion.types import INDEX, MIRRORED

_SIDES: Final = ("left", "right")
_ARM: Final = {s: [INDEX[f"{s}_{n}"] for n in ("shoulder", "elbow", "wrist", "hand")] for s in _SIDES}
_LEG: Final = {s: [INDEX[f"{s}_{n}"] for n in ("hip", "knee", "ankle", "toe")] for s in _SIDES}
_ABOVE_PELVIS: Final = [INDEX[n] for n in ("spine", "neck", "head")] + _ARM["left"] + _ARM["right"]
PARTS: Final = {
    "arms": _ARM["left"] + _ARM["right"],
    "left arm": _ARM["left"],
    "right arm": _ARM["right"],
    "legs": _LEG["left"] + _LEG["right"],
}
"""What `with_part_of` can take from another motion → joints."""


def mirrored(joints: FloatArray, forward: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Exchange left and right."""
    flip = np.array([-1.0, 1, 1])
    return joints[:, MIRRORED] * flip, forward * flip


def with_part_of(joints: FloatArray, other: FloatArray, part: str) -> FloatArray:
    """Return joints with arms hung on the chest, or legs on the pelvis, as another motion moves them.

    Args:
        joints: (T, 20, 3).
        other: (T', 20, 3); cut or repeated to T.
        part: One of `PARTS`.
    """
    other = np.resize(other, joints.shape)
    columns = PARTS[part]
    axes, origin = (pelvis_axes, "pelvis") if part == "legs" else (chest_axes, "neck")
    turn = axes(joints) @ np.swapaxes(axes(other), -1, -2)
    mixed = joints.copy()
    mixed[:, columns] = joints[:, [INDEX[origin]]] + _apply(turn, other[:, columns] - other[:, [INDEX[origin]]])
    return mixed


def bent(
    joints: FloatArray, forward: FloatArray, spread_rad: FloatArray, fps: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Turn everything above the pelvis slowly about it.

    Args:
        joints: (T, 20, 3).
        forward: (T, 3).
        spread_rad: (3,) standard deviations: forward, twist, sideways.
        fps: Frames per second.
        rng: Source of chance.
    """
    axes = pelvis_axes(joints)
    turn = axes @ sway(len(joints), spread_rad, fps, rng) @ np.swapaxes(axes, -1, -2)
    root = joints[:, [INDEX["pelvis"]]]
    result = joints.copy()
    result[:, _ABOVE_PELVIS] = root + _apply(turn, joints[:, _ABOVE_PELVIS] - root)
    return result, np.einsum("tij,tj->ti", turn, forward)


def with_turned_arm(joints: FloatArray, side: str, turn_rad: FloatArray) -> FloatArray:
    """Turn one arm about its shoulder by a (3,) rotation vector in chest axes (left, up, ahead)."""
    axes = chest_axes(joints)
    turn = axes @ Rotation.from_rotvec(turn_rad).as_matrix() @ np.swapaxes(axes, -1, -2)
    result = joints.copy()
    shoulder = joints[:, [INDEX[f"{side}_shoulder"]]]
    result[:, _ARM[side]] = shoulder + _apply(turn, joints[:, _ARM[side]] - shoulder)
    return result


def seated(joints: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Stay in one place, bring the thighs forward and let the shins hang, each side a little differently."""
    result = joints - (joints[:, [INDEX["pelvis"]]] - joints[:, INDEX["pelvis"]].mean(axis=0))
    axes = pelvis_axes(result)
    thigh_deg = rng.uniform(50, 95)
    for side in _SIDES:
        raised = thigh_deg + rng.normal() * 8
        spread, bend = rng.uniform(-5, 20) * (1 if side == "left" else -1), raised * rng.uniform(0.7, 1.1)
        hip, knee, ankle, toe = _LEG[side]
        # a seated person's legs hardly move: they start from straight ones
        straight = axes @ np.array([0.0, -1.0, 0.0])
        ahead = axes @ np.array([0.0, 0.0, 1.0])
        for start, end, direction in (
            (hip, knee, straight),
            (knee, ankle, straight),
            (ankle, toe, (ahead + 0.5 * straight) / 1.25**0.5),
        ):
            length = np.linalg.norm(joints[:, end] - joints[:, start], axis=-1, keepdims=True)
            result[:, end] = result[:, start] + direction * length
        for pivot, moved, angles in (
            (hip, [knee, ankle, toe], [-raised, spread, 0]),
            (knee, [ankle, toe], [bend, 0, 0]),
        ):
            local = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
            turn = axes @ local @ np.swapaxes(axes, -1, -2)
            result[:, moved] = result[:, [pivot]] + _apply(turn, result[:, moved] - result[:, [pivot]])
    return np.asarray(result)


def tilted(
    joints: FloatArray, forward: FloatArray, degrees: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Tip the whole body over by an angle, towards a chance side: leaning, or lying."""
    side = rng.uniform(0, 2 * np.pi)
    turn = Rotation.from_rotvec(np.deg2rad(degrees) * np.array([np.cos(side), 0, np.sin(side)])).as_matrix()
    root = joints[:, INDEX["pelvis"]].mean(axis=0)
    return (joints - root) @ turn.T + root, forward @ turn.T


def sway(n: int, spread_rad: FloatArray, fps: float, rng: np.random.Generator) -> FloatArray:
    """Return (n, 3, 3) slow chance turns about x, y and z with these standard deviations."""
    margin = int(4 * fps)
    noise = gaussian_filter1d(rng.normal(size=(n + 2 * margin, 3)), 0.7 * fps, axis=0)
    noise *= np.asarray(spread_rad) / np.maximum(noise.std(axis=0), 1e-9)
    result: FloatArray = Rotation.from_euler("xyz", noise[margin : margin + n]).as_matrix()
    return result


def chest_axes(joints: FloatArray) -> FloatArray:
    """Return (T, 3, 3) chest axes (left, up, ahead) as columns."""
    return _axes(
        joints[:, INDEX["left_shoulder"]] - joints[:, INDEX["right_shoulder"]],
        joints[:, INDEX["neck"]] - joints[:, INDEX["spine"]],
    )


def pelvis_axes(joints: FloatArray) -> FloatArray:
    """Return (T, 3, 3) pelvis axes (left, up, ahead) as columns."""
    return _axes(
        joints[:, INDEX["left_hip"]] - joints[:, INDEX["right_hip"]],
        joints[:, INDEX["spine"]] - joints[:, INDEX["pelvis"]],
    )


def _axes(left: FloatArray, up: FloatArray) -> FloatArray:
    x = left / np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), 1e-9)
    z = np.cross(x, up)
    z = z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-9)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _apply(turn: FloatArray, vectors: FloatArray) -> FloatArray:
    result: FloatArray = np.einsum("tij,tpj->tpi", turn, vectors)
    return result
