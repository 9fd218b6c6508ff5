"""A constant correction per joint: much of a learned gain can be a difference in the definition of the joints."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.pose.geometry import azimuth_elevation, level_viewpoint_direction, mid_hip
from core.pose.metrics import masked_mean
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs
from models.baselines.raw import answer, training_frames


@dataclass(frozen=True)
class MeanOffset:
    """Add the mean error of the training pairs, by bins of the azimuth that MediaPipe's own joints show.

    Attributes:
        offsets_m: (n_bins, 17, 3).
    """

    offsets_m: FloatArray

    @classmethod
    def fit(cls, pairs: Sequence[Pairs], n_bins: int = 1) -> "MeanOffset":
        """Average the training error in each bin; a bin without frames takes the mean of all."""
        raw, truth, _, _ = training_frames(pairs)
        bins = _azimuth_bin(raw, n_bins)
        everywhere = masked_mean(truth - raw, axis=0)
        offsets = np.stack([masked_mean((truth - raw)[bins == number], axis=0) for number in range(n_bins)])
        return cls(np.where(np.isfinite(offsets), offsets, np.nan_to_num(everywhere)))

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the poses with the offsets added."""
        raw = poses - mid_hip(poses)[:, None]
        return answer(raw + self.offsets_m[_azimuth_bin(raw, len(self.offsets_m))])


def _azimuth_bin(joints_m: FloatArray, n_bins: int) -> npt.NDArray[np.integer]:
    azimuth, _ = azimuth_elevation(level_viewpoint_direction(joints_m))
    return np.asarray(np.minimum(np.nan_to_num(azimuth) / (2 * np.pi) * n_bins, n_bins - 1).astype(int))
