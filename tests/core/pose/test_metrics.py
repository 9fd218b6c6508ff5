import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from core.pose import metrics
from core.pose.skeleton import BONES


@pytest.fixture
def poses():
    return np.random.default_rng(0).normal(scale=0.4, size=(20, 17, 3))


def test_mpjpe_of_a_known_shift(poses):
    shifted = poses + np.array([0.03, 0.0, 0.04])
    np.testing.assert_allclose(metrics.mpjpe(shifted, poses), 0.05)
    np.testing.assert_allclose(metrics.depth_error(shifted, poses), 0.04)


def test_depth_error_ignores_sideways(poses):
    np.testing.assert_allclose(metrics.depth_error(poses + np.array([0.5, -0.2, -0.01]), poses), 0.01)


def test_missing_joints_are_left_out_on_either_side(poses):
    predicted, truth = poses + np.array([0.0, 0.0, 0.1]), poses.copy()
    predicted[:, 3] += 100.0
    truth[:, 3] = np.nan
    predicted[:, 4] = np.nan
    for metric in (metrics.mpjpe, metrics.depth_error):
        np.testing.assert_allclose(metric(predicted, truth), 0.1)
    assert (metrics.pa_mpjpe(predicted, truth) < 1e-6).all()
    assert np.isfinite(metrics.n_mpjpe(predicted, truth)).all()


@pytest.mark.parametrize("metric", [metrics.mpjpe, metrics.depth_error, metrics.n_mpjpe, metrics.pa_mpjpe])
def test_a_frame_without_truth_is_nan_and_spoils_no_other(metric, poses):
    truth = poses.copy()
    truth[5] = np.nan
    error = metric(poses, truth)
    assert np.flatnonzero(np.isnan(error)).tolist() == [5]
    np.testing.assert_allclose(np.delete(error, 5), 0, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5.0))
def test_pa_removes_exactly_a_similarity(seed, scale):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(4, 12, 3))
    rotation = Rotation.random(4, random_state=seed).as_matrix()
    moved = scale * truth @ np.swapaxes(rotation, 1, 2) + rng.normal(size=(4, 1, 3))
    np.testing.assert_allclose(metrics.pa_mpjpe(moved, truth), 0, atol=1e-9)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_pa_agrees_with_an_independent_solution(poses, mirror):
    rng = np.random.default_rng(1)
    truth = (poses + rng.normal(scale=0.1, size=poses.shape)) * [mirror, 1.0, 1.0]
    for predicted, true in zip(poses, truth, strict=True):
        p, t = predicted - predicted.mean(0), true - true.mean(0)
        rotation, _ = Rotation.align_vectors(t, p)
        turned = rotation.apply(p)
        scale = (turned * t).sum() / (turned**2).sum()
        expected = np.linalg.norm(scale * turned - t, axis=1).mean()
        assert metrics.pa_mpjpe(predicted, true) == pytest.approx(expected, abs=1e-9)


def test_pa_does_not_forgive_a_mirror_image(poses):
    mirrored = poses * [-1.0, 1.0, 1.0]
    assert (metrics.pa_mpjpe(mirrored, poses) > 0.05).all()


def test_pa_needs_three_joints_and_an_extent(poses):
    truth = poses.copy()
    truth[:, 2:] = np.nan
    assert np.isnan(metrics.pa_mpjpe(poses, truth)).all()
    assert np.isnan(metrics.pa_mpjpe(np.zeros_like(poses), poses)).all()


def test_n_mpjpe_removes_a_scale_and_nothing_else(poses):
    np.testing.assert_allclose(metrics.n_mpjpe(1.7 * poses, poses), 0, atol=1e-12)
    quarter = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    assert (metrics.n_mpjpe(poses @ quarter, poses) > 0.05).all()


