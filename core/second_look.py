"""What only the whole recording shows: swapped sides undone, and one set of bone lengths for all of it."""

from dataclasses import replace
from typing import Final

import numpy as np

from core.bone_solver import with_lengths
from core.metrics import bone_lengths
from core.refiner import DepthRefiner
from core.sequence import PoseSequence
from core.sides import swapped_frames
from core.skeleton import LANDMARK_TO_COCO, SWAP_SIDES

_CHUNK: Final = 2048  # frames, bounds the memory


def second_look(sequence: PoseSequence, refiner: DepthRefiner) -> PoseSequence:
    """Refine a finished sequence again, knowing all of it.

    Frames whose sides are swapped are exchanged and lifted without MediaPipe's depth, which is that of somebody who
    faces the other way. Bone lengths become their means over the sequence. Raw joints and landmarks stay as they were.

    Args:
        sequence: As the pipeline recorded it.
        refiner: The refiner that refined it.

    Returns:
        The sequence with new `joints_m`, `uncertainty_m` and `direction`, and in `meta` the count `swapped_frames`.
    """
    found = sequence.is_found
    pixels = sequence.landmarks_px[:, LANDMARK_TO_COCO]
    swapped = swapped_frames(np.where(found[:, None, None], pixels, np.nan), sequence.time_s)
    pose, seen, flat = sequence.raw_m.copy(), sequence.visibility.copy(), pixels.copy()
    pose[swapped] = pose[swapped][:, SWAP_SIDES] * [1.0, 1.0, 0.0]
    seen[swapped], flat[swapped] = seen[swapped][:, SWAP_SIDES], flat[swapped][:, SWAP_SIDES]
    refinement = refiner.refine_stream(pose, seen, flat, time_s=sequence.time_s)
    joints = refinement.joints_m.astype(float)
    if found.any():
        lengths = bone_lengths(joints[found]).mean(axis=0)
        for rows in np.array_split(np.flatnonzero(found), -(-int(found.sum()) // _CHUNK)):
            joints[rows] = with_lengths(joints[rows], lengths)
    meta = {**sequence.meta, "swapped_frames": int(swapped.sum())}
    return replace(
        sequence,
        joints_m=joints,
        uncertainty_m=refinement.uncertainty_m.astype(float),
        direction=refinement.direction.astype(float),
        meta=meta,
    )
