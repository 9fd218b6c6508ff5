"""From what was detected to what is shown and saved: one way for window, commands and every file.

Nothing is detected here: another refiner, filter, height or person, held bones or not, take seconds.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.filters import FilterChoice
from core.pose.geometry import level_viewpoint_direction
from core.pose.skeleton import LANDMARK_SWAP_SIDES
from core.refinement.offline_refinement import refine_offline
from core.refinement.refiner import DepthRefiner
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence
from core.take.detections import Detections
from core.take.people import follow
from core.take.take import Take

_BLOCK: Final = 4096


def refine(
    detections: Detections,
    refiner: DepthRefiner | Refiners | None,
    meta: dict[str, Any],
    *,
    hold_bones: bool = True,
) -> PoseSequence:
    """Return the sequence of what was detected, refined with the whole of it known.

    Args:
        detections: T frames.
        refiner: One, or one for every look; None leaves MediaPipe's joints, and the viewpoint that they alone say.
        meta: What made it.
        hold_bones: Whether bone lengths are the same in all frames.
    """
    sequence = detections.sequence(meta)
    if refiner is not None:
        return refine_offline(sequence, refiner, hold_bones=hold_bones)
    direction = np.empty_like(sequence.direction)
    for start in range(0, len(sequence), _BLOCK):
        part = slice(start, start + _BLOCK)
        direction[part] = level_viewpoint_direction(sequence.raw_m[part].astype(float))
    return replace(sequence, direction=direction)


def smoothed(sequence: PoseSequence, choice: FilterChoice | None) -> PoseSequence:
    """Return the sequence with its joints smoothed as files have them when that filter is asked for."""
    if choice is None or choice.name == "none":
        return sequence
    joints = np.empty_like(sequence.joints_m)
    for joint in range(joints.shape[1]):
        joints[:, joint] = choice.smooth(sequence.time_s, sequence.joints_m[:, joint].astype(float))
    return replace(sequence, joints_m=joints)


def as_taken(detections: Detections, take: Take) -> Detections:
    """Return the detections of the take's person, a row a frame, turned back where its pictures are a mirror image."""
    seen = mirrored(detections) if take.camera.is_mirrored else detections
    return seen if take.person is None else follow(seen, take.person)


def mirrored(detections: Detections) -> Detections:
    """Return what would have been seen in the pictures turned as a mirror turns them.

    MediaPipe sees a mirror image as it sees any picture, with the sides exchanged.
    """
    pixels, world = (a[:, :, LANDMARK_SWAP_SIDES].copy() for a in (detections.look_px, detections.look_m))
    pixels[..., 0] = detections.image_size[0] - pixels[..., 0]
    world[..., 0] *= -1
    seen = detections.look_visibility[:, :, LANDMARK_SWAP_SIDES]
    return replace(detections, look_px=pixels, look_m=world, look_visibility=seen)
