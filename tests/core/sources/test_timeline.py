"""Times of packets that are right, rounded, missing, joined or absurd."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sources.video.timeline import Place, Stamp, Timeline, timeline

MS = 1e-3


def packets(shown, *, every_key=12, decoded=None):
    """Return stamps in the order of showing; every twelfth is a key frame."""
    decoded = shown if decoded is None else decoded
    return [Stamp(s, d, i % every_key == 0) for i, (s, d) in enumerate(zip(shown, decoded, strict=True))]


def milliseconds(n, rate_hz, start=0):
    return [round(start + 1000 * i / rate_hz) for i in range(n)]


@pytest.mark.parametrize("rate_hz", [24000 / 1001, 25, 30000 / 1001, 50, 60, 120000 / 1001, 120, 240, 250])
@pytest.mark.parametrize("is_said", [True, False])
def test_a_constant_rate_in_milliseconds_is_exact(rate_hz, is_said):
    found = timeline(packets(milliseconds(480, rate_hz)), MS, [rate_hz] if is_said else [])
    assert found.is_constant
    assert found.rate_hz == pytest.approx(rate_hz, rel=1e-12)
    np.testing.assert_allclose(found.times_s, np.arange(480) / rate_hz, atol=1e-9)
    assert not found.repairs


@pytest.mark.parametrize(("rate_hz", "tick_s"), [(240, 1 / 600), (1000, 1 / 600), (240, 1 / 100), (120, 1 / 30)])
def test_a_time_base_too_coarse_for_its_rate_loses_no_frame(rate_hz, tick_s):
    ticks = [int(i / rate_hz / tick_s + 1e-9) for i in range(240)]
    found = timeline(packets(ticks, every_key=1), tick_s, [float(rate_hz)])
    assert len(found.times_s) == 240
    np.testing.assert_allclose(found.times_s, np.arange(240) / rate_hz, atol=1e-9)
    assert not found.repairs


def test_what_agrees_with_the_times_is_believed_not_what_is_said_first():
    found = timeline(packets(milliseconds(90, 30)), MS, [25.0, 60.0, 30.0])
    assert found.rate_hz == 30.0


def test_a_variable_rate_keeps_its_times():
    rng = np.random.default_rng(3)
    ticks = np.cumsum(rng.integers(2000, 4500, 100))
    found = timeline(packets(ticks.tolist()), 1 / 90_000, [30.0, 90_000.0])
    assert not found.is_constant
    np.testing.assert_allclose(found.times_s, (ticks - ticks[0]) / 90_000, atol=1e-12)
    assert found.rate_hz == pytest.approx(1 / np.median(np.diff(ticks / 90_000)))


def test_frames_that_were_never_stored_leave_their_places_empty():
    kept = [i for i in range(60) if i not in (20, 21, 40)]
    found = timeline(packets([round(1000 * i / 30) for i in kept]), MS, [28.5, 30.0])
    assert found.rate_hz == 30.0
    np.testing.assert_allclose(found.times_s, np.array(kept) / 30, atol=1e-9)
    assert not found.repairs


def test_a_long_pause_of_a_screen_recording_is_kept():
    ticks = [*milliseconds(30, 30), *milliseconds(30, 30, start=120_000)]
    found = timeline(packets(ticks), MS, [30.0])
    assert not found.repairs
    assert found.times_s[30] == pytest.approx(120.0)


def test_missing_times_are_made_up_evenly():
    first = timeline(packets([None] * 30 + milliseconds(30, 30)), MS, [30.0])
    np.testing.assert_allclose(first.times_s, np.arange(60) / 30, atol=1e-9)
    assert first.repairs.n_missing == 30
    middle = milliseconds(60, 30)
    middle[20:30] = [None] * 10
    np.testing.assert_allclose(timeline(packets(middle), MS, [30.0]).times_s, np.arange(60) / 30, atol=1e-9)
    uncounted = [*milliseconds(20, 30), *[None] * 10, *milliseconds(30, 30, start=667)]
    found = timeline(packets(uncounted), MS, [30.0])
    np.testing.assert_allclose(np.diff(found.times_s), 1 / 30, atol=1e-3)
    assert found.repairs.n_missing == 10
    assert "10 of its 60 frames have no usable one; the frames go on at 30 Hz there." in found.repairs.sentence("a", 30)


def test_no_times_at_all_take_the_rate_that_is_said():
    found = timeline(packets([None] * 20), MS, [50.0])
    np.testing.assert_allclose(found.times_s, np.arange(20) / 50)
    assert found.repairs.sentence("a.h264", 50.0).startswith("a.h264 does not say when its frames are shown")
    nothing = timeline(packets([7] * 20), MS, [])
    np.testing.assert_allclose(nothing.times_s, np.arange(20) / 30)


@pytest.mark.parametrize("n", [10, 60])
def test_joined_files_go_on_at_the_frame_distance(n):
    found = timeline(packets([*milliseconds(n, 30), *milliseconds(60, 30)], every_key=n), MS, [30.0])
    np.testing.assert_allclose(found.times_s, np.arange(n + 60) / 30, atol=1e-9)
    assert found.repairs.n_back == 1
    assert "step back once" in found.repairs.sentence("a", 30)


def test_joined_files_of_different_rates_keep_their_own():
    ticks = [*milliseconds(50, 25), *milliseconds(60, 30)]
    found = timeline(packets(ticks, every_key=50), MS, [])
    np.testing.assert_allclose(np.diff(found.times_s[:50]), 1 / 25, atol=2e-3)
    np.testing.assert_allclose(np.diff(found.times_s[50:]), 1 / 30, atol=2e-3)
    assert found.repairs.n_back == 1


@pytest.mark.parametrize("ahead", [2**32, 95_443_717, 86_400_000 + 1000])
def test_a_counter_that_ran_over_costs_no_day(ahead):
    found = timeline(packets([*milliseconds(30, 30), *milliseconds(30, 30, start=1000 + ahead)]), MS, [30.0])
    np.testing.assert_allclose(found.times_s, np.arange(60) / 30, atol=1e-3)
    assert found.repairs.n_jumps == 1
    assert found.repairs.table()["jumped_s"] == pytest.approx(ahead / 1000, rel=0.01)


def test_a_wrap_to_below_zero_is_a_step_back():
    ticks = [*milliseconds(30, 30), *milliseconds(30, 30, start=1000 - 2**32)]
    found = timeline(packets(ticks), MS, [30.0])
    np.testing.assert_allclose(found.times_s, np.arange(60) / 30, atol=1e-3)


@pytest.mark.parametrize("wrong", [5_000_000, 9_000, 0, 100, -70_000])
def test_a_single_wrong_time_spoils_no_other(wrong):
    ticks = milliseconds(60, 30)
    ticks[31] = wrong
    found = timeline(packets(ticks, every_key=1), MS, [30.0])
    np.testing.assert_allclose(found.times_s, np.arange(60) / 30, atol=2e-3)
    assert found.repairs


def test_frames_stored_out_of_order_are_shown_in_order():
    stored = [0, 133, 67, 33, 100, 267, 200, 167, 233]
    found = timeline([Stamp(s, None, i == 0) for i, s in enumerate(stored)], MS, [30.0])
    np.testing.assert_array_equal(found.stamps, sorted(stored))
    np.testing.assert_allclose(found.times_s, np.arange(9) / 30, atol=1e-9)


def test_times_faster_than_any_camera_say_nothing():
    found = timeline(packets(list(range(60))), 1 / 90_000, [30.0])
    np.testing.assert_allclose(found.times_s, np.arange(60) / 30)
    assert found.repairs.n_missing == 60


def test_a_decoder_that_loses_frames_is_followed_by_their_stamps():
    place = Place(timeline(packets(milliseconds(30, 10)), MS, [10.0]))
    assert [place.go_on(stamp) for stamp in (0, 100, 700, None, 900)] == pytest.approx([0, 0.1, 0.7, 0.8, 0.9])
    assert place.index == 9
    assert place.go_on(12_345) == pytest.approx(1.0)
    sought = Place(timeline(packets(milliseconds(30, 10)), MS, [10.0]))
    assert sought.go_on(2000) == pytest.approx(2.0)


def test_slow_motion_gets_the_times_of_its_camera():
    found = timeline(packets(milliseconds(60, 30)), MS, [30.0]).slowed(240.0)
    np.testing.assert_allclose(found.times_s, np.arange(60) / 240, atol=1e-9)
    assert found.rate_hz == 240.0


_TICKS = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.integers(-300, 3000))


@given(st.lists(st.tuples(_TICKS, _TICKS, st.booleans()), max_size=40), st.sampled_from([1e-9, 1e-3, 1 / 90_000, 0.04]))
def test_times_always_increase_whatever_the_packets_say(stamps, tick_s):
    found = timeline([Stamp(*stamp) for stamp in stamps], tick_s, [30.0, 0.0, None])
    assert len(found.times_s) == len(stamps)
    assert np.isfinite(found.times_s).all()
    assert all(b > a for a, b in itertools.pairwise(found.times_s))
    place = Place(found)
    got = [place.go_on(stamp[0]) for stamp in stamps]
    assert all(b > a for a, b in itertools.pairwise(got))
    assert isinstance(found, Timeline)
