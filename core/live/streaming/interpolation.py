"""The way from the pose that is shown when a new one comes to the new one."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from core.live.streaming.pose import StreamedPose
from core.pose.gaps import is_new_stream


class PoseInterpolator:
    """Rotations along the shortest arc and the root along a line, over the time between two frames.

    Args:
        shown: What is shown now; None before the first frame.
        target: The new pose.
        since_s: When it came.
        step_s: How long after the one before; after a long pause the new pose is shown at once.

    Attributes:
        since_s: When the new pose came.
    """

    def __init__(self, shown: StreamedPose | None, target: StreamedPose, since_s: float, step_s: float) -> None:
        self._target, self.since_s, self._step_s = target, since_s, step_s
        self._start: StreamedPose | None = None
        if shown is not None and shown.is_found and target.is_found and not is_new_stream(step_s):
            self._start = shown
            self._from = Rotation.from_quat(shown.local)
            self._turn = (self._from.inv() * Rotation.from_quat(target.local)).as_rotvec()

    def at(self, now_s: float) -> StreamedPose:
        """Return the pose to show now."""
        share = (now_s - self.since_s) / self._step_s if self._start is not None else 1.0
        if self._start is None or share >= 1.0:
            return self._target
        local = (self._from * Rotation.from_rotvec(share * self._turn)).as_quat()
        root = self._start.root_m + share * (self._target.root_m - self._start.root_m)
        return replace(self._target, local=np.asarray(local), root_m=root)
