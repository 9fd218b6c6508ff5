"""Constant bone lengths, and nothing else: what a skeleton constraint alone is worth."""

from collections import deque
from typing import Final

import numpy as np

from core.pose.geometry import mid_hip
from core.pose.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from models.baselines.raw import answer

_LIMBS: Final = ((5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16))
"""Parent and child, each after the bone above it."""
_MEMORY: Final = 300  # frames: enough for a settled median, little enough to stay fast on long streams


class ConstantBones:
    """Give each bone the running median of its length so far, keeping its direction.

    Hips and shoulders move about their middles, the torso from the mid-hip up; the face goes with the shoulders.
    """

    def __init__(self) -> None:
        self._past: deque[FloatArray] = deque(maxlen=_MEMORY)

    def reset(self) -> None:
        """Forget the lengths."""
        self._past.clear()

    def refine(
        self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None, *, time_s: float = 0.0
    ) -> Refinement:
        """Return the next pose of the stream; NaN joints are an NaN pose and teach nothing."""
        if not np.isfinite(pose).all():
            found = answer(np.full((1, 17, 3), np.nan))
        else:
            vectors = _bone_vectors(pose)
            self._past.append(np.linalg.norm(vectors, axis=-1))
            wanted = np.median(self._past, axis=0)
            scale = wanted / np.maximum(self._past[-1], 1e-9)
            found = answer(_rebuild(pose, vectors * scale[:, None])[None])
        return Refinement(found.joints_m[0], found.direction[0], found.uncertainty_m[0])

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the poses of one stream, in order."""
        self.reset()
        found = [self.refine(pose, seen) for pose, seen in zip(poses, visibility, strict=True)]
        joints = np.stack([f.joints_m for f in found]) if found else np.zeros((0, 17, 3))
        return answer(joints)


def _bone_vectors(pose: FloatArray) -> FloatArray:
    """Return (11, 3): half the hip line, the torso, half the shoulder line, then the limbs."""
    shoulders = (pose[LEFT_SHOULDER] + pose[RIGHT_SHOULDER]) / 2
    root = mid_hip(pose)
    trunk = [pose[11] - root, shoulders - root, pose[LEFT_SHOULDER] - shoulders]
    return np.stack([*trunk, *(pose[child] - pose[parent] for parent, child in _LIMBS)])


def _rebuild(pose: FloatArray, vectors: FloatArray) -> FloatArray:
    result = pose.copy()
    root = mid_hip(pose)
    result[11], result[12] = root + vectors[0], root - vectors[0]
    shoulders = root + vectors[1]
    result[:5] += shoulders - (pose[LEFT_SHOULDER] + pose[RIGHT_SHOULDER]) / 2
    result[LEFT_SHOULDER], result[RIGHT_SHOULDER] = shoulders + vectors[2], shoulders - vectors[2]
    for (parent, child), vector in zip(_LIMBS, vectors[3:], strict=True):
        result[child] = result[parent] + vector
    return result
