import numpy as np
import pytest

from core.pose.bone_lengths import WINDOW_S, LiveBoneCV, rolling_bone_cv, rolling_variation
from core.pose.gaps import GAP_S
from core.pose.metrics import bone_lengths


def test_a_rigid_skeleton_has_no_variation(standing_ray):
    cv = LiveBoneCV()
    assert np.isnan(cv.add(0.0, standing_ray))
    turned = standing_ray[:, [2, 1, 0]]
    assert cv.add(0.1, turned) == pytest.approx(0, abs=1e-7)


def test_it_is_the_mean_of_std_over_mean(standing_ray):
    cv = LiveBoneCV()
    scales = [1.0, 1.2, 0.9, 1.1]
    for index, scale in enumerate(scales):
        value = cv.add(index / 30, standing_ray * scale)
    lengths = np.array([bone_lengths(standing_ray * s) for s in scales])
    assert value == pytest.approx(np.mean(lengths.std(0) / lengths.mean(0)))


def test_the_past_is_forgotten_after_the_window(standing_ray):
    cv = LiveBoneCV()
    cv.add(0.0, standing_ray * 3)
    cv.add(0.1, standing_ray)
    assert cv.add(0.2, standing_ray) > 0.3
    assert cv.add(WINDOW_S + 0.15, standing_ray) == pytest.approx(0, abs=1e-7)


def test_several_skeletons_are_counted_apart(standing_ray):
    rng = np.random.default_rng(0)
    both, first, second = LiveBoneCV(), LiveBoneCV(), LiveBoneCV()
    for index in range(400):
        poses = standing_ray * rng.uniform(0.9, 1.1, (2, 17, 1))
        found = both.add(index / 30, poses)
        alone = [first.add(index / 30, poses[0]), second.add(index / 30, poses[1])]
        np.testing.assert_allclose(found, alone, atol=1e-12)


def test_frames_of_nobody_change_nothing(standing_ray):
    cv = LiveBoneCV()
    cv.add(0.0, standing_ray)
    before = cv.add(0.1, standing_ray * 1.1)
    assert cv.add(0.2, np.full((17, 3), np.nan)) == pytest.approx(before)


def test_all_at_once_is_the_same_as_frame_by_frame(standing_ray):
    rng = np.random.default_rng(0)
    n = 900
    time_s = np.cumsum(rng.choice([1 / 30, 1 / 15, 0.7], n, p=[0.9, 0.09, 0.01]))
    joints = standing_ray + rng.normal(0, 0.02, (n, 17, 3))
    joints[rng.random(n) < 0.05] = np.nan
    joints[300] = 1e6
    window, expected = LiveBoneCV(), np.full(n, np.nan)
    for i in range(n):
        if i and time_s[i] - time_s[i - 1] > GAP_S:
            window.reset()
        expected[i] = window.add(time_s[i], joints[i])
    np.testing.assert_allclose(rolling_bone_cv(time_s, joints), expected, rtol=1e-6, atol=1e-9)
    assert np.isnan(rolling_bone_cv(time_s[:3], np.full((3, 17, 3), np.nan))).all()
    assert rolling_bone_cv(time_s[:0], joints[:0]).shape == (0,)


def test_guessed_bones_are_in_no_variation(standing_ray):
    time_s = np.arange(60) / 30
    lengths = np.array([bone_lengths(standing_ray)] * 60)
    lengths[:, 2] *= 1 + 0.3 * np.sin(time_s * 9)
    assert rolling_variation(time_s, lengths)[-1] > 0.01
    lengths[:, 2] = np.nan
    assert rolling_variation(time_s, lengths)[-1] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(rolling_variation(time_s, np.full_like(lengths, np.nan))).all()
