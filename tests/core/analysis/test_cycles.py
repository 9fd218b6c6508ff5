import numpy as np
import pytest

from core.analysis.bands import PERCENT, band, normalised
from core.analysis.cycles import Cycle, Cycles
from core.analysis.statistics import statistics
from core.errors import SettingsError

THREE = Cycles("left_knee_flexion", (Cycle(0.0, 1.0), Cycle(1.0, 2.0), Cycle(3.0, 4.0, False)))


def spans(cycles):
    return [(c.start_s, c.end_s) for c in cycles.cycles]


def test_a_boundary_cuts_a_cycle_in_two_or_begins_one_more():
    assert spans(THREE.with_boundary(0.4)) == [(0, 0.4), (0.4, 1), (1, 2), (3, 4)]
    assert spans(THREE.with_boundary(5.0))[-1] == (4, 5)
    assert THREE.with_boundary(1.0) == THREE
    assert THREE.with_boundary(0.4).by_hand


def test_a_boundary_taken_away_joins_its_cycles_or_ends_one():
    assert spans(THREE.without_boundary(1.0)) == [(0, 2), (3, 4)]
    assert spans(THREE.without_boundary(0.0)) == [(1, 2), (3, 4)]
    assert spans(THREE.without_boundary(4.0)) == [(0, 1), (1, 2)]


def test_a_moved_boundary_takes_both_cycles_with_it_and_passes_no_other():
    assert spans(THREE.with_moved(1.0, 1.3)) == [(0, 1.3), (1.3, 2), (3, 4)]
    assert THREE.with_moved(1.0, 2.5) == THREE
    moved = THREE.with_moved(4.0, 4.5)
    assert moved.cycles[-1] == Cycle(3.0, 4.5, True)


def test_a_cycle_of_ones_own_replaces_what_it_overlaps():
    assert spans(THREE.with_cycle(0.5, 1.5)) == [(0.5, 1.5), (3, 4)]


def test_a_table_brings_them_back_and_nonsense_is_refused():
    assert Cycles.from_table(THREE.table()) == THREE
    with pytest.raises(SettingsError, match="overlap"):
        Cycles("left_knee_flexion", (Cycle(0, 2), Cycle(1, 3)))
    with pytest.raises(SettingsError, match="no measure"):
        Cycles("left_tail", ())
    for start, end in ((1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)):
        with pytest.raises(SettingsError):
            Cycle(start, end)


def test_normalised_cycles_of_one_shape_and_any_length_are_the_same_curve():
    time_s = np.linspace(0, 9, 901)
    cycles = (Cycle(0.0, 2.0), Cycle(3.0, 9.0))
    values = np.where(time_s < 2.5, np.sin(np.pi * time_s / 2), np.sin(np.pi * (time_s - 3) / 6))
    curves = normalised(time_s, values, cycles)
    np.testing.assert_allclose(curves, np.sin(np.pi * PERCENT / 100)[None].repeat(2, 0), atol=1e-3)
    found = band(curves + [[1.0], [-1.0]])
    np.testing.assert_allclose(found.mean, np.sin(np.pi * PERCENT / 100), atol=1e-3)
    np.testing.assert_allclose(found.sd, np.sqrt(2), atol=2e-3)
    assert found.n == 2


def test_what_was_not_seen_is_in_no_curve():
    time_s = np.linspace(0, 4, 121)
    values = np.where((time_s > 0.5) & (time_s < 1.5), np.nan, 1.0)
    curves = normalised(time_s, values, (Cycle(0, 2), Cycle(2, 4)))
    assert np.isnan(curves[0, 30:70]).all()
    assert np.isfinite(curves[0, [0, 10, 90, 100]]).all()
    found = band(curves)
    assert np.isnan(found.mean[50])  # one cycle is no mean
    assert np.isnan(band(np.full((2, 101), np.nan)).mean).all()
    assert band(np.full((2, 101), np.nan)).n == 0


def test_statistics_leave_out_what_was_not_seen_and_say_when_extremes_were():
    found = statistics(np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0, np.nan, 1.0, 3.0]))
    assert (found.mean, found.low, found.low_s, found.high, found.high_s) == (3.0, 1.0, 2.0, 5.0, 0.0)
    assert (found.sd, found.range, found.n_seen, found.n) == (2.0, 4.0, 3, 4)
    assert np.isnan(statistics(np.arange(3.0), np.full(3, np.nan)).mean)
