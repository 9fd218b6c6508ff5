from dataclasses import replace

import numpy as np
import pytest

from core import metrics
from core.errors import DataError
from core.geometry import azimuth_elevation, level_viewpoint_direction
from models.baselines import BASELINES
from models.baselines.bones import ConstantBones
from models.baselines.offset import MeanOffset
from models.baselines.ridge import Ridge


def errors_mm(baseline, pairs):
    found = baseline.refine_batch(pairs.corrupted, pairs.visibility, pairs.pose_2d)
    return 1000 * metrics.mpjpe(found.joints_m, pairs.ground_truth)


@pytest.fixture
def offset_pairs(pairs_of):
    """Pairs whose error is the same for every pose: 5 cm at the wrists, 8 cm at the ankles."""
    pairs = pairs_of(200)
    offset = np.zeros((17, 3))
    offset[[9, 10]], offset[[15, 16]] = [0, 0.03, 0.04], [0, 0, -0.08]
    return replace(pairs, corrupted=pairs.ground_truth - offset)


def test_a_constant_error_is_taken_away(offset_pairs):
    assert errors_mm(MeanOffset.fit([offset_pairs]), offset_pairs).max() < 1e-6


def test_an_error_that_follows_the_azimuth_needs_the_bins(pairs_of):
    pairs = pairs_of(400)
    azimuth, _ = azimuth_elevation(level_viewpoint_direction(pairs.ground_truth))
    side = np.where(azimuth < np.pi, 0.06, -0.06)
    corrupted = pairs.ground_truth.copy()
    corrupted[:, 9:11, 2] -= side[:, None]
    pairs = replace(pairs, corrupted=corrupted)
    assert errors_mm(MeanOffset.fit([pairs], n_bins=12), pairs).max() < 1e-6
    assert errors_mm(MeanOffset.fit([pairs], n_bins=1), pairs).mean() > 5


def test_unknown_joints_do_not_spoil_the_offset(offset_pairs):
    truth = offset_pairs.ground_truth.copy()
    truth[::2, 9] = np.nan
    fitted = MeanOffset.fit([replace(offset_pairs, ground_truth=truth)])
    assert errors_mm(fitted, offset_pairs).max() < 1e-6


def test_ridge_takes_away_a_linear_error_of_unseen_frames(pairs_of):
    before = errors_mm(BASELINES["MediaPipe"]([]), pairs_of(100, 9)).mean()
    after = errors_mm(Ridge.fit([pairs_of(400, 1), pairs_of(400, 2)]), pairs_of(100, 9)).mean()
    assert after < 0.6 * before


def test_constant_bones_vary_no_more_and_keep_their_direction(pairs_of):
    pairs = pairs_of(120)
    stretched = pairs.ground_truth[:1] * np.random.default_rng(0).uniform(0.9, 1.1, (120, 1, 1))
    found = ConstantBones().refine_batch(stretched, pairs.visibility).joints_m
    settled = slice(40, None)
    assert metrics.bone_cv(metrics.bone_lengths(found[settled])).max() < 0.02
    assert metrics.bone_cv(metrics.bone_lengths(stretched[settled])).min() > 0.04
    directions = [(j[:, 7] - j[:, 5]) / np.linalg.norm(j[:, 7] - j[:, 5], axis=1)[:, None] for j in (found, stretched)]
    np.testing.assert_allclose(*directions, atol=1e-9)


def test_constant_bones_are_causal_and_forget(pairs_of):
    pairs = pairs_of(30)
    baseline = ConstantBones()
    whole = baseline.refine_batch(pairs.corrupted, pairs.visibility).joints_m
    start = baseline.refine_batch(pairs.corrupted[:10], pairs.visibility[:10]).joints_m
    np.testing.assert_array_equal(whole[:10], start)


def test_a_missing_pose_stays_missing(pairs_of):
    pairs = pairs_of(30)
    corrupted = pairs.corrupted.copy()
    corrupted[4] = np.nan
    for name, fit in BASELINES.items():
        found = fit([pairs]).refine_batch(corrupted, pairs.visibility, pairs.pose_2d).joints_m
        assert np.flatnonzero(np.isnan(found).any(axis=(1, 2))).tolist() == [4], name


def test_nothing_to_fit_on_is_one_sentence(pairs_of):
    no_truth = replace(pairs_of(10), ground_truth=np.full((10, 17, 3), np.nan))
    for name in ("mean offset", "mean offset per azimuth", "ridge"):
        for pairs in ([], [no_truth]):
            with pytest.raises(DataError, match="no frame to fit"):
                BASELINES[name](pairs)
