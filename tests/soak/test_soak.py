"""The soak runs in small; `make soak` runs them in full."""

import pytest

from tests.soak.soak import Outcome, live_with_faults, many_frames

pytestmark = pytest.mark.soak


def test_many_frames_leave_nothing_behind(tiny_refiner_path):
    outcome = many_frames(4000, tiny_refiner_path)
    assert outcome.is_sound, outcome
    assert outcome.n_frames == 4000
    assert 3000 < outcome.n_found < 4000
    assert outcome.n_faults > 20


def test_a_live_loop_with_random_faults_loses_nothing_it_recorded(tiny_refiner_path):
    outcome = live_with_faults(4.0, tiny_refiner_path, interval_s=0.001)
    assert outcome.is_sound, outcome
    assert outcome.n_recorded + outcome.n_left_out == outcome.n_frames > 100
    assert outcome.n_recorded > 50
    assert outcome.n_faults > 5
    assert outcome.n_restarts > 1


def test_a_loss_or_a_leak_would_be_seen():
    assert Outcome().is_sound
    assert not Outcome(n_lost=1).is_sound
    assert not Outcome(threads_left=1).is_sound
    assert not Outcome(files_left=1).is_sound
    assert not Outcome(growth_mib=1000.0).is_sound
