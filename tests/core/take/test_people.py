import contextlib

import numpy as np
import pytest

from core.detection.chosen_point import ChosenPoint
from core.pose.types import Detection
from core.take.analysis import analyse
from core.take.detections import DetectionReader, Detections
from core.take.instrument import Instrument
from core.take.people import everybody, follow
from tests.core.take.conftest import CountingDetector


@pytest.fixture
def people():
    """Two people over 60 frames who come in any order: one moves to the right, one to the left, they meet half-way."""
    rng, rows = np.random.default_rng(0), []
    for frame in range(60):
        places = [("a", 100 + 8 * frame, 100.0), ("b", 580 - 8 * frame, 300.0)]
        if frame == 20:
            places = places[1:]
        for name, x, y in rng.permutation(np.array(places, dtype=object)):
            rows.append((frame, 1.0 if name == "a" else 2.0, x, y))
    n = len(rows)
    pixels, world = np.zeros((n, 33, 2), np.float32), np.zeros((n, 33, 3), np.float32)
    for i, (_, who, x, y) in enumerate(rows):
        pixels[i], world[i] = (x, y), who
    frames = np.array([row[0] for row in rows])
    return Detections.of_one(frames / 30, frames, pixels, world, np.ones((n, 33), np.float32), (640, 480))


def who(detections):
    return detections.landmarks_m[:, 0, 0]


@pytest.mark.parametrize("time_s", [0.0, 1.0, 59 / 30])
def test_one_is_followed_to_both_sides_of_the_moment_of_choice(people, time_s):
    frame = round(time_s * 30)
    a = follow(people, ChosenPoint(100 + 8 * frame, 110.0, time_s))
    np.testing.assert_array_equal(a.frame_index, np.arange(60))
    expected = np.ones(60)
    expected[20] = np.nan
    np.testing.assert_array_equal(who(a), expected)
    assert (a.visibility[20] == 0).all()
    assert (who(follow(people, ChosenPoint(580 - 8 * frame, 310.0, time_s))) == 2.0).all()


def test_everybody_is_found(people):
    points = everybody(people)
    assert {float(np.nanmedian(who(follow(people, point)))) for point in points} == {1.0, 2.0}
    assert len(points) == 2
    few = people.rows(np.flatnonzero((who(people) == 1.0) | (people.frame_index < 6)))
    assert len(everybody(few)) == 1


def test_nobody_is_found_in_nothing(people):
    none = people.rows(slice(0, 0))
    assert everybody(none) == []
    assert len(follow(none, ChosenPoint(1.0, 1.0))) == 0


def test_all_people_of_a_frame_are_kept_and_none_twice(make_video, tmp_path, standing_ray):
    class Two(CountingDetector):
        def see(self, frames):
            for (one,) in super().see(frames):
                moved = one.landmarks_px + [9.0, 0.0]
                yield [one, Detection(one.frame, moved, one.landmarks_m, one.visibility)]

    detector = Two(standing_ray)
    instrument = Instrument(("full",), {"full": "ab" * 32}, n_people=4)
    video = make_video(n=30)
    analyse(
        video,
        tmp_path,
        instrument,
        lambda: contextlib.nullcontext(detector.see),
        "c",
        stop=lambda: len(detector.seen) >= 17,
    )
    done = analyse(video, tmp_path, instrument, lambda: contextlib.nullcontext(detector.see), "c")
    assert (done.n_frames, done.n_new) == (30, 13)
    seen = DetectionReader(instrument.path(tmp_path)).read()
    np.testing.assert_array_equal(seen.frame_index, np.repeat(np.arange(30), 2))
    apart = seen.landmarks_px[1::2, 0, 0] - seen.landmarks_px[::2, 0, 0]
    np.testing.assert_allclose(apart, 9.0, atol=1e-4)
