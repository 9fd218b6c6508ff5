"""A known person before a known, tilted camera: what a perfect refiner would record, and the truth in upright axes."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.geometry import (
    camera_relative_to_subject,
    camera_to_view_ray,
    intrinsics_from_fov,
    normalise,
    project,
    rotate,
    view_ray_rotation,
)
from core.pose.skeleton import LANDMARK_TO_COCO
from core.sequence.pose_sequence import PoseSequence
from tests.core.angle_bodies import body

SIZE = (1280, 720)


@dataclass
class Scene:
    """What a camera saw, and where everything was.

    Attributes:
        sequence: As recorded.
        points_m: (T, 33, 3) upright, y up, z towards the camera, origin at the camera's place.
    """

    sequence: PoseSequence
    points_m: np.ndarray


def squat_scene(
    n=30, fps=30.0, *, fov_deg=60.0, down_deg=12.0, roll_deg=0.0, walk_m=1.0, empty=(), times_s=None
):  # fmt: skip
    """Return a Scene of someone who walks sideways, squats to 90 degrees and rises; `empty` frames see nobody."""
    # camera axes in upright ones: x right, y down, z away; then tilted down and rolled
    level = Rotation.from_euler("x", 180, degrees=True)
    to_camera = (
        Rotation.from_euler("z", roll_deg, degrees=True) * Rotation.from_euler("x", down_deg, degrees=True) * level
    )
    middle = to_camera.inv().apply([0.0, 0.2, 4.5])  # of the picture, so that the whole person is in it
    phase = np.linspace(0, np.pi, n)
    bend = 90 * np.sin(phase)
    facing_camera = Rotation.from_euler("y", -90, degrees=True)  # the bodies face +x
    points = []
    for angle, share in zip(bend, np.linspace(-0.5, 0.5, n) if n > 1 else [0.0], strict=True):
        both = {"right": angle, "left": angle}
        hip = {"right": (angle, 5, 0), "left": (angle, 5, 0)}
        arm = {"right": (30 + angle / 2, 20, 0), "left": (30, 25, 0)}
        one = body(hip=hip, knee=both, shoulder=arm, elbow={"right": 50, "left": 70}, turn=facing_camera)[0]
        points.append(one + middle + [walk_m * share, 0.0, 0.0])
    upright = np.stack(points)
    points_cam = to_camera.apply(upright.reshape(-1, 3)).reshape(upright.shape)
    up_cam = to_camera.apply([0.0, 1.0, 0.0])
    joints_cam = points_cam[:, LANDMARK_TO_COCO]
    joints_ray, root = camera_to_view_ray(joints_cam)
    landmarks_ray = rotate(view_ray_rotation(root), points_cam - root[:, None])
    pixels = project(points_cam, intrinsics_from_fov(SIZE, fov_deg))
    direction = normalise(camera_relative_to_subject(joints_cam, up_cam))
    visibility, sd = np.ones((n, 17)), np.full((n, 17), 0.03)
    gone = list(empty)
    for array in (joints_ray, landmarks_ray, pixels, direction, sd):
        array[gone] = np.nan
    visibility[gone] = 0.0
    sequence = PoseSequence(
        time_s=np.arange(n) / fps if times_s is None else np.asarray(times_s, dtype=float),
        frame_index=np.arange(n), joints_m=joints_ray.astype(np.float32), raw_m=(joints_ray * 1.1).astype(np.float32),
        uncertainty_m=sd, visibility=visibility, landmarks_px=pixels.astype(np.float32),
        landmarks_m=(landmarks_ray).astype(np.float32), direction=direction.astype(np.float32), image_size=SIZE,
        meta={"fps": fps, "source": "scene.mp4"},
    )  # fmt: skip
    return Scene(sequence, upright)
