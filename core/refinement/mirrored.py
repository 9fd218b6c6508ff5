"""A mirrored look refined as it was seen: in the mirror image, where its variant errs as it always does.

MediaPipe's heavy variant makes one arm longer than the other on everybody. Of a mirrored look, told in the
coordinates of the picture, it would be the other one, which its refiner has never met.
"""

from typing import Final, Protocol

import numpy as np

from core.pose.skeleton import SWAP_SIDES
from core.pose.types import FloatArray
from core.refinement.past_frames import Pose
from core.refinement.refiner import Refinement, checked_poses

_NEGATE_X: Final = np.array([-1.0, 1.0, 1.0], np.float32)


class Refines(Protocol):
    """What is needed of `core.refinement.refiner.DepthRefiner`."""

    ages_s: tuple[float, ...]

    def refine_window(self, window: Pose) -> Refinement:
        """Return the refinement of the first pose of a window."""

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """Return the refinement of N poses in the order of time."""


class MirroredRefiner:
    """Refines what a mirrored look saw, told and answered in the coordinates of the picture as it is.

    Attributes:
        refiner: Of the look's variant.
        ages_s: As `DepthRefiner.ages_s`.
    """

    def __init__(self, refiner: Refines) -> None:
        self.refiner = refiner
        self.ages_s = refiner.ages_s

    def refine_window(self, window: Pose) -> Refinement:
        """As `DepthRefiner.refine_window`."""
        return _mirrored(self.refiner.refine_window(_seen(*window)))

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """As `DepthRefiner.refine_stream`."""
        seen = _seen(*checked_poses(poses, visibility, poses_2d))
        return _mirrored(self.refiner.refine_stream(*seen, time_s=time_s))


def _seen(joints: FloatArray, visibility: FloatArray, pixels: FloatArray) -> Pose:
    """Return (..., 17, 3) joints, (..., 17) visibility and (..., 17, 2) pixels, of any origin, as in the mirror."""
    return (
        joints.take(SWAP_SIDES, axis=-2) * _NEGATE_X,
        visibility.take(SWAP_SIDES, axis=-1),
        pixels.take(SWAP_SIDES, axis=-2) * _NEGATE_X[:2],
    )


def _mirrored(refinement: Refinement) -> Refinement:
    return Refinement(
        refinement.joints_m.take(SWAP_SIDES, axis=-2) * _NEGATE_X,
        refinement.direction * _NEGATE_X,
        refinement.uncertainty_m.take(SWAP_SIDES, axis=-1),
    )
