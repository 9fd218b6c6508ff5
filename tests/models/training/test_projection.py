import dataclasses

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from core.errors import DataError
from core.pose.geometry import subject_axes
from core.pose.skeleton import LEFT_HIP
from models.data.pose_pool import load_pose_pool, save_pose_pool
from models.network.refiner_network import centre_on_hips
from models.training.dataset import Batch, PairDataset
from models.training.projection import ProjectionConfig, lend_errors, project_poses

UPRIGHT = ProjectionConfig(lean_share=0.0, bend_deg=0.0)
PLAIN = ProjectionConfig(lean_share=0.0, bend_deg=0.0, noise_2d=(0.0, 0.0), drop_depth=0.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def poses(standing_ray) -> torch.Tensor:
    """(64, 17, 3) y up: the standing person with limbs moved at random."""
    rng = np.random.default_rng(0)
    upright = standing_ray * np.array([1.0, -1.0, -1.0])
    moved = upright + rng.normal(0, 0.1, (64, 17, 3))
    return torch.from_numpy(moved).float()


def test_filming_is_rigid_and_the_viewpoint_is_that_of_core(poses):
    batch = project_poses(poses, UPRIGHT, generator())
    for pose, truth, direction in zip(
        centre_on_hips(poses).numpy(), batch.truth.numpy(), batch.direction.numpy(), strict=True
    ):
        turn = np.linalg.lstsq(pose, truth, rcond=None)[0].T
        assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-4)
        assert np.linalg.det(turn) > 0, "left and right must not be exchanged"
        up = turn @ np.array([0.0, 1.0, 0.0])
        assert up[1] < 0, "people stand upright in the image, y down"
        assert np.allclose(subject_axes(truth, up) @ np.array([0.0, 0.0, -1.0]), direction, atol=1e-4)


def test_leaning_people_are_seen_by_level_cameras(poses):
    level = ProjectionConfig(
        lean_share=0.5, lean_deg=30.0, upright_deg=180.0, bend_deg=0.0, elevation_deg=(0.0, 0.0), roll_deg=0.0
    )
    batch = project_poses(poses.repeat(20, 1, 1), level, generator())
    lean_deg = []
    for pose, truth, direction in zip(
        centre_on_hips(poses.repeat(20, 1, 1)).numpy(), batch.truth.numpy(), batch.direction.numpy(), strict=True
    ):
        turn = np.linalg.lstsq(pose, truth, rcond=None)[0].T
        assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-4)
        assert np.linalg.det(turn) > 0
        assert np.allclose(subject_axes(truth, np.array([0.0, -1.0, 0.0])) @ [0.0, 0.0, -1.0], direction, atol=1e-4)
        lean_deg.append(np.rad2deg(np.arccos(np.clip(-turn[1, 1], -1, 1))))
    upright = np.array(lean_deg) < 0.1
    assert 0.4 < upright.mean() < 0.6
    assert 25 < np.sqrt(np.mean(np.square(np.array(lean_deg)[~upright]))) < 35


def test_nobody_who_leans_far_is_an_example_of_a_viewpoint(poses):
    level = dataclasses.replace(UPRIGHT, elevation_deg=(0.0, 0.0), roll_deg=0.0)
    config = dataclasses.replace(level, lean_share=0.5, lean_deg=30.0, upright_deg=10.0)
    many = poses.repeat(20, 1, 1)
    batch = project_poses(many, config, generator())
    lean_deg = []
    for pose, truth in zip(centre_on_hips(many).numpy(), batch.truth.numpy(), strict=True):
        turn = Rotation.align_vectors(truth, pose)[0].as_matrix()
        lean_deg.append(np.rad2deg(np.arccos(np.clip(-turn[1, 1], -1, 1))))
    assert 0.2 < np.mean(np.array(lean_deg) > 10.0) < 0.5
    np.testing.assert_array_equal(torch.isnan(batch.direction).all(1).numpy(), np.array(lean_deg) > 10.0)


def test_bent_people_stand_on_the_legs_they_had(poses):
    many = poses.repeat(20, 1, 1)
    batch = project_poses(many, dataclasses.replace(UPRIGHT, bend_deg=20.0), generator())
    bend_deg, headings = [], []
    for pose, truth, direction in zip(
        centre_on_hips(many).numpy(), batch.truth.numpy(), batch.direction.numpy(), strict=True
    ):
        camera = Rotation.align_vectors(truth[LEFT_HIP:], pose[LEFT_HIP:])[0]
        assert np.allclose(camera.apply(pose[LEFT_HIP:]), truth[LEFT_HIP:], atol=1e-4)
        turn, residual = Rotation.align_vectors(camera.inv().apply(truth[:LEFT_HIP]), pose[:LEFT_HIP])
        assert residual < 1e-3
        up = camera.apply([0.0, 1.0, 0.0])
        assert np.allclose(subject_axes(truth, up) @ np.array([0.0, 0.0, -1.0]), direction, atol=1e-4)
        vector = turn.as_rotvec(degrees=True)
        assert abs(vector[1]) < 0.1, "nobody is twisted"
        bend_deg.append(np.linalg.norm(vector))
        headings.append(np.arctan2(vector[0], vector[2]))
    assert 18 < np.sqrt(np.mean(np.square(bend_deg))) < 22
    assert abs(np.mean(np.exp(2j * np.array(headings)))) < 0.1, "every way alike"


