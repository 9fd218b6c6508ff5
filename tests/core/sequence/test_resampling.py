import numpy as np
import pytest

from core.sequence.resampling import frame_rate_hz, on_grid
from tests.core.scenes import squat_scene


def test_what_is_on_the_grid_already_is_left_alone():
    sequence = squat_scene(n=20, fps=29.97).sequence
    assert on_grid(sequence) is sequence


def test_times_rounded_to_milliseconds_are_the_grid():
    times = np.round(np.arange(40) / 30, 3)
    sequence = squat_scene(n=40, fps=30.0, times_s=times).sequence
    grid = on_grid(sequence)
    np.testing.assert_allclose(grid.time_s, np.arange(40) / 30, atol=1e-9)
    np.testing.assert_array_equal(grid.joints_m, sequence.joints_m)


def test_missing_frames_become_empty_places():
    times = np.delete(np.arange(30) / 25, [7, 8])
    sequence = squat_scene(n=28, fps=25.0, times_s=times).sequence
    grid = on_grid(sequence)
    assert len(grid) == 30
    assert np.isnan(grid.joints_m[7:9]).all()
    np.testing.assert_array_equal(grid.joints_m[9], sequence.joints_m[7])
    assert grid.visibility[7].max() == 0


def test_a_variable_rate_is_interpolated_in_time():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.02, 0.045, 60))
    sequence = squat_scene(n=60, fps=30.0, times_s=times).sequence
    x = sequence.joints_m[:, :, 0].copy()
    ramp = (times[:, None] * np.ones(17)).astype(np.float32)
    sequence.joints_m[:, :, 0] = ramp
    grid = on_grid(sequence)
    assert np.ptp(np.diff(grid.time_s)) < 1e-9
    np.testing.assert_allclose(grid.joints_m[:, 0, 0], grid.time_s, atol=1e-5)
    assert x.shape[0] == 60


def test_a_pause_is_not_bridged():
    times = np.r_[np.arange(10) / 30, 5.0 + np.arange(10) / 30 + 0.004]
    grid = on_grid(squat_scene(n=20, times_s=times).sequence)
    middle = (grid.time_s > 0.4) & (grid.time_s < 4.9)
    assert np.isnan(grid.joints_m[middle]).all()


def test_another_rate_can_be_asked_for():
    grid = on_grid(squat_scene(n=31, fps=30.0).sequence, 100.0)
    assert len(grid) == 101
    assert np.isfinite(grid.joints_m).all()


@pytest.mark.parametrize(("fps", "expected"), [(30.0, 30.0), (None, 25.0), (60.0, 25.0)])
def test_the_rate_is_the_sources_own_where_the_times_agree(fps, expected):
    times = np.arange(10) / (30.0 if fps == 30.0 else 25.0)
    sequence = squat_scene(n=10, times_s=times).sequence
    sequence.meta["fps"] = fps
    assert frame_rate_hz(sequence) == pytest.approx(expected)
