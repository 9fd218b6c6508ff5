"""MediaPipe as it is, and what all baselines share."""

from collections.abc import Sequence

import numpy as np

from core.errors import DataError
from core.pose.geometry import level_viewpoint_direction, mid_hip
from core.pose.types import FloatArray
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs


class Raw:
    """Change nothing; the viewpoint is read off the joints, the camera taken as level."""

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the poses."""
        return answer(poses)


def answer(joints_m: FloatArray) -> Refinement:
    """Return the (N, 17, 3) joints as a refinement, hip-centred, without an opinion on their uncertainty."""
    centred = joints_m - mid_hip(joints_m)[:, None]
    return Refinement(centred, level_viewpoint_direction(centred), np.full(centred.shape[:2], np.nan))


def training_frames(pairs: Sequence[Pairs]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return MediaPipe's joints, the true ones, visibility and pixels of all frames that have a pose and true hips.

    Raises:
        DataError: There is no such frame.
    """
    joined = [
        np.concatenate([getattr(p, name) for p in pairs]).astype(float)
        for name in ("corrupted", "ground_truth", "visibility", "pose_2d")
    ] if pairs else [np.zeros((0, 17, 3))] * 4  # fmt: skip
    usable = np.isfinite(joined[0]).all(axis=(1, 2)) & np.isfinite(mid_hip(joined[1])).all(axis=1)
    if not usable.any():
        raise DataError("There is no frame to fit the baselines on; name pairs with a train split.")
    raw, truth, visibility, pixels = (array[usable] for array in joined)
    return raw - mid_hip(raw)[:, None], truth, visibility, pixels
