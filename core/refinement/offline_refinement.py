"""What only the whole recording shows: swapped sides undone, and one set of bone lengths for all of it."""

from dataclasses import replace
from typing import Final

import numpy as np

from core.pose.gaps import GAP_S
from core.pose.metrics import bone_lengths
from core.pose.skeleton import BONES, LANDMARK_TO_COCO
from core.refinement.bone_solver import with_lengths
from core.refinement.left_right_swap import swap_left_right, swapped_frames
from core.refinement.refiner import DepthRefiner
from core.sequence.pose_sequence import PoseSequence

_CHUNK: Final = 2048  # frames, bounds the memory


def refine_offline(sequence: PoseSequence, refiner: DepthRefiner, *, hold_bones: bool = True) -> PoseSequence:
    """Refine a finished sequence again, knowing all of it.

    Frames whose sides are swapped are exchanged and lifted without MediaPipe's depth. Bone lengths
    become their means over the sequence. Raw joints and landmarks stay as they were.

    Args:
        sequence: As the pipeline recorded it.
        refiner: The refiner that refined it.
        hold_bones: Whether bone lengths become the same in all frames.

    Returns:
        The sequence with new `joints_m`, `uncertainty_m` and `direction`, and in `meta` the count `swapped_frames`.
    """
    found = sequence.is_found
    pixels = sequence.landmarks_px[:, LANDMARK_TO_COCO]
    pixels[~found] = np.nan
    swapped = swapped_frames(pixels, sequence.time_s)
    joints, sigma = np.empty_like(sequence.raw_m), np.empty_like(sequence.uncertainty_m)
    direction = np.empty_like(sequence.direction)
    lengths = np.zeros(len(BONES))
    reach_s = max(refiner.ages_s, default=0.0) + GAP_S
    for start in range(0, len(sequence), _CHUNK):
        end = start + _CHUNK
        # what the first windows look back at comes along
        rows = slice(int(np.searchsorted(sequence.time_s, sequence.time_s[start] - reach_s)), end)
        pose, seen, flat = (a[rows].copy() for a in (sequence.raw_m, sequence.visibility, pixels))
        turn = swapped[rows]
        pose[turn], seen[turn], flat[turn] = swap_left_right(pose[turn], seen[turn], flat[turn])
        refinement = refiner.refine_stream(pose, seen, flat, time_s=sequence.time_s[rows])
        own = slice(start - rows.start, None)
        joints[start:end], sigma[start:end] = refinement.joints_m[own], refinement.uncertainty_m[own]
        direction[start:end] = refinement.direction[own]
        lengths += bone_lengths(joints[start:end][found[start:end]].astype(float)).sum(axis=0)
    known = np.flatnonzero(found) if hold_bones else np.zeros(0, np.int64)
    for start in range(0, len(known), _CHUNK):
        chosen = known[start : start + _CHUNK]
        joints[chosen] = with_lengths(joints[chosen], lengths / len(known))
    meta = {**sequence.meta, "swapped_frames": int(swapped.sum())}
    return replace(sequence, joints_m=joints, uncertainty_m=sigma, direction=direction, meta=meta)
