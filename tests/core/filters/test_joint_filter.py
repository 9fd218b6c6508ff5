import numpy as np
import pytest

from core.errors import SettingsError
from core.filters.joint_filter import JointFilter

FPS = 60.0
SIGMA = np.full(17, 0.07)


def run(joints, *, fps=FPS, sigma=SIGMA, **options):
    smooth = JointFilter(**options)
    return np.stack([smooth.step(j, sigma, t / fps) for t, j in enumerate(joints)])


def shake(joints):
    return np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean()


def waving(fps=FPS, seconds=4.0):
    """All joints swing 0.5 m to and fro once a second."""
    swing = 0.25 * np.sin(2 * np.pi * np.arange(int(seconds * fps)) / fps)
    return swing[:, None, None] * np.ones((1, 17, 3))


def lag_in_frames(late, early):
    """Where the cross-correlation of the two is highest, by a parabola through the three highest values."""
    late, early = (x - x.mean(axis=0) for x in (late, early))
    n = len(late)
    r = [(late[4 + k : n - 4 + k] * early[4 : n - 4]).sum() for k in range(-4, 5)]
    i = int(np.argmax(r))
    return i - 4 + 0.5 * (r[i - 1] - r[i + 1]) / (r[i - 1] - 2 * r[i] + r[i + 1])


def test_it_is_the_kalman_filter_that_it_says_it_is():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.05, 40))
    joints = np.cumsum(rng.normal(0, 0.02, (40, 17, 3)), axis=0)
    sigma = rng.uniform(0.02, 0.2, (40, 17))
    smooth = JointFilter()
    got = np.stack([smooth.step(j, s, t) for j, s, t in zip(joints, sigma, times, strict=True)])
    joint, axes = 9, range(3)
    states = [np.array([joints[0, joint, c], 0.0]) for c in axes]
    covariances = [np.diag([(r * sigma[0, joint]) ** 2 + 2.5e-5, 4.0]) for r in (0.85, 0.85, 2.0)]
    measure = np.array([[1.0, 0.0]])
    for t in range(1, 40):
        h = times[t] - times[t - 1]
        keeps = np.exp(-6 * h)
        move = np.array([[1, h * (1 + keeps) / 2], [0, keeps]])
        states = [move @ x for x in states]
        speed = np.linalg.norm([x[1] for x in states])
        drive = 16 * (1 + 8 * speed) * np.array([[h**3 / 3, h**2 / 2], [h**2 / 2, h]])
        for c, ratio in zip(axes, (0.85, 0.85, 2.0), strict=True):
            p = move @ covariances[c] @ move.T + drive
            noise = ((ratio * sigma[t, joint]) ** 2 + 2.5e-5) / (60 * h)
            gain = p @ measure.T / (p[0, 0] + noise)
            correction = gain[:, 0] * (joints[t, joint, c] - states[c][0])
            assert got[t, joint, c] == pytest.approx(states[c][0] + 0.88 * correction[0], abs=1e-9)
            states[c], covariances[c] = states[c] + correction, (np.eye(2) - gain @ measure) @ p


def test_it_shakes_a_third_and_is_late_by_less_than_a_frame():
    truth = waving()
    noisy = truth + np.random.default_rng(1).normal(0, 0.005, truth.shape)
    smooth = run(noisy)[30:]
    assert shake(smooth) < 0.37 * shake(noisy)
    assert 0.0 < lag_in_frames(smooth[:, 9, :2], truth[30:, 9, :2]) < 1.0


@pytest.mark.parametrize("fps", [15.0, 30.0, 120.0])
def test_at_any_frame_rate_it_is_late_by_the_same_time(fps):
    def late_s(fps):
        return lag_in_frames(run(waving(fps), fps=fps)[:, 9], waving(fps)[:, 9]) / fps

    assert late_s(fps) == pytest.approx(late_s(60.0), abs=0.006)


def test_what_the_refiner_is_unsure_of_is_smoothed_more_and_depth_most():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.01, (300, 17, 3))
    sigma = np.where(np.arange(17) == 9, 0.2, 0.03)
    smooth = run(noise, sigma=sigma)[60:]
    assert smooth[:, 9].std() < 0.7 * smooth[:, 5].std()
    assert shake(smooth[:, :, 2:]) < 0.8 * shake(smooth[:, :, :1])


def test_a_lower_cutoff_is_smoother_and_later():
    truth = waving()
    noisy = truth + np.random.default_rng(3).normal(0, 0.01, truth.shape)
    results = [run(noisy, cutoff_hz=cutoff)[30:] for cutoff in (3.0, 1.5, 0.9)]
    shakes = [shake(result) for result in results]
    lags = [lag_in_frames(result[:, 9], truth[30:, 9]) for result in results]
    assert shakes == sorted(shakes, reverse=True)
    assert lags == sorted(lags)


@pytest.mark.parametrize("time_s", [5.0, 0.0])
def test_after_reset_it_starts_anew(time_s):
    smooth = JointFilter()
    for t in range(10):
        smooth.step(np.zeros((17, 3)), SIGMA, t / FPS)
    smooth.reset()
    far = np.ones((17, 3))
    np.testing.assert_array_equal(smooth.step(far, SIGMA, time_s), far)


def test_nan_comes_out_and_is_forgotten():
    smooth = JointFilter()
    smooth.step(np.zeros((17, 3)), SIGMA, 0.0)
    bad = np.zeros((17, 3))
    bad[3, 1] = np.nan
    np.testing.assert_array_equal(smooth.step(bad, SIGMA, 1 / FPS), bad)
    one = np.ones((17, 3))
    np.testing.assert_array_equal(smooth.step(one, np.full(17, np.nan), 2 / FPS), one)
    for t in range(3, 6):
        np.testing.assert_allclose(smooth.step(one, SIGMA, t / FPS), one, atol=1e-9)


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, np.nan, np.inf])
def test_a_cutoff_that_is_none(cutoff_hz):
    with pytest.raises(SettingsError, match="above 0 Hz"):
        JointFilter(cutoff_hz)
