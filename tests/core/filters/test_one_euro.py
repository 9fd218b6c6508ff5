import numpy as np
import pytest

from core.errors import SettingsError
from core.filters import OneEuro

FPS = 30.0


def run(joints, *, times_s=None, **options):
    smooth = OneEuro(**options)
    times_s = np.arange(len(joints)) / FPS if times_s is None else times_s
    return np.stack([smooth.step(j, t) for j, t in zip(joints, times_s, strict=True)])


def test_with_beta_0_it_is_the_first_order_low_pass_of_its_cutoff():
    step = np.r_[np.zeros(1), np.ones(20)][:, None, None] * np.ones((1, 2, 3))
    weight = 1 / (1 + FPS / (2 * np.pi * 1.2))
    expected = 1 - (1 - weight) ** np.arange(21)
    got = run(step, min_cutoff_hz=1.2, beta=0.0)
    np.testing.assert_allclose(got, expected[:, None, None] * np.ones((1, 2, 3)), atol=1e-12)


def test_noise_of_a_still_joint_shrinks_and_a_fast_joint_is_not_late():
    noise = np.random.default_rng(0).normal(0, 0.01, (300, 1, 3))
    assert run(noise, min_cutoff_hz=1.0, beta=1.0)[60:].std() < 0.4 * noise.std()
    fast = np.arange(90)[:, None, None] / FPS * np.array([3.0, 0, 0])  # 3 m/s
    late = (fast - run(fast, min_cutoff_hz=1.0, beta=5.0))[-1, 0, 0]
    very_late = (fast - run(fast, min_cutoff_hz=1.0, beta=0.0))[-1, 0, 0]
    assert 0 <= late < 0.05 * very_late + 0.03


def test_it_does_not_depend_on_the_axes():
    rng = np.random.default_rng(1)
    joints = np.cumsum(rng.normal(0, 0.02, (50, 4, 3)), axis=0)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    np.testing.assert_allclose(run(joints @ turn.T), run(joints) @ turn.T, atol=1e-12)


def test_a_missing_joint_is_missing_alone_and_starts_anew_when_back():
    joints = np.tile(np.linspace(0, 1, 12)[:, None, None], (1, 2, 3))
    joints[4:6, 1] = np.nan
    got = run(joints)
    assert np.isnan(got[4:6, 1]).all()
    assert np.isfinite(got[:, 0]).all()
    np.testing.assert_array_equal(got[6, 1], joints[6, 1])
    assert np.all(got[8, 1] < joints[8, 1])


@pytest.mark.parametrize("time_s", [5.0, 0.0])
def test_a_pause_or_a_step_back_starts_anew(time_s):
    smooth = OneEuro()
    smooth.step(np.zeros((1, 3)), 0.0)
    smooth.step(np.ones((1, 3)), 0.04)
    np.testing.assert_array_equal(smooth.step(np.full((1, 3), 7.0), time_s), 7.0)


def test_what_is_returned_belongs_to_the_caller():
    smooth = OneEuro()
    smooth.step(np.zeros((1, 3)), 0.0)[:] = 99
    assert smooth.step(np.zeros((1, 3)), 0.03).max() == 0


def test_impossible_parameters_are_refused():
    with pytest.raises(SettingsError, match="cutoff above 0"):
        OneEuro(0.0, 1.0)
    with pytest.raises(SettingsError, match="beta of 0 or more"):
        OneEuro(1.0, -1.0)
