import dataclasses
import math

import numpy as np
import pytest
import torch

from core.pose.geometry import camera_relative_to_subject, level_viewpoint_direction, normalise
from core.pose.skeleton import SWAP_SIDES
from models.training.augmentation import AugmentConfig, augment, mirror, roll, scale_body, scale_error, swap_sides
from models.training.dataset import Batch, PairDataset
from models.training.losses import bone_lengths

OFF = AugmentConfig(
    swap_sides=0.0,
    drop_past=0.0,
    mirror=0,
    roll_deg=0,
    size=0,
    error_scale=(1.0, 1.0),
    noise_2d=0,
    hide_joint=0,
    copy_2d=0,
    drop_depth=0,
    noise_depth_m=0,
)


@pytest.fixture
def batch(pair_folder) -> Batch:
    return PairDataset.load([pair_folder], "val")[range(64)]


def image_agreement(batch: Batch) -> float:
    """Return how well each image is a scaled copy of the truth's x and y: cosine, mean over frames."""
    image = batch.pose_2d - batch.pose_2d[:, 11:13].mean(1, keepdim=True)
    across = batch.truth[..., :2]
    dot = (image * across).sum((1, 2))
    return float((dot / image.norm(dim=(1, 2)) / across.norm(dim=(1, 2))).mean())


def equal(a: Batch, b: Batch) -> bool:
    return all(torch.allclose(x, y, atol=1e-5, equal_nan=True) for x, y in zip(a, b, strict=True))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_mirror_twice_is_nothing(batch):
    assert equal(mirror(mirror(batch)), batch)
    assert not equal(mirror(batch), batch)


def test_mirror_keeps_one_scene(batch):
    changed = mirror(batch)
    assert image_agreement(changed) == pytest.approx(image_agreement(batch), abs=1e-5)
    assert image_agreement(batch) > 0.98
    # the viewpoint that the mirrored truth shows is the mirrored viewpoint
    level = level_viewpoint_direction(changed.truth.double().numpy())
    azimuth = np.arctan2(-level[:, 0], level[:, 2])
    direction = changed.direction.numpy()
    stored = np.arctan2(-direction[:, 0], direction[:, 2])
    difference = np.abs((azimuth - stored + np.pi) % (2 * np.pi) - np.pi)
    assert np.rad2deg(np.median(difference)) < 3
    assert torch.equal(changed.visibility, batch.visibility[:, SWAP_SIDES])


def test_roll_keeps_shape_image_and_viewpoint(batch):
    angle = torch.linspace(-0.6, 0.6, 64)
    changed = roll(batch, angle)
    assert torch.equal(changed.direction, batch.direction)
    assert torch.allclose(bone_lengths(changed.truth), bone_lengths(batch.truth), atol=1e-5)
    assert torch.allclose(changed.truth[..., 2], batch.truth[..., 2])
    assert image_agreement(changed) == pytest.approx(image_agreement(batch), abs=1e-4)
    assert not torch.allclose(changed.truth, batch.truth, atol=0.05)
    assert torch.allclose(roll(changed, -angle).truth, batch.truth, atol=1e-5)


def test_roll_of_a_rolled_camera_is_what_core_computes(standing_ray):
    """Film one person with a level camera and with one turned about its ray to the pelvis."""
    angle = 0.3
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    up = np.array([0.0, -1.0, 0.0])
    person = standing_ray + np.array([0.0, 0.0, 4.0])
    direction = normalise(camera_relative_to_subject(person, up))
    rolled = normalise(camera_relative_to_subject(person @ turn.T, turn @ up))
    assert np.allclose(direction, rolled)
    truth = torch.from_numpy(standing_ray[None]).float()
    one = Batch(truth, torch.ones(1, 17), truth[..., :2] * 100 + 50, truth, torch.from_numpy(direction[None]).float())
    changed = roll(one, torch.tensor([angle]))
    assert np.allclose(changed.truth[0], standing_ray @ turn.T, atol=1e-5)
    assert np.allclose(changed.pose_2d[0], (standing_ray @ turn.T)[:, :2] * 100, atol=1e-3)


def test_body_size_keeps_the_image(batch):
    changed = scale_body(batch, torch.full((64,), 1.2))
    assert torch.allclose(bone_lengths(changed.truth), 1.2 * bone_lengths(batch.truth), atol=1e-3)
    assert torch.allclose(changed.pose, 1.2 * batch.pose)
    assert torch.equal(changed.pose_2d, batch.pose_2d)


def test_error_scale(batch):
    assert torch.allclose(scale_error(batch, torch.zeros(64)).pose, batch.truth, atol=1e-6)
    assert torch.allclose(scale_error(batch, torch.ones(64)).pose, batch.pose, atol=1e-6)
    half = scale_error(batch, torch.full((64,), 0.5))
    assert torch.allclose(half.pose, (batch.pose + batch.truth) / 2, atol=1e-6)
    unknown = batch._replace(truth=torch.full_like(batch.truth, math.nan))
    assert torch.equal(scale_error(unknown, torch.zeros(64)).pose, batch.pose)


def test_off_changes_nothing(batch):
    changed = augment(batch, OFF, generator())
    centred = batch._replace(pose_2d=changed.pose_2d)
    assert equal(changed, centred)
    assert image_agreement(changed) == pytest.approx(image_agreement(batch), abs=1e-6)


