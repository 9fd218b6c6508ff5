from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.pose import metrics
from core.pose.geometry import azimuth_elevation, level_viewpoint_direction, mid_hip
from models.baselines import BASELINES
from models.baselines.blend import Blend
from models.baselines.bones import ConstantBones
from models.baselines.offset import MeanOffset
from models.baselines.one_euro import SmoothedRaw
from models.baselines.raw import answer
from models.baselines.ridge import Ridge
from models.evaluation.measure import RefinesStreams, Remembers


def errors_mm(baseline, pairs):
    return 1000 * metrics.mpjpe(joints_of(baseline, pairs), pairs.ground_truth)


def joints_of(baseline, pairs):
    """Run a baseline of any kind through a stream."""
    arrays = pairs.corrupted, pairs.visibility, pairs.pose_2d
    if isinstance(baseline, RefinesStreams):
        return baseline.refine_stream(*arrays, time_s=pairs.timestamp_s).joints_m
    if not isinstance(baseline, Remembers):
        return baseline.refine_batch(*arrays).joints_m
    frames = zip(*arrays, pairs.timestamp_s, strict=True)
    return np.stack([baseline.refine(*frame, time_s=now).joints_m for *frame, now in frames])


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
        found = joints_of(fit([pairs]), replace(pairs, corrupted=corrupted))
        assert np.flatnonzero(np.isnan(found).any(axis=(1, 2))).tolist() == [4], name


def test_one_euro_calms_a_still_person_and_starts_anew_after_a_hole(pairs_of):
    pairs = pairs_of(60)
    noise = np.random.default_rng(0).normal(0, 0.02, (60, 17, 3))
    still = pairs.ground_truth[:1] + noise - noise[:, [11, 12]].mean(axis=1, keepdims=True)
    still[40] = np.nan
    found = joints_of(SmoothedRaw(), replace(pairs, corrupted=still))
    assert found[20:40].std(axis=0).mean() < 0.5 * still[20:40].std(axis=0).mean()
    np.testing.assert_allclose(found[41], still[41], atol=1e-9)


class Fixed:
    """A refiner that gives the same joints whatever it sees."""

    def __init__(self, joints):
        self.joints = joints

    def refine_batch(self, poses, visibility, poses_2d=None):
        return answer(self.joints)


def test_a_blend_takes_the_share_of_depth_that_is_best_for_each_joint(pairs_of):
    pairs = pairs_of(50)
    off = np.random.default_rng(1).normal(0, 0.05, (50, 17))
    off[:, [11, 12]] = 0
    share = np.linspace(0.1, 0.9, 17)
    raw, refined = pairs.ground_truth.copy(), pairs.ground_truth.copy()
    raw[..., 2] += share * off
    refined[..., 2] -= (1 - share) * off
    refined[..., 0] += 0.1 * np.arange(17) / 17  # worse sideways, which must not count
    refined -= mid_hip(refined)[:, None]
    blend = Blend.fit_depth([replace(pairs, corrupted=raw)], Fixed(refined))
    moved = np.setdiff1d(np.arange(17), [11, 12])
    np.testing.assert_allclose(np.asarray(blend.depth)[moved], share[moved], atol=1e-3)
    assert errors_mm(blend, replace(pairs, corrupted=raw)).max() < 0.2


def test_a_fixed_blend_is_between_the_two(pairs_of):
    pairs = pairs_of(5)
    found = joints_of(Blend(Fixed(pairs.ground_truth), 0.5, 0.7), pairs)
    expected = pairs.corrupted + np.array([0.5, 0.5, 0.7]) * (pairs.ground_truth - pairs.corrupted)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_nothing_to_fit_on_is_one_sentence(pairs_of):
    no_truth = replace(pairs_of(10), ground_truth=np.full((10, 17, 3), np.nan))
    for name in ("mean offset", "mean offset per azimuth", "ridge"):
        for pairs in ([], [no_truth]):
            with pytest.raises(DataError, match="no frame to fit"):
                BASELINES[name](pairs)
