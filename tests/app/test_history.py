import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.views.history import History, Unwrapper, nearest_turn


def test_history_keeps_the_newest_in_order():
    history = History(("a", "b"), capacity=10)
    for i in range(37):
        history.append(float(i), a=i * 2.0)
    assert len(history) == 10
    assert history.time_s.tolist() == list(range(27, 37))
    assert history.series("a").tolist() == [2.0 * i for i in range(27, 37)]
    assert np.isnan(history.series("b")).all()


def test_time_running_backwards_starts_afresh():
    history = History(("a",), capacity=10)
    for time_s in (0.0, 1.0, 2.0, 0.5, 1.5):
        history.append(time_s, a=time_s)
    assert history.time_s.tolist() == [0.5, 1.5]


@given(st.lists(st.floats(-179, 179), min_size=1, max_size=50))
def test_unwrapping_undoes_wrapping(steps):
    true = np.cumsum(steps)
    unwrap = Unwrapper()
    got = np.array([unwrap(float(angle % 360.0)) for angle in true])
    assert np.allclose(np.diff(got), np.diff(true), atol=1e-6)


def test_a_gap_neither_jumps_nor_forgets():
    unwrap = Unwrapper()
    got = [unwrap(a) for a in (350.0, float("nan"), 5.0, 20.0)]
    assert got[0] == -10.0
    assert np.isnan(got[1])
    assert got[2:] == [5.0, 20.0]


def test_nearest_turn_stays_within_half_a_turn():
    assert nearest_turn(10.0, 725.0) == 730.0
    assert nearest_turn(359.0, 1.0) == -1.0
