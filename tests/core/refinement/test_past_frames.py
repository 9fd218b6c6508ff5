import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pose.gaps import stream_starts
from core.refinement.past_frames import PastFrames, past_rows

AGES = (0.07, 0.2, 0.5, 1.0)


def test_rows_at_30_fps():
    rows = past_rows(np.arange(60) / 30, AGES)
    np.testing.assert_array_equal(rows[50], [50, 47, 44, 35, 20])
    np.testing.assert_array_equal(rows[10], [10, 7, 4, 0, 0])
    np.testing.assert_array_equal(rows[0], 0)


@pytest.mark.parametrize("fps", [12, 25, 60, 119.88])
def test_ages_hold_at_any_frame_rate(fps):
    times = np.arange(int(3 * fps)) / fps
    rows = past_rows(times, AGES)
    found = times[-1] - times[rows[-1]]
    assert (found[1:] >= np.array(AGES) - 0.002).all()
    assert (found[1:] <= np.array(AGES) + 1 / fps + 0.002).all()


def test_a_gap_begins_anew():
    times = np.r_[np.arange(30) / 30, 5 + np.arange(30) / 30]
    assert past_rows(times, AGES)[30:].min() == 30


def test_no_frames():
    assert past_rows(np.zeros(0), AGES).shape == (0, 5)


@pytest.mark.parametrize("fps", [30, 700])
def test_a_long_stream_is_remembered_as_far_as_it_is_needed(fps):
    times = np.arange(1500) / fps
    memory = PastFrames(AGES)
    found = []
    for t, (now, is_start) in enumerate(zip(times, stream_starts(times), strict=True)):
        if is_start:
            memory.reset()
        found.append(memory.window((np.full((17, 3), t), np.zeros(17), np.zeros((17, 2))), now))
    np.testing.assert_array_equal([joints[:, 0, 0] for joints, _, _ in found], past_rows(times, AGES))


@given(st.lists(st.floats(-0.3, 0.9), min_size=1, max_size=60))
def test_frame_by_frame_agrees_with_all_at_once(steps):
    times = np.cumsum(steps)
    memory = PastFrames(AGES)
    found = []
    for t, (now, is_start) in enumerate(zip(times, stream_starts(times), strict=True)):
        if is_start:
            memory.reset()
        found.append(memory.window((np.full((17, 3), t), np.zeros(17), np.zeros((17, 2))), now))
    rows = past_rows(times, AGES)
    np.testing.assert_array_equal([joints[:, 0, 0] for joints, _, _ in found], rows)
