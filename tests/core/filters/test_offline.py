"""Filters against closed forms and against the plain two-pass smoother."""

import numpy as np
import pytest

from core.errors import SettingsError
from core.filters import FILTERS, FilterChoice, fill_gaps, reject_outliers

FPS = 60.0
TIMES = np.arange(600) / FPS


def tone(hz):
    return np.sin(2 * np.pi * hz * TIMES)[:, None] * np.ones(3)


def amplitude(values, hz):
    """Size of a tone in the middle of a series."""
    part = slice(120, 480)
    turn = np.exp(-2j * np.pi * hz * TIMES[part])
    return float(np.abs(2 * np.mean(values[part, 0] * turn)))


@pytest.mark.parametrize("order", [2, 4, 8])
def test_butterworth_loses_3_db_at_its_cutoff_and_is_not_late(order):
    choice = FilterChoice.parse(f"butterworth:cutoff_hz=5,order={order}")
    assert amplitude(choice.smooth(TIMES, tone(5.0)), 5.0) == pytest.approx(1 / np.sqrt(2), abs=1e-4)
    slow = tone(0.5)
    np.testing.assert_allclose(choice.smooth(TIMES, slow)[100:500], slow[100:500], atol=0.01)


def test_the_causal_butterworth_is_late_and_never_sees_the_future():
    choice = FilterChoice.parse("butterworth-causal:cutoff_hz=5")
    whole = choice.smooth(TIMES, tone(1.0))
    np.testing.assert_allclose(choice.smooth(TIMES[:200], tone(1.0)[:200]), whole[:200], atol=1e-12)
    delay = np.angle(np.mean(tone(1.0)[:, 0] * np.exp(-2j * np.pi * TIMES))) - np.angle(
        np.mean(whole[:, 0] * np.exp(-2j * np.pi * TIMES))
    )
    assert delay / (2 * np.pi) == pytest.approx(0.225 / 5, rel=0.1)


def test_causal_filters_are_those_that_say_so():
    values = np.random.default_rng(0).normal(size=(300, 3))
    other = values.copy()
    other[200:] += 1.0
    for name, kind in FILTERS.items():
        choice = FilterChoice(name)
        same = np.array_equal(choice.smooth(TIMES[:300], values)[:200], choice.smooth(TIMES[:300], other)[:200])
        assert same == kind.is_causal, name


def test_savitzky_golay_keeps_a_parabola_exactly():
    values = (3 * TIMES**2 - TIMES + 2)[:, None] * np.ones(3)
    np.testing.assert_allclose(FilterChoice("savitzky-golay").smooth(TIMES, values), values, atol=1e-8)


def two_pass_smoother(times, values, noise, drive):
    mean, spread = np.zeros(2), np.diag([1e6, 4.0])
    means, spreads, aheads = [], [], []
    for i, value in enumerate(values):
        if i:
            h = times[i] - times[i - 1]
            move = np.array([[1, h], [0, 1]])
            mean = move @ mean
            spread = move @ spread @ move.T + drive**2 * np.array([[h**3 / 3, h**2 / 2], [h**2 / 2, h]])
        aheads.append((mean, spread))
        gain = spread[:, 0] / (spread[0, 0] + noise**2)
        mean, spread = mean + gain * (value - mean[0]), spread - np.outer(gain, spread[0])
        means.append(mean)
        spreads.append(spread)
    result = [means[-1]]
    for i in range(len(values) - 2, -1, -1):
        h = times[i + 1] - times[i]
        back = spreads[i] @ np.array([[1, 0], [h, 1]]) @ np.linalg.inv(aheads[i + 1][1])
        result.append(means[i] + back @ (result[-1] - aheads[i + 1][0]))
    return np.array(result)[::-1, 0]


def test_kalman_is_the_two_pass_smoother_at_any_frame_times():
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.01, 0.06, 120))
    values = np.cumsum(rng.normal(0, 0.03, 120))
    got = FilterChoice.parse("kalman:noise_m=0.02,acceleration_ms2=4").smooth(times, values[:, None])
    np.testing.assert_allclose(got[:, 0], two_pass_smoother(times, values, 0.02, 4.0), atol=1e-5)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_calms_noise_keeps_a_line_and_takes_any_length(name):
    rng = np.random.default_rng(1)
    choice = FilterChoice(name)
    line = np.outer(TIMES, [0.3, -0.2, 0.1])
    noisy = line + rng.normal(0, 0.02, line.shape)
    got = choice.smooth(TIMES, noisy)
    if name != "none":
        assert np.diff(got, 2, axis=0).std() < 0.35 * np.diff(noisy, 2, axis=0).std()
        assert np.abs(got - line)[60:-60].max() < 0.06
    for n in range(6):
        assert choice.smooth(TIMES[:n], noisy[:n]).shape == (n, 3)
    assert np.isfinite(choice.smooth(TIMES[:4], noisy[:4])).all()


