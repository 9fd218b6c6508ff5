"""Synthetic people with a known corruption: MediaPipe that flattens depth and leans forward."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tqdm

from core.pose.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray, mid_hip, project
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.sequence.pairs import Pairs, save_pairs, write_index

tqdm.tqdm.monitor_interval = 0  # torch's exporter uses tqdm, whose monitor thread would outlive the test


def make_pairs(template_ray: np.ndarray, n: int, seed: int, **meta: str) -> Pairs:
    """Film n random poses of a standing person, each from its own level direction, camera 3 to 5 m away."""
    rng = np.random.default_rng(seed)
    K = np.array([[800.0, 0, 640], [0, 800, 360], [0, 0, 1]])
    pose = np.repeat(template_ray[None], n, axis=0)
    pose[:, 7:11] += rng.normal(0, 0.08, (n, 4, 3))
    pose[:, 13:17] += rng.normal(0, 0.08, (n, 4, 3))
    turn, tilt = rng.uniform(0, 2 * np.pi, n), rng.uniform(-0.1, 0.4, n)
    about_y, about_x = np.zeros((2, n, 3, 3))
    about_y[:, 1, 1] = about_x[:, 0, 0] = 1
    about_y[:, 0, 0] = about_y[:, 2, 2] = np.cos(turn)
    about_y[:, 0, 2], about_y[:, 2, 0] = np.sin(turn), -np.sin(turn)
    about_x[:, 1, 1] = about_x[:, 2, 2] = np.cos(tilt)
    about_x[:, 1, 2], about_x[:, 2, 1] = -np.sin(tilt), np.sin(tilt)
    rotation = about_x @ about_y
    joints_cam = pose @ rotation.transpose(0, 2, 1)
    joints_cam += np.stack([rng.uniform(-0.8, 0.8, n), rng.uniform(-0.3, 0.3, n), rng.uniform(3, 5, n)], -1)[:, None]
    truth, _ = camera_to_view_ray(joints_cam)
    camera = camera_relative_to_subject(joints_cam, -about_x[:, :, 1])
    azimuth, elevation = azimuth_elevation(camera)
    corrupted = truth.copy()
    corrupted[..., 2] = 0.6 * truth[..., 2] + 0.15 * truth[..., 1]
    corrupted += rng.normal(0, 0.01, truth.shape)
    corrupted -= mid_hip(corrupted)[:, None]
    landmarks_world, landmarks_px = np.zeros((n, N_LANDMARKS, 3)), np.zeros((n, N_LANDMARKS, 2))
    landmarks_world[:, LANDMARK_TO_COCO] = corrupted
    landmarks_px[:, LANDMARK_TO_COCO] = pose_2d = project(joints_cam, K)
    return Pairs(
        corrupted=corrupted,
        ground_truth=truth,
        visibility=np.ones((n, N_JOINTS)),
        pose_2d=pose_2d,
        azimuth=np.rad2deg(azimuth),
        elevation=np.rad2deg(elevation),
        camera_relative=camera,
        landmarks_world=landmarks_world,
        landmarks_px=landmarks_px,
        frame_index=np.arange(n),
        timestamp_s=np.arange(n) / 30,
        K=K,
        image_size=np.array([1280, 720]),
        meta={"dataset": "synthetic", "licence": "CC0", "pose_variant": "full", "running_mode": "video", **meta},
    )


@pytest.fixture
def pairs_of(standing_ray: np.ndarray) -> Callable[..., Pairs]:
    """Return a maker of synthetic pairs: `pairs_of(n, seed, **meta)`."""
    return lambda n, seed=0, **meta: make_pairs(standing_ray, n, seed, **meta)


@pytest.fixture
def pair_folder(tmp_path: Path, pairs_of: Callable[..., Pairs]) -> Path:
    """Return a data set folder: 192 frames to train on, 64 to validate."""
    folder = tmp_path / "pairs"
    save_pairs(folder / "a.npz", pairs_of(128, 1))
    save_pairs(folder / "b.npz", pairs_of(64, 2))
    save_pairs(folder / "c.npz", pairs_of(64, 3))
    write_index(folder, {"a.npz": "train", "b.npz": "train", "c.npz": "val"}, {"dataset": "synthetic"})
    return folder
