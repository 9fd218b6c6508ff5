"""The landmarks that COCO-17 lacks, carried along by the refined limbs, so that exports keep hands and feet."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.geometry import mid_hip, normalise
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS, RIGID_ANCHORS
from core.pose.types import FloatArray

_FACE_ANCHORS: Final = {1: 2, 3: 2, 4: 5, 6: 5, 9: 0, 10: 0}
"""Landmark → the face landmark that it moves with: eye corners with the eye, mouth corners with the nose."""

_RIGID: Final = list(RIGID_ANCHORS)
_ANCHORS: Final = [anchor for anchor, _ in RIGID_ANCHORS.values()]
_PARENTS: Final = [parent for _, parent in RIGID_ANCHORS.values()]
_NEARLY_OPPOSITE: Final = -1.0 + 1e-6


def attach_rigid_landmarks(landmarks_m: npt.ArrayLike, joints_m: npt.ArrayLike) -> FloatArray:
    """Return all 33 landmarks of a refined pose.

    The 17 that are COCO joints are the refined joints. Hands and feet keep their place on the forearm and shin
    rigidly: their offset is turned by the shortest rotation from the raw limb onto the refined one. Eye and mouth
    corners move with the eye and the nose.

    Args:
        landmarks_m: (..., 33, 3) MediaPipe's world landmarks, metres, view-ray frame.
        joints_m: (..., 17, 3) refined joints, hip-centred, same frame.

    Returns:
        (..., 33, 3) metres, hip-centred, view-ray frame; NaN where a landmark it depends on is.

    Raises:
        DataError: A shape is wrong.
    """
    raw, refined = np.asarray(landmarks_m, dtype=float), np.asarray(joints_m, dtype=float)
    if raw.shape[-2:] != (N_LANDMARKS, 3) or refined.shape != (*raw.shape[:-2], N_JOINTS, 3):
        raise DataError(f"Landmarks {raw.shape} and joints {refined.shape} are not (..., 33, 3) and (..., 17, 3).")
    raw = np.where(np.isfinite(raw), raw, np.nan)  # an infinity would warn where a NaN is passed on
    raw = raw - mid_hip(raw[..., LANDMARK_TO_COCO, :])[..., None, :]
    result = np.full_like(raw, np.nan)
    result[..., LANDMARK_TO_COCO, :] = refined
    for landmark, anchor in _FACE_ANCHORS.items():
        result[..., landmark, :] = result[..., anchor, :] + raw[..., landmark, :] - raw[..., anchor, :]
    old = normalise(raw[..., _ANCHORS, :] - raw[..., _PARENTS, :])
    new = normalise(result[..., _ANCHORS, :] - result[..., _PARENTS, :])
    offset = raw[..., _RIGID, :] - raw[..., _ANCHORS, :]
    result[..., _RIGID, :] = result[..., _ANCHORS, :] + _turn(offset, old, new)
    return result


def _turn(vectors: FloatArray, old: FloatArray, new: FloatArray) -> FloatArray:
    """Turn (..., 3) vectors by the shortest rotation from unit `old` to unit `new` (Rodrigues)."""
    axis = np.cross(old, new)  # its length is the sine
    cosine = np.sum(old * new, axis=-1, keepdims=True)
    is_opposite = cosine < _NEARLY_OPPOSITE
    once = np.cross(axis, vectors)
    turned = vectors + once + np.cross(axis, once) / np.where(is_opposite, 1.0, 1.0 + cosine)
    # half a turn has no shortest axis; take one across the limb
    across = normalise(np.cross(old, np.where(np.abs(old[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])))
    half_turn = 2.0 * across * np.sum(across * vectors, axis=-1, keepdims=True) - vectors
    result: FloatArray = np.where(is_opposite, half_turn, turned)
    return result