@pytest.mark.parametrize("name", FILTERS)
def test_holes_stay_and_do_not_bleed(name):
    values = np.random.default_rng(2).normal(size=(200, 3))
    values[90:110] = np.nan
    other = values.copy()
    other[110:] += 5.0
    got, moved = FilterChoice(name).smooth(TIMES[:200], values), FilterChoice(name).smooth(TIMES[:200], other)
    assert np.isnan(got[90:110]).all()
    np.testing.assert_array_equal(got[:90], moved[:90])


@pytest.mark.parametrize("name", ["butterworth", "savitzky-golay", "kalman"])
def test_a_pause_is_not_smoothed_across(name):
    values = np.random.default_rng(2).normal(size=(200, 3))
    times = TIMES[:200] + np.where(np.arange(200) < 100, 0.0, 3.0)
    other = values.copy()
    other[100:] += 5.0
    got, moved = FilterChoice(name).smooth(times, values), FilterChoice(name).smooth(times, other)
    np.testing.assert_array_equal(got[:100], moved[:100])


def test_a_frame_rate_too_low_for_the_cutoff_leaves_values_alone():
    times = np.arange(20) / 5.0
    values = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_array_equal(FilterChoice("butterworth").smooth(times, values), values)


def test_short_gaps_are_filled_on_a_smooth_curve():
    values = np.stack([np.sin(TIMES), np.cos(TIMES), TIMES], axis=1)
    holed = values.copy()
    holed[100:105] = np.nan  # 100 ms between its neighbours
    holed[300:330] = np.nan
    holed[:3] = holed[-3:] = np.nan
    got = fill_gaps(TIMES, holed, 0.11)
    np.testing.assert_allclose(got[100:105], values[100:105], atol=1e-3)
    assert np.isnan(got[300:330]).all()
    assert np.isnan(got[:3]).all()
    assert np.isnan(got[-3:]).all()
    assert np.isnan(fill_gaps(TIMES, holed, 0.09)[100:105]).all()
    assert np.isnan(fill_gaps(TIMES, holed, 0.0)[100:105]).all()
    assert np.isnan(fill_gaps(TIMES, np.full((600, 3), np.nan), 1.0)).all()


def test_outliers_are_what_jumps_away_and_back_not_what_moves():
    values = np.stack([2 * TIMES, np.sin(6 * TIMES), np.zeros(600)], axis=1)  # 2 m/s and more
    jumping = values.copy()
    jumping[[50, 200, 201]] += [0.5, 0, 0]
    jumping[400:, 2] += 0.7  # a step that stays is no outlier
    got = reject_outliers(TIMES, jumping, 0.25)
    gone = np.flatnonzero(np.isnan(got).any(axis=1))
    assert set(gone) == {50, 200, 201}
    np.testing.assert_array_equal(reject_outliers(TIMES[:2], jumping[:2], 0.25), jumping[:2])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("median", "no filter 'median'; choose from none, one-euro"),
        ("butterworth:cutoff=5", "'butterworth' has no 'cutoff'; it has cutoff_hz, order"),
        ("butterworth:cutoff_hz=fast", "'cutoff_hz=fast' is not of the form name=number"),
        ("butterworth:cutoff_hz=-5", "'cutoff_hz' must be a number above 0"),
        ("kalman:noise_m=nan", "'noise_m' must be a number above 0"),
        ("none:x=1", "'none' has no 'x'; it has no parameters"),
    ],
)
def test_wrong_choices_are_one_sentence(text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        FilterChoice.parse(text)


def test_a_choice_is_written_and_read_back():
    choice = FilterChoice.parse(" Butterworth:cutoff_hz=7 ")
    assert str(choice) == "butterworth:cutoff_hz=7,order=4"
    assert FilterChoice.parse(str(choice)).values == choice.values
