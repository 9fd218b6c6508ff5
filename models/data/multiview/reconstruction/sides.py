"""Which views have left and right exchanged.

MediaPipe swaps sides in some back views. Views that disagree about sides disagree about where the joints are, so the
set of swapped views is the one with which they agree, favouring few swaps and joints that do not jump.
"""

from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.skeleton import SWAP_SIDES
from core.pose.types import FloatArray
from models.data.multiview.reconstruction.triangulate import triangulate

GROUPS: Final = (np.arange(0, 11), np.arange(11, 17))
"""Head and arms, hips and legs: MediaPipe can swap one without the other."""
_MOST_SWAPPED: Final = 2
_SWAP_PRICE: Final = 0.3
_CHANGE_PRICE: Final = 0.5
_JUMP_M: Final = 0.15
_FIRST_BODY_JOINT: Final = 5


def swap_patterns(n_cameras: int) -> npt.NDArray[np.bool_]:
    """Return (S, C) sets of swapped views: none, one, two, never more than half (all swapped looks like none)."""
    sets = [c for n in range(min(_MOST_SWAPPED, n_cameras // 2) + 1) for c in combinations(range(n_cameras), n)]
    patterns = np.zeros((len(sets), n_cameras), dtype=bool)
    for row, members in enumerate(sets):
        patterns[row, list(members)] = True
    return patterns


def resolve_sides(
    projections: FloatArray, points_px: FloatArray, weights: FloatArray, inlier_px: float
) -> npt.NDArray[np.bool_]:
    """Return (C, T, 17): whether a view's joint must be exchanged with the same joint of the other side.

    Args:
        projections: (C, 3, 4).
        points_px: (C, T, 17, 2) undistorted pixels; NaN = not seen.
        weights: (C, T, 17) visibility.
        inlier_px: As in `triangulate`.
    """
    patterns = swap_patterns(len(projections))
    swapped = np.zeros(weights.shape, dtype=bool)
    for group in GROUPS:
        scored = group[group >= _FIRST_BODY_JOINT]  # the face is guessed from behind: it has no say
        path = _best_path(*_score(projections, points_px, weights, inlier_px, patterns, scored), patterns)
        swapped[..., group] = patterns[path].T[..., None]
    return swapped


def exchange(array: FloatArray, swapped: npt.NDArray[np.bool_]) -> FloatArray:
    """Return (C, T, 17, ...) with left and right exchanged where (C, T, 17) `swapped` says so."""
    mask = swapped.reshape(swapped.shape + (1,) * (array.ndim - swapped.ndim))
    return np.where(mask, array[:, :, SWAP_SIDES], array)


def _score(
    projections: FloatArray,
    points_px: FloatArray,
    weights: FloatArray,
    inlier_px: float,
    patterns: npt.NDArray[np.bool_],
    joints: npt.NDArray[np.integer],
) -> tuple[FloatArray, FloatArray]:
    """Return how badly the views agree, (S, T), and the joints that follow, (S, T, G, 3), for each pattern."""
    n_cameras, n_frames = weights.shape[:2]
    costs, points = [], []
    for pattern in patterns:
        swapped = np.broadcast_to(pattern[:, None, None], weights.shape)
        pixels = exchange(points_px, swapped)[:, :, joints].reshape(n_cameras, -1, 2)
        trust = exchange(weights, swapped)[:, :, joints].reshape(n_cameras, -1)
        found = triangulate(projections, pixels, trust, inlier_px)
        costs.append(found.cost.reshape(n_frames, -1).sum(axis=1) + _SWAP_PRICE * pattern.sum())
        points.append(found.points_m.reshape(n_frames, len(joints), 3))
    return np.array(costs), np.array(points)


def _best_path(costs: FloatArray, points: FloatArray, patterns: npt.NDArray[np.bool_]) -> npt.NDArray[np.integer]:
    """Return the (T,) pattern of each frame on the cheapest path through time (Viterbi)."""
    n_frames = costs.shape[1]
    change = _CHANGE_PRICE * (patterns[:, None] != patterns[None]).sum(axis=-1)
    total = costs[:, 0]
    came_from = np.zeros((n_frames, len(patterns)), dtype=int)
    for t in range(1, n_frames):
        step = np.linalg.norm(points[:, None, t - 1] - points[None, :, t], axis=-1)  # (S before, S now, G)
        jump = np.minimum(np.nan_to_num(step / _JUMP_M) ** 2, 1.0).sum(axis=-1)
        candidates = total[:, None] + change + jump
        came_from[t] = candidates.argmin(axis=0)
        total = candidates.min(axis=0) + costs[:, t]
    path = np.zeros(n_frames, dtype=int)
    path[-1] = total.argmin()
    for t in range(n_frames - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
