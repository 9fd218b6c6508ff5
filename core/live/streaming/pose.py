"""What is streamed of one frame: upright joints and the rotations of a humanoid."""

from dataclasses import dataclass, replace

import numpy as np

from core.live.streaming.calibration import Calibration, CalibrationState
from core.pose.gaps import GAP_S
from core.pose.geometry import (
    intrinsics_from_fov,
    mid_hip,
    normalise,
    pixel_rays,
    rotate,
    up_in_view_ray,
    upright_rotation,
    view_ray_rotation,
)
from core.pose.held_bones import bones_seen, held_bones
from core.pose.humanoid import (
    BONE_NAMES,
    N_BONES,
    N_HUMANOID,
    REST_DIRECTIONS,
    Humanoid,
    humanoid_joints,
    joint_lengths,
)
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.rotations import global_from_local, global_rotations, local_from_global, pose_joints
from core.pose.seen import MIN_VISIBILITY, PARTS, joints_of, seen_in
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import BoolArray, FloatArray, Refined

_MEMORY = 300  # frames that the camera's tilt and the bone lengths are averaged over


@dataclass(frozen=True)
class StreamedPose:
    """One frame, upright: y against gravity, z towards the camera, x to the right of the picture; metres.

    Attributes:
        frame_index: Of the source.
        time_s: Of the source, seconds.
        is_found: Whether somebody is seen; all numbers of the pose are NaN when not.
        joints_m: (17, 3) refined COCO joints, hip-centred; NaN for those that were not seen.
        uncertainty_m: (17,) expected standard deviation; NaN when unknown.
        azimuth_deg: Of the camera, seen from the person; NaN when unknown.
        elevation_deg: The same.
        humanoid: Bone lengths: running means.
        root_m: (3,) the hips above the floor that the lowest foot stands on.
        local: (19, 4) local quaternions x, y, z, w of the humanoid's bones; identity in the (calibrated) T-pose.
        bones_seen: (19,) bool; bones that were not keep the turn that they had when seen last.
        calibration: What the T-pose calibration is doing.
    """

    frame_index: int
    time_s: float
    is_found: bool
    joints_m: FloatArray
    uncertainty_m: FloatArray
    azimuth_deg: float
    elevation_deg: float
    humanoid: Humanoid
    root_m: FloatArray
    local: FloatArray
    bones_seen: BoolArray
    calibration: CalibrationState

    @property
    def held_bones(self) -> list[str]:
        """The names of the bones that are not seen."""
        return [name for name, is_seen in zip(BONE_NAMES, self.bones_seen.tolist(), strict=True) if not is_seen]


class PoseMaker:
    """Make streamed poses from packets; remembers the camera's tilt, the bone lengths and the calibration.

    Attributes:
        calibration: Start it, ask how it went.

    Threading: one thread calls `make`.
    """

    def __init__(
        self, horizontal_fov_deg: float | None = None, *, min_visibility: float | None = None, only: str | None = None
    ) -> None:
        self.calibration = Calibration()
        self._fov_deg, self._only = horizontal_fov_deg, only or PARTS[0]
        self._min_visibility = MIN_VISIBILITY if min_visibility is None else min_visibility
        self._last_s: float | None = None
        self._start_anew()

    def _start_anew(self) -> None:
        self._up: FloatArray = np.array([0.0, -1.0, 0.0])
        self._lengths: FloatArray = np.zeros(N_HUMANOID)
        self._held: FloatArray = np.tile([0.0, 0.0, 0.0, 1.0], (N_BONES, 1))
        self._n_up = self._n_lengths = 0

    def make(self, packet: Refined, now_s: float) -> StreamedPose:
        """Return the pose of one packet; a step back in its time forgets the camera and the person.

        Args:
            packet: The newest.
            now_s: The time now, on the clock that calibrations are started by.
        """
        frame = packet.detection.frame
        if self._last_s is not None and frame.time_s < self._last_s - GAP_S:
            self._start_anew()
        self._last_s = frame.time_s
        landmarks = self._upright(packet)
        turned = global_rotations(landmarks[None])
        is_found = bool(np.isfinite(turned).all())
        self.calibration.feed(turned if is_found else None, now_s)
        view = packet.viewpoint
        seen = seen_in(packet.detection, min_visibility=self._min_visibility, only=self._only)
        joints_seen = joints_of(seen) & is_found
        pose = StreamedPose(
            frame_index=frame.index,
            time_s=frame.time_s,
            is_found=is_found,
            joints_m=np.where(joints_seen[:, None], landmarks[LANDMARK_TO_COCO], np.nan),
            uncertainty_m=np.where(joints_seen, packet.uncertainty_m, np.nan),
            azimuth_deg=float("nan") if view is None else view.azimuth_deg,
            elevation_deg=float("nan") if view is None else view.elevation_deg,
            humanoid=Humanoid(self._lengths),
            root_m=np.full(3, np.nan),
            local=np.full((N_BONES, 4), np.nan),
            bones_seen=bones_seen(seen) & is_found,
            calibration=self.calibration.state,
        )
        return self._with_bones(pose, landmarks, turned) if is_found else pose

    def _with_bones(self, pose: StreamedPose, landmarks: FloatArray, turned: FloatArray) -> StreamedPose:
        lengths = joint_lengths(humanoid_joints(landmarks)[None])[0]
        self._lengths, self._n_lengths = _averaged(self._lengths, lengths, self._n_lengths)
        humanoid = Humanoid(np.where(np.any(REST_DIRECTIONS != 0, axis=1), self._lengths, 0.0))
        turned = self.calibration.apply(turned)
        local = local_from_global(turned)
        if not pose.bones_seen.all():
            local = held_bones(local, pose.bones_seen[None], self._held)
            turned = global_from_local(local)
        self._held = local[0]
        standing = pose_joints(humanoid, np.zeros((1, 3)), turned)[0]
        root = np.array([0.0, -standing[:, 1].min(), 0.0])
        return replace(pose, humanoid=humanoid, root_m=root, local=local[0])

    def _upright(self, packet: Refined) -> FloatArray:
        """Return (33, 3) refined landmarks, hip-centred, upright."""
        detection = packet.detection
        intrinsics = intrinsics_from_fov(detection.frame.size_px, self._fov_deg)
        ray = pixel_rays(mid_hip(detection.landmarks_px[LANDMARK_TO_COCO]), intrinsics)
        to_camera = view_ray_rotation(ray).T
        if packet.viewpoint is not None and np.isfinite(to_camera).all():
            up = to_camera @ up_in_view_ray(packet.viewpoint.elevation_rad)
            mean, self._n_up = _averaged(self._up, up, self._n_up)
            self._up = normalise(mean)
        return rotate(
            upright_rotation(self._up) @ to_camera, attach_rigid_landmarks(detection.landmarks_m, packet.joints_m)
        )


def _averaged(mean: FloatArray, value: FloatArray, n: int) -> tuple[FloatArray, int]:
    """Return the running mean with one more value, and how many it holds; a NaN changes nothing."""
    n = min(n + 1, _MEMORY)
    return np.where(np.isfinite(value), mean + (value - mean) / n, mean), n
