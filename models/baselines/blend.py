"""Weighted averages of a refiner and MediaPipe: their errors differ, so even a fixed average can beat both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs
from models.baselines.raw import answer, training_frames
from models.evaluation.measure import Refines, RefinesStreams

_MOST_FRAMES: Final = 50_000
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Blend:
    """A share of a refiner's joints, the rest MediaPipe's; the viewpoint is read off the result.

    Attributes:
        refiner: What is blended with MediaPipe.
        across: Its share across the view ray, x and y.
        depth: Its share in depth: one number, or (17,) one for each joint.
    """

    refiner: Refines | RefinesStreams
    across: float
    depth: npt.ArrayLike

    @classmethod
    def fit_depth(cls, pairs: Sequence[Pairs], refiner: Refines) -> "Blend":
        """Keep MediaPipe's x and y, and take the depth share of each joint that fits best (least squares, 0..1).

        Raises:
            DataError: There is no frame with the truth of some joint.
        """
        raw, truth, visibility, pixels = training_frames(pairs)
        step = -(-len(raw) // _MOST_FRAMES)
        raw, truth, visibility, pixels = (a[::step] for a in (raw, truth, visibility, pixels))
        gain = refiner.refine_batch(raw, visibility, pixels).joints_m[..., 2] - raw[..., 2]
        wanted = truth[..., 2] - raw[..., 2]
        known = np.isfinite(wanted)
        dot = np.where(known, gain * np.where(known, wanted, 0.0), 0.0).sum(axis=0)
        size = np.where(known, gain**2, 0.0).sum(axis=0)
        return cls(refiner, 0.0, np.clip(dot / np.maximum(size, _TINY), 0.0, 1.0))

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """Return the blended poses of one stream."""
        if isinstance(self.refiner, RefinesStreams):
            refined = self.refiner.refine_stream(poses, visibility, poses_2d, time_s=time_s).joints_m
        else:
            refined = self.refiner.refine_batch(poses, visibility, poses_2d).joints_m
        raw = poses - mid_hip(poses)[:, None]
        share = np.empty((raw.shape[1], 3))
        share[:, :2] = self.across
        share[:, 2] = self.depth
        return answer(raw + share * (refined - raw))
