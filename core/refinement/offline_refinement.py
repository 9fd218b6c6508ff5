"""What only the whole recording shows: swapped sides undone, and one set of bone lengths for all of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.gaps import GAP_S
from core.pose.metrics import bone_lengths
from core.pose.skeleton import BONES, LANDMARK_TO_COCO
from core.pose.types import FloatArray, LookLandmarks
from core.refinement.bone_solver import with_lengths
from core.refinement.fusion import fuse
from core.refinement.left_right_swap import swap_left_right, swapped_frames
from core.refinement.refiner import DepthRefiner, Refinement
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence

_CHUNK: Final = 2048  # frames, bounds the memory


def refine_offline(
    sequence: PoseSequence, refiner: DepthRefiner | Refiners, *, hold_bones: bool = True
) -> PoseSequence:
    """Refine a finished sequence again, knowing all of it; of several looks each by itself, then their mean.

    Frames whose sides are swapped are exchanged and lifted without MediaPipe's depth. Bone lengths
    become their means over the sequence. Raw joints and landmarks stay as they were.

    Args:
        sequence: As the pipeline recorded it.
        refiner: What refined it, or another one.
        hold_bones: Whether bone lengths become the same in all frames.

    Returns:
        The sequence with new `joints_m`, `uncertainty_m` and `direction`, and in `meta` the count `swapped_frames`:
        those that a look took for their mirror image.
    """
    found = sequence.is_found
    looks = [_Look(sequence, name, refiner) for name in ([""] if sequence.looks is None else sequence.looks.names)]
    joints, sigma = np.empty_like(sequence.raw_m), np.empty_like(sequence.uncertainty_m)
    direction = np.empty_like(sequence.direction)
    lengths = np.zeros(len(BONES))
    for start in range(0, len(sequence), _CHUNK):
        own = slice(start, start + _CHUNK)
        parts = zip(*(_parts(look.refine(own)) for look in looks), strict=True)
        fused = fuse(Refinement(*map(np.array, parts)))
        joints[own], direction[own], sigma[own] = _parts(fused)
        lengths += bone_lengths(joints[own][found[own]].astype(float)).sum(axis=0)
    known = np.flatnonzero(found) if hold_bones else np.zeros(0, np.int64)
    for start in range(0, len(known), _CHUNK):
        chosen = known[start : start + _CHUNK]
        joints[chosen] = with_lengths(joints[chosen], lengths / len(known))
    swapped = np.any([look.swapped for look in looks], axis=0)
    meta = {**sequence.meta, "swapped_frames": int(swapped.sum())}
    return replace(sequence, joints_m=joints, uncertainty_m=sigma, direction=direction, meta=meta)


class _Look:
    """What one look saw of a sequence, refined in parts."""

    def __init__(self, sequence: PoseSequence, name: str, refiner: DepthRefiner | Refiners) -> None:
        self._time_s = sequence.time_s
        self._refiner = refiner.of(name) if isinstance(refiner, Refiners) else refiner
        if sequence.looks is None:
            self._pose, self._seen = sequence.raw_m, sequence.visibility
            self._pixels = sequence.landmarks_px[:, LANDMARK_TO_COCO]
        else:
            self._pose, self._seen, self._pixels = _of_look(sequence.looks, name)
        self._pixels[~np.isfinite(self._pose).all(axis=(1, 2))] = np.nan
        self.swapped: npt.NDArray[np.bool_] = swapped_frames(self._pixels, self._time_s)

    def refine(self, own: slice) -> Refinement:
        """Refine some frames, knowing those that their windows look back at."""
        reach_s = max(self._refiner.ages_s, default=0.0) + GAP_S
        rows = slice(int(np.searchsorted(self._time_s, self._time_s[own.start] - reach_s)), own.stop)
        pose, seen, flat = (a[rows].copy() for a in (self._pose, self._seen, self._pixels))
        turn = self.swapped[rows]
        pose[turn], seen[turn], flat[turn] = swap_left_right(pose[turn], seen[turn], flat[turn])
        refinement = self._refiner.refine_stream(pose, seen, flat, time_s=self._time_s[rows])
        joints, direction, sigma = (part[own.start - rows.start :] for part in _parts(refinement))
        return Refinement(joints, direction, sigma)


def _of_look(looks: LookLandmarks, name: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (T, 17, 3) joints, (T, 17) visibility and (T, 17, 2) pixels of a look."""
    number = looks.names.index(name)
    return (
        looks.landmarks_m[:, number].take(LANDMARK_TO_COCO, axis=1),
        looks.visibility[:, number].take(LANDMARK_TO_COCO, axis=1),
        looks.landmarks_px[:, number].take(LANDMARK_TO_COCO, axis=1),
    )


def _parts(refinement: Refinement) -> Iterator[FloatArray]:
    return iter((refinement.joints_m, refinement.direction, refinement.uncertainty_m))
