"""Bones of a humanoid that nobody sees: each keeps the turn against its parent that it had when it was seen last.

Formats and avatars that know no unknown rotation get these. What is seen further out keeps its true direction: a hand
in the picture stays where it points, though the elbow is beyond its edge. A bone never seen stays in its rest pose.
"""

from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.humanoid import BONE_NAMES, N_BONES, PARENTS
from core.pose.types import BoolArray, FloatArray

_EARS, _SHOULDERS, _HIPS = (7, 8), (11, 12), (23, 24)
_LANDMARKS: Final = {
    "Hips": _HIPS, "Spine": (*_HIPS, *_SHOULDERS), "Chest": _SHOULDERS, "Neck": (*_SHOULDERS, *_EARS),
    "Head": (0, *_EARS),
    "LeftShoulder": (11,), "LeftUpperArm": (11, 13), "LeftLowerArm": (13, 15), "LeftHand": (15, 17, 19),
    "RightShoulder": (12,), "RightUpperArm": (12, 14), "RightLowerArm": (14, 16), "RightHand": (16, 18, 20),
    "LeftUpperLeg": (23, 25), "LeftLowerLeg": (25, 27), "LeftFoot": (27, 31),
    "RightUpperLeg": (24, 26), "RightLowerLeg": (26, 28), "RightFoot": (28, 32),
}  # fmt: skip
"""Bone → the landmarks that show how it points. The chest turns with the shoulders, whoever sees the hips."""


def bones_seen(landmarks: BoolArray) -> BoolArray:
    """Return (..., 19) which bones are seen, of (..., 33) which landmarks are."""
    return np.stack([landmarks[..., list(_LANDMARKS[name])].all(axis=-1) for name in BONE_NAMES], axis=-1)


def held_bones(local: FloatArray, seen: BoolArray, before: FloatArray | None = None) -> FloatArray:
    """Return (T, 19, 4) local quaternions in which unseen bones keep the turn they had when seen last.

    Args:
        local: (T, 19, 4) as they come, x, y, z, w; NaN where nobody is.
        seen: (T, 19); where `local` is NaN nothing is.
        before: (19, 4) the turns held until now; None takes for each bone the first seen, if any, else the rest pose.
    """
    seen = seen & np.isfinite(local).all(axis=-1)
    if seen.all():
        return local
    result = np.empty_like(local)
    known = np.where(np.isfinite(local), local, np.array([0.0, 0.0, 0.0, 1.0], local.dtype))
    # bone → its turn in the world, as it is and as it is shown; no longer than a child needs them: an hour is much
    turned: dict[int, tuple[Rotation, Rotation]] = {}
    for bone in range(N_BONES):
        parent, true = int(PARENTS[bone]), Rotation.from_quat(known[:, bone])
        wanted = true
        if parent >= 0:
            true = turned[parent][0] * true
            wanted = turned[parent][1].inv() * true
        result[:, bone] = _held(wanted.as_quat(), seen[:, bone], None if before is None else before[bone])
        shown = Rotation.from_quat(result[:, bone])
        turned[bone] = true, shown if parent < 0 else turned[parent][1] * shown
        for done in [other for other in turned if not (PARENTS[bone + 1 : N_BONES] == other).any()]:
            del turned[done]
    return result


def _held(turns: FloatArray, seen: BoolArray, before: FloatArray | None) -> FloatArray:
    """Return (T, 4) turns with each unseen one replaced by the last seen."""
    if before is None:
        before = turns[int(np.argmax(seen))] if seen.any() else np.array([0.0, 0.0, 0.0, 1.0])
    last = np.maximum.accumulate(np.where(seen, np.arange(1, len(seen) + 1), 0))
    held: FloatArray = np.concatenate([before[None], turns])[last]
    return held