def test_n_mpjpe_uses_the_best_scale(poses):
    truth = poses + np.random.default_rng(2).normal(scale=0.1, size=poses.shape)
    best = [
        min(((s * p - t) ** 2).sum() for s in np.linspace(0.5, 1.5, 2001)) for p, t in zip(poses, truth, strict=True)
    ]
    for p, t, smallest in zip(poses, truth, best, strict=True):
        scale = (p * t).sum() / (p * p).sum()
        assert ((scale * p - t) ** 2).sum() <= smallest + 1e-9
        assert metrics.n_mpjpe(p, t) == pytest.approx(np.linalg.norm(scale * p - t, axis=1).mean())


def test_a_constant_skeleton_has_no_variation_however_it_moves(poses):
    rotation = Rotation.random(20, random_state=0).as_matrix()
    moving = poses[:1] @ np.swapaxes(rotation, 1, 2)
    np.testing.assert_allclose(metrics.bone_cv(metrics.bone_lengths(moving)), 0, atol=1e-9)


def test_bone_cv_closed_form():
    # half of the lengths 0.9, half 1.1: std 0.1 about a mean of 1
    lengths = np.tile([[0.9], [1.1]], (10, len(BONES)))
    np.testing.assert_allclose(metrics.bone_cv(lengths), 0.1)
    lengths[0, 0] = np.nan
    assert np.isfinite(metrics.bone_cv(lengths)).all()
    assert np.isnan(metrics.bone_cv(lengths[:1])).all()


def test_a_scale_error_is_the_bias(poses):
    true = metrics.bone_lengths(poses)
    np.testing.assert_allclose(metrics.bone_bias(metrics.bone_lengths(poses * 1.25), true), 0.25)
    np.testing.assert_allclose(metrics.bone_bias(metrics.bone_lengths(poses * 0.75), true), 0.25)


def test_bone_bias_compares_the_same_frames():
    true = np.linspace(1.0, 2.0, 10)[:, None]
    predicted = true.copy()
    predicted[5:] = np.nan
    np.testing.assert_allclose(metrics.bone_bias(predicted, true), 0, atol=1e-12)


def test_acceleration_error_of_a_parabola_is_its_acceleration():
    frames = np.arange(10)
    truth = np.zeros((10, 2, 3))
    predicted = truth.copy()
    predicted[:, 0, 2] = 0.5 * 0.003 * frames**2
    predicted[:, 1, 0] = 0.7 * frames + 5  # constant speed: no acceleration
    error = metrics.acceleration_error(predicted, truth, frames)
    np.testing.assert_allclose(error[:, 0], 0.003, atol=1e-12)
    np.testing.assert_allclose(error[:, 1], 0, atol=1e-12)


def test_acceleration_error_skips_gaps():
    frames = np.array([0, 1, 2, 3, 10, 11, 12])
    predicted = np.zeros((7, 1, 3))
    predicted[4:, 0, 0] = 50.0  # a jump across the gap is not acceleration
    error = metrics.acceleration_error(predicted, np.zeros_like(predicted), frames)
    assert np.isnan(error[:, 0]).tolist() == [False, False, True, True, False]
    assert np.nanmax(error) == 0


def test_acceleration_error_of_two_frames_is_empty():
    assert metrics.acceleration_error(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), np.arange(2)).shape == (0, 3)


def test_worse_share_counts_growth_over_the_margin_only():
    raw = np.array([0.1, 0.1, 0.1, 0.1, np.nan])
    refined = np.array([0.05, 0.119, 0.121, 0.5, 9.0])
    assert metrics.worse_share(raw, refined) == 0.5
    assert metrics.worse_share(raw, raw) == 0
    assert np.isnan(metrics.worse_share(np.full(2, np.nan), np.zeros(2)))


def test_azimuth_wraps_and_flips_are_over_ninety():
    error = metrics.azimuth_error_deg([359, 1, 0, 10, np.nan], [1, 359, 180, 101, 3])
    np.testing.assert_allclose(error, [2, 2, 180, 91, np.nan])
    assert metrics.flip_share(error) == 0.5
    assert metrics.flip_share([89.9, 0.0]) == 0
