"""From a file's own joints to the few that drive a body."""

from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d

from core.errors import DataError
from core.pose.types import FloatArray
from models.data.motion.types import INDEX, MOTION_JOINTS, NOMINAL_LEG_M, Motion, RawMotion

# Namings, in order: Poser, CC_Base, Mixamo-like (also CMU positions), Acclaim, Unity's (which our own BVH has), the
# anatomical one some BVH files use, and that of our arrays. A later name may mean another joint in an earlier naming
# (Mixamo's LeftShoulder is a collar, and so is Unity's), so order counts.
_MIDLINE: Final = {
    "pelvis": ("hip", "CC_Base_Hip", "Hips", "root", "pelvis"),
    "spine": ("abdomen", "CC_Base_Spine02", "Spine1", "upperback", "Chest2", "Chest", "spine"),
    "neck": ("neck", "CC_Base_NeckTwist01", "Neck1", "Neck", "lowerneck"),
    "head": ("head", "CC_Base_Head", "Head", "upperneck"),
}
_SIDED: Final = {
    "hip": ("{p}Thigh", "CC_Base_{c}_Thigh", "{m}UpLeg", "{p}hipjoint", "{m}UpperLeg", "{m}Hip", "{s}_hip"),
    "knee": ("{p}Shin", "CC_Base_{c}_Calf", "{m}Leg", "{p}femur", "{m}LowerLeg", "{m}Knee", "{s}_knee"),
    "ankle": ("{p}Foot", "CC_Base_{c}_Foot", "{m}Foot", "{p}tibia", "{m}Ankle", "{s}_ankle"),
    "toe": (
        "{p}Foot_end",
        "CC_Base_{c}_ToeBase",
        "{m}ToeBase",
        "{p}foot",
        "{m}Toes",
        "{m}Toe",
        "{m}Foot_end",
        "{s}_toe",
    ),
    "shoulder": (
        "{p}Shldr",
        "CC_Base_{c}_Upperarm",
        "{m}Arm",
        "{p}clavicle",
        "{m}UpperArm",
        "{m}Shoulder",
        "{s}_shoulder",
    ),
    "elbow": ("{p}ForeArm", "CC_Base_{c}_Forearm", "{m}ForeArm", "{p}humerus", "{m}LowerArm", "{m}Elbow", "{s}_elbow"),
    "wrist": ("{p}Hand", "CC_Base_{c}_Hand", "{m}Hand", "{p}radius", "{m}Wrist", "{s}_wrist"),
    "hand": (
        "{p}Mid1",
        "CC_Base_{c}_Mid1",
        "{m}HandMiddle1",
        "{m}HandIndex1",
        "{m}HandEnd",
        "{c}Fingers",
        "{p}hand",
        "{m}Hand_end",
        "{s}_hand",
    ),
}
_SIDES: Final = {
    "left": {"p": "l", "c": "L", "m": "Left", "s": "left"},
    "right": {"p": "r", "c": "R", "m": "Right", "s": "right"},
}
_SMALLEST_LEG: Final = 1e-6
_SMALLEST_PATH: Final = 1e-3  # of a leg


def reduce_motion(raw: RawMotion, *, name: str, subject: str, licence: str) -> Motion:
    """Pick the joints, scale to `NOMINAL_LEG_M`, and note whether the path through the room is known.

    Raises:
        DataError: The joint names follow no known naming, or the legs have no length.
    """
    columns = _columns(raw.joint_names, name)
    positions = np.asarray(raw.positions[:, columns], dtype=float)
    leg = _leg_length(positions)
    if not np.isfinite(leg) or leg < _SMALLEST_LEG:
        raise DataError(f"Motion {name} has legs without length; it cannot be scaled to metres.")
    forward = _head_forward(raw, columns)
    if _is_z_up(positions):
        positions = _turned_up(positions)
        forward = None if forward is None else _turned_up(forward)
    is_rooted = bool(np.ptp(positions[:, INDEX["pelvis"]], axis=0).max() > _SMALLEST_PATH * leg)
    return Motion(positions * (NOMINAL_LEG_M / leg), forward, raw.fps, name, subject, licence, is_rooted)


def _is_z_up(positions: FloatArray) -> bool:
    """Return whether people stand along z: files do not say which axis is up."""
    feet = (positions[:, INDEX["left_ankle"]] + positions[:, INDEX["right_ankle"]]) / 2
    x, y, z = np.abs(np.median(positions[:, INDEX["neck"]] - feet, axis=0))
    return bool(z > max(x, y))


def candidates(joint: str) -> tuple[str, ...]:
    """Return the names that a joint of `MOTION_JOINTS` has in the known namings."""
    if joint in _MIDLINE:
        return _MIDLINE[joint]
    side, part = joint.split("_")
    return tuple(n.format(**_SIDES[side]) for n in _SIDED[part])


def _columns(names: tuple[str, ...], motion_name: str) -> list[int]:
    """Return where each of `MOTION_JOINTS` is; all that are missing are named at once."""
    found = {joint: next((n for n in candidates(joint) if n in names), None) for joint in MOTION_JOINTS}
    missing = [joint for joint, name in found.items() if name is None]
    if missing:
        known = ", ".join(candidates(missing[0]))
        raise DataError(
            f"Motion {motion_name} has no joint for {', '.join(missing)} (known for {missing[0]}: {known}); rename its "
            "joints."
        )
    return [names.index(name) for name in found.values() if name is not None]


def _leg_length(positions: FloatArray) -> float:
    """Return the mean length of both legs, thigh and shin added."""
    total = 0.0
    for side in ("left", "right"):
        chain = positions[:, [INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle")]]
        total += float(np.linalg.norm(np.diff(chain, axis=1), axis=-1).sum(axis=1).mean())
    return total / 2


def _head_forward(raw: RawMotion, columns: list[int]) -> FloatArray | None:
    """Return (T, 3) where the face looks: where it looks at rest, turned as the head has turned since."""
    if raw.rotations is None or raw.rest_rotations is None or raw.rest_positions is None:
        return None
    rest = raw.rest_positions[columns]
    up = rest[INDEX["neck"]] - rest[INDEX["pelvis"]]
    forward = np.cross(rest[INDEX["left_hip"]] - rest[INDEX["right_hip"]], up)
    head = columns[INDEX["head"]]
    result: FloatArray = raw.rotations[:, head] @ raw.rest_rotations[head].T @ (forward / np.linalg.norm(forward))
    return result


def _turned_up(vectors: FloatArray) -> FloatArray:
    """Turn z-up vectors y-up."""
    return np.stack([vectors[..., 0], vectors[..., 2], -vectors[..., 1]], axis=-1)


def resample(motion: Motion, times_s: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return joints (N, 20, 3) and face directions at the given seconds, linear between frames.

    Frames much faster than the wanted rate are averaged first, so that marker jitter is not aliased.
    """
    step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1 / motion.fps
    width = max(1, round(abs(step) * motion.fps / 2))
    at = np.clip(times_s * motion.fps, 0, len(motion.positions_m) - 1)
    low = np.minimum(at.astype(int), len(motion.positions_m) - 2)
    share = at - low

    def interpolate(values: FloatArray) -> FloatArray:
        smooth = uniform_filter1d(values, width, axis=0, mode="nearest") if width > 1 else values
        s = share.reshape(-1, *([1] * (values.ndim - 1)))
        result: FloatArray = smooth[low] * (1 - s) + smooth[low + 1] * s
        return result

    forward = None if motion.head_forward is None else interpolate(motion.head_forward)
    return interpolate(motion.positions_m), forward