def test_equal_generators_give_equal_batches(batch):
    assert equal(augment(batch, AugmentConfig(), generator(1)), augment(batch, AugmentConfig(), generator(1)))
    assert not equal(augment(batch, AugmentConfig(), generator(1)), augment(batch, AugmentConfig(), generator(2)))


def test_everything_together_is_still_one_scene(batch):
    changed = augment(batch, AugmentConfig(noise_2d=0.0, copy_2d=0.0), generator())
    assert image_agreement(changed) == pytest.approx(image_agreement(batch), abs=1e-3)
    assert torch.allclose(changed.direction.norm(dim=-1), torch.ones(64), atol=1e-5)
    assert (changed.visibility <= batch.visibility.max()).all()


def test_copied_2d_and_dropped_depth(batch):
    copied = augment(batch, AugmentConfig(copy_2d=1.0), generator())
    assert torch.equal(copied.pose_2d, copied.pose[..., :2])
    flat = augment(batch, AugmentConfig(drop_depth=1.0), generator())
    assert (flat.pose[..., 2] == 0).all()
    assert (flat.truth[..., 2] != 0).any()
    hidden = augment(batch, AugmentConfig(hide_joint=1.0), generator())
    assert hidden.visibility.mean() == pytest.approx(0.5, abs=0.05)


def test_missing_truth_stays_missing(batch):
    truth = batch.truth.clone()
    truth[:, 9] = math.nan
    changed = augment(batch._replace(truth=truth), AugmentConfig(), generator())
    assert torch.isnan(changed.truth[:, 9]).any()
    assert torch.isnan(changed.truth).any(dim=-1).sum() == 64
    assert torch.isfinite(changed.pose).all()


def test_depth_noise_touches_depth_alone(batch):
    changed = augment(batch, dataclasses.replace(OFF, noise_depth_m=0.02), generator())
    assert torch.equal(changed.pose[..., :2], batch.pose[..., :2])
    assert torch.equal(changed.truth, batch.truth)
    spread = (changed.pose - batch.pose)[..., 2].std()
    assert 0.015 < spread < 0.025


def test_a_window_is_changed_as_one(pair_folder):
    windows = PairDataset.load([pair_folder], "val", (0.07, 0.2))[range(64)]
    assert windows.pose.shape == (64, 3, 17, 3)
    changed = augment(windows, dataclasses.replace(OFF, roll_deg=20.0, size=0.1, mirror=0.5), generator())
    alone = windows._replace(
        pose=windows.pose[:, 0],
        visibility=windows.visibility[:, 0],
        pose_2d=windows.pose_2d[:, 0],
        truth=windows.truth[:, 0],
    )
    by_itself = augment(alone, dataclasses.replace(OFF, roll_deg=20.0, size=0.1, mirror=0.5), generator())
    torch.testing.assert_close(changed.truth[:, 0], by_itself.truth, equal_nan=True)
    # a still window stays still: one roll, one size, one side for all of its frames
    still = windows._replace(truth=windows.truth[:, :1].expand_as(windows.truth))
    truth = augment(still, dataclasses.replace(OFF, roll_deg=20.0, size=0.1, mirror=0.5), generator()).truth
    torch.testing.assert_close(truth, truth[:, :1].expand_as(truth), equal_nan=True)


def test_a_dropped_past_repeats_the_present(pair_folder):
    windows = PairDataset.load([pair_folder], "val", (0.07, 0.2))[range(64)]
    changed = augment(windows, dataclasses.replace(OFF, drop_past=1.0), generator())
    torch.testing.assert_close(changed.pose, changed.pose[:, :1].expand_as(changed.pose))
    assert not torch.equal(windows.pose, windows.pose[:, :1].expand_as(windows.pose))


def test_only_the_newest_frames_get_the_wrong_sides(pair_folder):
    windows = PairDataset.load([pair_folder], "val", (0.07, 0.2, 0.5))[range(3)]
    changed = swap_sides(windows, torch.tensor([0, 1, 3]))
    assert torch.equal(changed.truth, windows.truth)
    assert torch.equal(changed.pose[0], windows.pose[0])
    for sample, n in ((1, 1), (2, 3)):
        assert torch.equal(changed.pose[sample, :n], windows.pose[sample, :n][:, SWAP_SIDES])
        assert torch.equal(changed.pose_2d[sample, :n], windows.pose_2d[sample, :n][:, SWAP_SIDES])
        assert torch.equal(changed.visibility[sample, :n], windows.visibility[sample, :n][:, SWAP_SIDES])
        assert torch.equal(changed.pose[sample, n:], windows.pose[sample, n:])


def test_some_windows_are_swapped_and_never_all_of_one(pair_folder):
    windows = PairDataset.load([pair_folder], "val", (0.07, 0.2))[range(64)]
    changed = augment(windows, dataclasses.replace(OFF, swap_sides=0.5), generator())
    is_swapped = (changed.pose != windows.pose).flatten(2).any(-1)
    assert 0.2 < is_swapped[:, 0].float().mean() < 0.8
    assert not is_swapped[:, -1].any()
