import itertools

import numpy as np
import pytest

from core.analysis.measures import MEASURES, Series
from core.analysis.repetitions import cycles_of, find_cycles, repeatability
from tests.core.analysis.movements import aimless, bumps, squats, standing, walking

TOPS = (2.0, 5.0, 8.0, 11.0)


@pytest.mark.parametrize("hz", [5.0, 30.0, 120.0])
def test_squats_are_counted_and_their_ends_are_where_the_knees_are_straight(hz):
    found = find_cycles(squats(hz=hz))
    assert found.measure.endswith(("knee_flexion", "hip_flexion"))
    assert len(found) == len(found.whole) == 4
    for cycle, top in zip(found.cycles, TOPS, strict=True):
        assert cycle.start_s < top < cycle.end_s
        np.testing.assert_allclose((cycle.start_s, cycle.end_s), (top - 1, top + 1), atol=max(0.3, 1.5 / hz))


def test_a_squat_that_the_recording_cuts_off_is_counted_and_not_whole():
    found = find_cycles(squats(duration_s=11.35))
    assert [cycle.is_whole for cycle in found.cycles] == [True, True, True, False]
    early = squats()
    early = early.between(1.5, 13.0)
    assert [cycle.is_whole for cycle in find_cycles(early).cycles] == [False, True, True, True]


def test_strides_of_walking_share_their_boundaries():
    found = find_cycles(walking())
    assert 4 <= len(found) <= 6
    assert np.median([c.duration_s for c in found.whole]) == pytest.approx(1.1, abs=0.08)
    whole = found.whole
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(whole))


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_invented_where_nothing_repeats(seed):
    assert find_cycles(aimless(seed)) is None


def test_two_are_no_repetition_nor_is_standing_still():
    assert find_cycles(squats(tops_s=(3.0, 8.0))) is None
    assert find_cycles(standing(10.0, 30.0)) is None


def test_one_joint_that_comes_again_while_the_body_does_something_else_is_no_cycle():
    series = aimless(3)
    series.values["left_knee_flexion"] = 60 * bumps(series.time_s, np.arange(2.0, 20.0, 3.0))
    assert cycles_of(series, "left_knee_flexion") is None
    calm = standing(20.0, 30.0)
    calm.values["left_knee_flexion"] = series.values["left_knee_flexion"]
    assert len(cycles_of(calm, "left_knee_flexion")) == 6


def test_a_movement_of_another_kind_in_between_is_left_out():
    series = squats(tops_s=(2.0, 5.0, 8.0, 14.0), duration_s=16.0)
    lunge = 30 * bumps(series.time_s, (11.0,), width_s=0.7)
    for side in ("left", "right"):
        series.values[f"{side}_knee_flexion"] += lunge
    assert [round(c.start_s + c.duration_s / 2) for c in find_cycles(series).cycles] == [2, 5, 8, 14]


def test_short_absences_are_bridged_and_long_ones_are_not():
    series = squats()
    hidden = np.abs(series.time_s - 6.5) < 0.2
    blinded = Series(series.time_s, {n: np.where(hidden, np.nan, v) for n, v in series.values.items()})
    assert len(find_cycles(blinded)) == 4
    hidden = np.abs(series.time_s - 5.0) < 1.1  # the whole second squat
    blinded = Series(series.time_s, {n: np.where(hidden, np.nan, v) for n, v in series.values.items()})
    assert len(find_cycles(blinded)) == 3


def test_nobody_and_a_moment_have_no_cycles():
    for n in (0, 1, 3):
        assert find_cycles(Series(np.arange(n) / 30, {name: np.full(n, np.nan) for name in MEASURES})) is None
    assert find_cycles(squats().between(0.0, 0.1)) is None


def test_repeatability_is_one_for_copies_and_low_for_chance():
    assert repeatability(squats(noise_deg=0.0), find_cycles(squats(noise_deg=0.0))) > 0.98
    assert repeatability(aimless(5), find_cycles(squats())) < 0.4
