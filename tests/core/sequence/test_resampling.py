import numpy as np
import pytest

from core.sequence.resampling import SHORTENED, frame_rate_hz, resampled_evenly
from tests.core.scenes import squat_scene


def test_what_is_on_the_grid_already_is_left_alone():
    sequence = squat_scene(n=20, fps=29.97).sequence
    assert resampled_evenly(sequence) is sequence


def test_times_rounded_to_milliseconds_are_the_grid():
    times = np.round(np.arange(40) / 30, 3)
    sequence = squat_scene(n=40, fps=30.0, times_s=times).sequence
    grid = resampled_evenly(sequence)
    np.testing.assert_allclose(grid.time_s, np.arange(40) / 30, atol=1e-9)
    np.testing.assert_array_equal(grid.joints_m, sequence.joints_m)


def test_missing_frames_become_empty_places():
    times = np.delete(np.arange(30) / 25, [7, 8])
    sequence = squat_scene(n=28, fps=25.0, times_s=times).sequence
    grid = resampled_evenly(sequence)
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
    grid = resampled_evenly(sequence)
    assert np.ptp(np.diff(grid.time_s)) < 1e-9
    np.testing.assert_allclose(grid.joints_m[:, 0, 0], grid.time_s, atol=1e-5)
    assert x.shape[0] == 60


def test_a_pause_is_not_bridged():
    times = np.r_[np.arange(30) / 30, 2.5 + np.arange(30) / 30 + 0.004]
    grid = resampled_evenly(squat_scene(n=60, times_s=times).sequence)
    middle = (grid.time_s > 1.05) & (grid.time_s < 2.45)
    assert middle.any()
    assert np.isnan(grid.joints_m[middle]).all()
    assert SHORTENED not in grid.meta


@pytest.mark.parametrize("pause_s", [10.0, 95_443.7, 4_294_967.296])
def test_a_pause_makes_no_more_than_four_rows_a_frame(pause_s):
    times = np.r_[np.arange(30) / 30, pause_s + np.arange(30) / 30]
    sequence = squat_scene(n=60, times_s=times).sequence
    grid = resampled_evenly(sequence)
    assert 230 <= len(grid) <= 240
    np.testing.assert_allclose(np.diff(grid.time_s), 1 / 30, atol=1e-9)
    known = np.isfinite(grid.joints_m).all(axis=(1, 2))
    assert known[:30].all()
    assert known[-30:].all()
    assert not known[30:-30].any()
    assert grid.meta[SHORTENED] == pytest.approx(times[-1] - grid.time_s[-1], abs=0.04)
    assert len(resampled_evenly(sequence, 30.0)) > 300 if pause_s < 100 else True  # who asks for a rate gets every row


@pytest.mark.parametrize("steps_s", [[0.001, 0.4], [1 / 30, 0.6], [0.001] * 9 + [0.45], [3.0, 0.02]])
def test_bursts_make_no_more_than_four_rows_a_frame(steps_s):
    times = np.cumsum(np.tile(steps_s, 40))
    grid = resampled_evenly(squat_scene(n=len(times), times_s=times).sequence)
    assert 1 < len(grid) <= 4 * len(times)


@pytest.mark.parametrize("fps", [120.0, 240.0, 1000 / 7, 30000 / 1001])
@pytest.mark.parametrize("is_said", [True, False])
def test_a_rate_that_milliseconds_hide_is_found(fps, is_said):
    sequence = squat_scene(n=480, times_s=np.round(np.arange(480) / fps, 3)).sequence
    sequence.meta["fps"] = fps if is_said else None
    grid = resampled_evenly(sequence)
    assert len(grid) == 480
    assert frame_rate_hz(sequence) == pytest.approx(fps, rel=1e-4)
    np.testing.assert_array_equal(grid.joints_m, sequence.joints_m)


def test_another_rate_can_be_asked_for():
    grid = resampled_evenly(squat_scene(n=31, fps=30.0).sequence, 100.0)
    assert len(grid) == 101
    assert np.isfinite(grid.joints_m).all()


@pytest.mark.parametrize(("fps", "expected"), [(30.0, 30.0), (None, 25.0), (60.0, 25.0)])
def test_the_rate_is_the_sources_own_where_the_times_agree(fps, expected):
    times = np.arange(10) / (30.0 if fps == 30.0 else 25.0)
    sequence = squat_scene(n=10, times_s=times).sequence
    sequence.meta["fps"] = fps
    assert frame_rate_hz(sequence) == pytest.approx(expected)
