import numpy as np
import pytest

from core.pose.bone_lengths import WINDOW_S, LiveBoneCV
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
