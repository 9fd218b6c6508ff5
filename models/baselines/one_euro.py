"""MediaPipe smoothed by the One-Euro filter: what most users of MediaPipe do."""

import numpy as np

from core.filters import OneEuro
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from models.baselines.raw import answer


class SmoothedRaw:
    """Smooth MediaPipe's joints causally; the default parameters of `core.filters.OneEuro`."""

    def __init__(self) -> None:
        self._filter = OneEuro()

    def reset(self) -> None:
        """Forget the past."""
        self._filter.reset()

    def refine(
        self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None, *, time_s: float
    ) -> Refinement:
        """Return the next pose of the stream, smoothed."""
        if not np.isfinite(pose).all():
            self.reset()
        found = answer(self._filter.step(pose, time_s)[None])
        return Refinement(found.joints_m[0], found.direction[0], found.uncertainty_m[0])
