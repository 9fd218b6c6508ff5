"""What one frame cannot know: the frames before it, sides, bone lengths and smoothness, around the refiner.

Causal, and without delay except for what smoothing costs.
"""

from typing import Protocol

import numpy as np

from core.filters.joint_filter import JointFilter
from core.pose.gaps import is_new_stream
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray, is_within
from core.refinement.bone_solver import BoneSolver
from core.refinement.left_right_swap import LeftRightTracker, swap_left_right
from core.refinement.past_frames import PastFrames, Pose
from core.refinement.refiner import Refinement, checked_poses


class RefinesWindows(Protocol):
    """What is needed of `core.refinement.refiner.DepthRefiner`."""

    ages_s: tuple[float, ...]

    def refine_window(self, window: Pose) -> Refinement:
        """Return the refinement of the first pose of a window."""


class StreamRefiner:
    """A refiner with memory: undo swapped sides, refine, smooth, hold the bone lengths.

    Args:
        refiner: What refines a frame and the past ones that it asks for.
        smooth: Start with smoothing on.

    Attributes:
        lock_bones: Hold bone lengths constant (`BoneSolver`).
        smooth: `JointFilter`, which lags by about a frame. Files are better smoothed afterwards, without lag.

    Both may be switched at any time. Threading: one stream, one thread at a time.
    """

    def __init__(self, refiner: RefinesWindows, *, smooth: bool = False) -> None:
        self._refiner = refiner
        self._past = PastFrames(refiner.ages_s)
        self.lock_bones = True
        self.smooth = smooth
        self._sides, self._bones, self._filter = LeftRightTracker(), BoneSolver(), JointFilter()
        self._last_s: float | None = None  # of a frame
        self._seen_s: float | None = None  # of a frame with somebody in it

    def set_cutoff(self, cutoff_hz: float) -> None:
        """Smooth more (lower) or less, 1.5 is usual; smoothing starts anew. From any thread.

        Raises:
            SettingsError: Not above 0.
        """
        self._filter = JointFilter(cutoff_hz)

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._forget_poses()
        self._bones.reset()
        self._last_s = None

    def _forget_poses(self) -> None:
        self._past.reset()
        self._sides.reset()
        self._filter.reset()
        self._seen_s = None

    def refine(
        self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None, *, time_s: float
    ) -> Refinement:
        """Refine the next pose of the stream; a gap in time (`core.pose.gaps`) starts a new one.

        Args:
            pose: (17, 3) or (33, 3) as `DepthRefiner.refine`.
            visibility: (17,) or (33,).
            pose_2d: (17, 2) or (33, 2) pixels, or None.
            time_s: When, seconds.

        Returns:
            As `DepthRefiner.refine`; all NaN, and nothing remembered, when `pose` has a NaN.

        Raises:
            DataError: A shape is wrong.
        """
        last_s = self._last_s
        if last_s is not None and is_new_stream(time_s - last_s):
            self.reset()
        self._last_s = time_s
        poses, seen, pixels = checked_poses(
            np.asarray(pose)[None], np.asarray(visibility)[None], None if pose_2d is None else np.asarray(pose_2d)[None]
        )
        if not is_within(poses):
            return Refinement(np.full((N_JOINTS, 3), np.nan), np.full(3, np.nan), np.full(N_JOINTS, np.nan))
        if self._seen_s is not None and self._seen_s != last_s and is_new_stream(time_s - self._seen_s):
            self._forget_poses()  # the same person's bones, but not what they did before they were away
        self._seen_s = time_s
        frame = poses[0], seen[0], pixels[0]
        if self._sides.is_swapped(frame[2], time_s):
            frame = swap_left_right(*frame)
        refinement = self._refiner.refine_window(self._past.window(frame, time_s))
        joints = np.asarray(refinement.joints_m, dtype=float)
        sigma = np.asarray(refinement.uncertainty_m, dtype=float)
        if self.lock_bones:
            self._bones.learn(joints, sigma)
        if self.smooth:
            joints = self._filter.step(joints, sigma, time_s)
        if self.lock_bones:
            joints = self._bones.hold(joints)
        return Refinement(joints, refinement.direction, sigma)
