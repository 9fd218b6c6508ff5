"""Somebody else in the picture: farther from the camera than the person, beside the line of sight."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.geometry import mid_hip, project
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Detection, FloatArray
from models.data.motion import NOMINAL_LEG_M
from models.data.studio.appearance import Appearance, dress
from models.data.studio.body import Body, Float32, bone_transforms, keypoints
from models.data.studio.camera import CameraTrack
from models.data.studio.plan import ClipPlan

_BEHIND_M: Final = (1.0, 4.0)
_ASIDE_DEG: Final = (15.0, 70.0)
_SOLE_M: Final = 0.06  # below the lowest joint


@dataclass(frozen=True)
class Bystander:
    """A second person, who is never the one that is meant.

    Attributes:
        appearance: Dressed body.
        transforms: (T, J, 3, 4) rest → posed.
        joints_m: (T, 17, 3) COCO joints, world.
    """

    appearance: Appearance
    transforms: Float32
    joints_m: FloatArray


def stand_behind(
    rng: np.random.Generator, body: Body, plan: ClipPlan, cameras_m: FloatArray, path_m: FloatArray
) -> Bystander:
    """Let another body do the plan's motion backwards, at a place of its own.

    Args:
        rng: Source of chance.
        body: Of the bystander.
        plan: Whose motion it is.
        cameras_m: (T, 3) where the camera is, world.
        path_m: (T, 3) where the person is, world.
    """
    joints = plan.joints_m[::-1] * (body.leg_m / NOMINAL_LEG_M)
    transforms = bone_transforms(body, joints, plan.head_forward[::-1]).astype(float)
    points = keypoints(body, transforms.astype(np.float32))
    person = path_m.mean(axis=0) * [1, 0, 1]
    away = person - cameras_m.mean(axis=0) * [1, 0, 1]
    away /= max(float(np.linalg.norm(away)), 1e-6)
    aside = Rotation.from_euler("y", rng.choice([-1, 1]) * rng.uniform(*_ASIDE_DEG), degrees=True)
    place = person + aside.apply(away) * (rng.uniform(*_BEHIND_M) + np.ptp(path_m[:, [0, 2]], axis=0).max() / 2)
    turn = Rotation.from_euler("y", rng.uniform(0, 360), degrees=True).as_matrix()
    centre = mid_hip(points).mean(axis=0)
    centre[1] = np.percentile(points[..., 1].min(axis=1), 3) - _SOLE_M
    shift = np.einsum("ab,tjb->tja", turn, transforms[..., 3] - centre) + place
    placed = np.concatenate([turn @ transforms[..., :3], shift[..., None]], axis=-1).astype(np.float32)
    return Bystander(dress(body, rng), placed, (points - centre) @ turn.T + place)


def is_seen_instead(
    detection: Detection, index: int, bystander: Bystander, joints_cam_m: FloatArray, camera: CameraTrack
) -> bool:
    """Return whether what was found in a frame is the bystander rather than the person.

    Args:
        detection: Of the frame; somebody was found.
        index: Number of the frame.
        bystander: Whom to tell from the person.
        joints_cam_m: (17, 3) the person's true joints, camera frame.
        camera: Of the clip.
    """
    other = camera.to_camera(bystander.joints_m)[index]
    found = detection.landmarks_px[LANDMARK_TO_COCO]
    person_px, other_px = (project(joints, camera.intrinsics) for joints in (joints_cam_m, other))
    to_person, to_other = (np.nanmedian(np.linalg.norm(found - px, axis=-1)) for px in (person_px, other_px))
    return bool(to_other < to_person)