def test_the_image_is_the_projection_of_the_truth(poses):
    config = dataclasses.replace(PLAIN, distance_m=(4.0, 4.0), off_axis_deg=0.0)
    batch = project_poses(poses, config, generator())
    expected = batch.truth[..., :2] / (batch.truth[..., 2:] + 4.0)
    assert torch.allclose(batch.pose_2d, expected, atol=1e-5)
    # off the axis, lines of sight keep their angles: only the image plane is tilted
    aside = project_poses(poses, dataclasses.replace(config, off_axis_deg=20.0), generator())

    def angles(image: torch.Tensor) -> torch.Tensor:
        rays = torch.nn.functional.normalize(torch.cat([image, torch.ones_like(image[..., :1])], -1), dim=-1)
        return rays @ rays.transpose(1, 2)

    assert torch.allclose(angles(aside.pose_2d), angles(batch.pose_2d), atol=1e-4)
    assert not torch.allclose(aside.pose_2d, batch.pose_2d, atol=0.05)


def test_cameras_cover_what_was_asked(poses):
    batch = project_poses(poses.repeat(40, 1, 1), dataclasses.replace(UPRIGHT, elevation_deg=(10.0, 5.0)), generator())
    elevation = torch.rad2deg(torch.asin(batch.direction[:, 1]))
    assert elevation.mean() == pytest.approx(10, abs=1)
    azimuth = torch.atan2(-batch.direction[:, 0], batch.direction[:, 2])
    counts = torch.histc(azimuth, 8, -np.pi, np.pi)
    assert counts.min() > 0.7 * counts.mean()


def test_the_nearest_rendered_pose_lends_its_error(pair_folder):
    lenders = PairDataset.load([pair_folder], "train").frames
    projected = Batch(*(column[5:9] for column in lenders))._replace(pose=lenders.truth[5:9])
    lent = lend_errors(projected, lenders, dataclasses.replace(PLAIN, n_neighbours=1), generator())
    assert torch.allclose(lent.pose, lenders.pose[5:9], atol=1e-5)
    assert torch.equal(lent.visibility, lenders.visibility[5:9])
    assert torch.equal(lent.truth, projected.truth)
    other = lend_errors(projected, lenders, dataclasses.replace(PLAIN, n_neighbours=20), generator())
    assert not torch.allclose(other.pose, lenders.pose[5:9], atol=1e-3)


def test_depth_can_be_withheld(pair_folder, poses):
    lenders = PairDataset.load([pair_folder], "train").frames
    projected = project_poses(poses, PLAIN, generator())
    assert (
        lend_errors(projected, lenders, dataclasses.replace(PLAIN, drop_depth=1.0), generator()).pose[..., 2] == 0
    ).all()


def test_pool_round_trip_and_refusals(tmp_path, poses):
    save_pose_pool(tmp_path / "pool.npz", poses.numpy(), {"seed": 1})
    found, time_s = load_pose_pool(tmp_path / "pool.npz")
    assert np.array_equal(found, poses.numpy())
    assert not time_s.any()
    save_pose_pool(tmp_path / "flat.npz", poses.numpy()[..., :2], {})
    (tmp_path / "text.npz").write_text("no")
    for name in ("flat.npz", "text.npz", "absent.npz"):
        with pytest.raises(DataError, match="pose pool"):
            load_pose_pool(tmp_path / name)


def test_one_camera_films_a_window(poses, pair_folder):
    windows = poses[:4, None].repeat(1, 3, 1, 1)
    windows[:, 1:] += 0.1
    projected = project_poses(windows, PLAIN, generator())
    alone = project_poses(windows[:, 0], PLAIN, generator())
    torch.testing.assert_close(projected.truth[:, 0], alone.truth)
    torch.testing.assert_close(projected.pose_2d[:, 0], alone.pose_2d)
    torch.testing.assert_close(projected.truth[:, 1], alone.truth, atol=1e-5, rtol=0)
    torch.testing.assert_close(projected.direction, alone.direction)
    lenders = PairDataset.load([pair_folder], "train", (0.07, 0.2))[range(40)]
    lent = lend_errors(projected, lenders, PLAIN, generator())
    assert lent.pose.shape == projected.truth.shape
