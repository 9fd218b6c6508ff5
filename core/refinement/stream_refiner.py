"""What one frame cannot know: the frames before it, sides, bone lengths and smoothness, around the refiner.

Causal, and without delay except for what smoothing costs.
"""

from typing import Protocol

import numpy as np

from core.filters.joint_filter import JointFilter
from core.pose.gaps import is_new_stream
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray, LookLandmarks, is_within
from core.refinement.bone_solver import BoneSolver
from core.refinement.fusion import fuse
from core.refinement.left_right_swap import LeftRightTracker, swap_left_right
from core.refinement.past_frames import PastFrames, Pose
from core.refinement.refiner import Refinement, checked_poses
from core.refinement.refiners import Refiners


class RefinesWindows(Protocol):
    """What is needed of `core.refinement.refiner.DepthRefiner`."""

    ages_s: tuple[float, ...]

    def refine_window(self, window: Pose) -> Refinement:
        """Return the refinement of the first pose of a window."""


class _Absence:
    """How long somebody was away while frames went on."""

    def __init__(self) -> None:
        self._seen_s: float | None = None
        self._is_away = False

    def was_long(self, time_s: float, *, is_seen: bool) -> bool:
        """Take in a frame; whether somebody is in it again after so long that a new stream begins."""
        was_away, seen_s = self._is_away, self._seen_s
        self._is_away = not is_seen
        if is_seen:
            self._seen_s = time_s
        return is_seen and was_away and seen_s is not None and is_new_stream(time_s - seen_s)


class _LookRefiner:
    """What is remembered of one look: its past frames and how it named the sides."""

    def __init__(self, refiner: RefinesWindows) -> None:
        self._refiner = refiner
        self._past, self._sides = PastFrames(refiner.ages_s), LeftRightTracker()
        self._absence = _Absence()

    def reset(self) -> None:
        self._past.reset()
        self._sides.reset()
        self._absence = _Absence()

    def refine(self, frame: Pose, time_s: float) -> Refinement:
        """Refine a frame of `checked_poses`; all NaN, and nothing remembered, when its joints have a NaN."""
        is_seen = is_within(frame[0])
        if self._absence.was_long(time_s, is_seen=is_seen):
            self._past.reset()
            self._sides.reset()
        if not is_seen:
            return Refinement(np.full((N_JOINTS, 3), np.nan), np.full(3, np.nan), np.full(N_JOINTS, np.nan))
        if self._sides.is_swapped(frame[2], time_s):
            frame = swap_left_right(*frame)
        return self._refiner.refine_window(self._past.window(frame, time_s))


class StreamRefiner:
    """A refiner with memory: undo swapped sides, refine, smooth, hold the bone lengths.

    Of several looks each has its sides undone and is refined by itself; what comes after is done to their mean.

    Args:
        refiner: What refines a frame and the past ones that it asks for, or one for every look.
        smooth: Start with smoothing on.

    Attributes:
        lock_bones: Hold bone lengths constant (`BoneSolver`).
        smooth: `JointFilter`, which lags by about a frame. Files are better smoothed afterwards, without lag.

    Both may be switched at any time. Threading: one stream, one thread at a time.
    """

    def __init__(self, refiner: RefinesWindows | Refiners, *, smooth: bool = False) -> None:
        self._refiner = refiner
        self._looks: dict[str, _LookRefiner] = {}
        self.lock_bones = True
        self.smooth = smooth
        self._bones, self._filter = BoneSolver(), JointFilter()
        self._last_s: float | None = None
        self._absence = _Absence()

    def set_cutoff(self, cutoff_hz: float) -> None:
        """Smooth more (lower) or less, 1.5 is usual; smoothing starts anew. From any thread.

        Raises:
            SettingsError: Not above 0.
        """
        self._filter = JointFilter(cutoff_hz)

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        for look in self._looks.values():
            look.reset()
        self._bones.reset()
        self._filter.reset()
        self._last_s, self._absence = None, _Absence()

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
        self._begin(time_s)
        poses, seen, pixels = checked_poses(
            np.asarray(pose)[None], np.asarray(visibility)[None], None if pose_2d is None else np.asarray(pose_2d)[None]
        )
        return self._over_time(self._look("").refine((poses[0], seen[0], pixels[0]), time_s), time_s)

    def refine_looks(self, looks: LookLandmarks, *, time_s: float) -> Refinement:
        """Refine the next frame as several looks saw it: their mean.

        Args:
            looks: Of one frame.
            time_s: When, seconds.

        Returns:
            As `refine`; all NaN when no look saw the person.
        """
        self._begin(time_s)
        frames = zip(*checked_poses(looks.landmarks_m, looks.visibility, looks.landmarks_px), strict=True)
        refined = [self._look(name).refine(frame, time_s) for name, frame in zip(looks.names, frames, strict=True)]
        parts = zip(*((one.joints_m, one.direction, one.uncertainty_m) for one in refined), strict=True)
        return self._over_time(fuse(Refinement(*map(np.array, parts))), time_s)

    def _begin(self, time_s: float) -> None:
        if self._last_s is not None and is_new_stream(time_s - self._last_s):
            self.reset()
        self._last_s = time_s

    def _look(self, name: str) -> _LookRefiner:
        if name not in self._looks:
            refiner = self._refiner.of(name) if isinstance(self._refiner, Refiners) else self._refiner
            self._looks[name] = _LookRefiner(refiner)
        return self._looks[name]

    def _over_time(self, refinement: Refinement, time_s: float) -> Refinement:
        joints = np.asarray(refinement.joints_m, dtype=float)
        sigma = np.asarray(refinement.uncertainty_m, dtype=float)
        is_seen = is_within(joints)
        if self._absence.was_long(time_s, is_seen=is_seen):
            self._filter.reset()  # the same person's bones, but not what they did before they were away
        if not is_seen:
            return refinement
        if self.lock_bones:
            self._bones.learn(joints, sigma)
        if self.smooth:
            joints = self._filter.step(joints, sigma, time_s)
        if self.lock_bones:
            joints = self._bones.hold(joints)
        return Refinement(joints, refinement.direction, sigma)
