"""Several looks at one person: what they see together, alone, and when one of them sees somebody else."""

from functools import cache

import numpy as np
import pytest

from core.detection.agreement import Agreement
from core.detection.bundle import load_pose_model
from core.detection.detector import PoseDetector
from core.detection.looks import parse_looks
from core.detection.looks_detector import LooksDetector, open_detector
from core.detection.mirrored import MirroredDetector
from core.pose.types import Detection, Frame, nobody
from core.sources import VideoFile
from core.system.files.program import SAMPLE

models = cache(load_pose_model)


def person_at(x, height=300.0, y=200.0):
    """Return (33, 2) image landmarks of somebody who stands about x."""
    rng = np.random.default_rng(3)
    return np.array([x, y]) + rng.uniform(-0.5, 0.5, (33, 2)) * [height / 3, height]


class Told:
    """Sees whom it is told to see at each frame, and counts what it is asked."""

    def __init__(self, place_of):
        self.place_of, self.resets, self.closed = place_of, 0, 0

    def detect(self, frame):
        x = self.place_of(frame.index, self.resets)
        if x is None:
            return nobody(frame)
        return Detection(frame, person_at(x), np.full((33, 3), x / 1000), np.full(33, 0.8))

    def reset(self):
        self.resets += 1

    def close(self):
        self.closed += 1


def frame(index, hz=30):
    return Frame(np.zeros((400, 1000, 3), np.uint8), index, index / hz)


def test_the_detection_is_the_mean_and_keeps_what_each_look_saw():
    eyes = [Told(lambda *_: 300.0), Told(lambda *_: 310.0), Told(lambda *_: None)]
    detector = LooksDetector(["full", "heavy", "lite"], eyes)
    seen = detector.detect(frame(0))
    detector.close()
    np.testing.assert_allclose(seen.landmarks_px, person_at(305.0))
    np.testing.assert_allclose(seen.landmarks_m, 0.305)
    np.testing.assert_allclose(seen.visibility, 0.8)
    assert seen.looks.names == ("full", "heavy", "lite")
    np.testing.assert_allclose(seen.looks.landmarks_px[:2], [person_at(300.0), person_at(310.0)])
    assert np.isnan(seen.looks.landmarks_m[2]).all()
    assert [eye.closed for eye in eyes] == [1, 1, 1]


def test_nobody_is_nobody():
    detector = LooksDetector(["full", "heavy"], [Told(lambda *_: None)] * 2)
    seen = detector.detect(frame(0))
    detector.close()
    assert not seen.is_found
    assert (seen.visibility == 0).all()


def test_a_look_at_somebody_else_is_left_out_and_called_back():
    eyes = [Told(lambda *_: 300.0), Told(lambda index, resets: 300.0 if resets or index < 10 else 700.0)]
    detector = LooksDetector(["full", "heavy"], eyes)
    n_used = []
    for index in range(100):
        seen = detector.detect(frame(index))
        np.testing.assert_allclose(seen.landmarks_px, person_at(300.0))
        n_used.append(int(np.isfinite(seen.looks.landmarks_px).all(axis=(1, 2)).sum()))
    detector.close()
    assert n_used[:10] == [2] * 10
    assert n_used[10:70] == [1] * 60
    assert eyes[1].resets == 1
    assert n_used[-20:] == [2] * 20
    assert eyes[0].resets == 0


def test_frames_that_wait_for_nobody_are_seen_alike():
    def eyes():
        return [Told(lambda index, _: 300.0 + index), Told(lambda index, _: None if index % 3 else 305.0 + index)]

    one_by_one = LooksDetector(["full", "heavy"], eyes())
    ahead = LooksDetector(["full", "heavy"], eyes())
    frames = [frame(index) for index in range(40)]
    expected = [one_by_one.detect(one) for one in frames]
    found = list(ahead.detect_stream(frames))
    one_by_one.close()
    ahead.close()
    assert [one.frame.index for one in found] == list(range(40))
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a.looks.landmarks_px, b.looks.landmarks_px)
        np.testing.assert_array_equal(a.landmarks_m, b.landmarks_m)


def test_a_reset_reaches_every_look():
    eyes = [Told(lambda *_: 300.0), Told(lambda *_: 300.0)]
    detector = LooksDetector(["full", "heavy"], eyes)
    detector.reset()
    detector.close()
    detector.close()
    assert [(eye.resets, eye.closed) for eye in eyes] == [(1, 1), (1, 1)]


NOWHERE = np.full((33, 2), np.nan)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([300, 310, 700, 305], [1, 1, 0, 1]),
        ([700, 300, 310, 305], [0, 1, 1, 1]),  # most count, not the first
        ([300, 700, None, None], [1, 0, 0, 0]),  # the first of equals
        ([None, None, 500, None], [0, 0, 1, 0]),
        ([None, None, None, None], [0, 0, 0, 0]),
    ],
)
def test_the_largest_group_is_believed(looks, expected):
    pixels = np.array([NOWHERE if x is None else person_at(float(x)) for x in looks])
    np.testing.assert_array_equal(Agreement().step(pixels, 0.0), np.array(expected, dtype=bool))


def test_of_equal_groups_the_one_where_the_person_was():
    agreement = Agreement()
    both = np.array([person_at(700.0), person_at(300.0)])
    agreement.step(np.array([NOWHERE, person_at(310.0)]), 0.0)
    np.testing.assert_array_equal(agreement.step(both, 0.1), [False, True])
    np.testing.assert_array_equal(agreement.step(both, 5.0), [True, False])  # so much later that is no guide


def test_somebody_small_behind_the_person_is_somebody_else():
    pixels = np.array([person_at(300.0), person_at(305.0, height=120.0)])
    np.testing.assert_array_equal(Agreement().step(pixels, 0.0), [True, False])


@pytest.fixture(scope="module")
def man():
    """A second of a man in motion."""
    return [one for _, one in zip(range(30), VideoFile(SAMPLE).frames(), strict=False)]


@pytest.mark.detect
@pytest.mark.detect
def test_real_looks_see_what_each_sees_alone(man):
    detector = open_detector(parse_looks("full,full-mirrored,lite"), models)
    together = list(detector.detect_stream(man))
    detector.close()
    alone = [
        PoseDetector(models("full")),
        MirroredDetector(PoseDetector(models("full"))),
        PoseDetector(models("lite")),
    ]
    for index, (one, seen) in enumerate(zip(man, together, strict=True)):
        for number, eye in enumerate(alone):
            np.testing.assert_array_equal(seen.looks.landmarks_m[number], eye.detect(one).landmarks_m, str(index))
        assert np.abs(seen.looks.landmarks_px[0] - seen.looks.landmarks_px[1]).max() > 0.5  # it is another witness
        assert np.abs(seen.looks.landmarks_px[0] - seen.looks.landmarks_px[1]).mean() < 40
        np.testing.assert_allclose(seen.landmarks_m, seen.looks.landmarks_m.mean(axis=0))
    for eye in alone:
        eye.close()


class Blinded:
    """A real look that is shown a black picture for a while."""

    def __init__(self, eye, dark):
        self._eye, self._dark = eye, dark

    def detect(self, one):
        image = np.zeros_like(one.image) if one.index in self._dark else one.image
        return self._eye.detect(Frame(image, one.index, one.time_s))

    def reset(self):
        self._eye.reset()

    def close(self):
        self._eye.close()


@pytest.mark.detect
@pytest.mark.detect
def test_a_real_look_that_loses_the_person_is_left_out_until_it_finds_them(man):
    eyes = [PoseDetector(models("full")), Blinded(MirroredDetector(PoseDetector(models("full"))), range(8, 20))]
    detector = LooksDetector(["full", "full-mirrored"], eyes)
    seen = [detector.detect(one) for one in man]
    detector.close()
    is_used = np.array([np.isfinite(one.looks.landmarks_m).all(axis=(1, 2)) for one in seen])
    assert is_used[:, 0].all()
    assert is_used[:8, 1].all()
    assert not is_used[8:20, 1].any()
    assert is_used[-5:, 1].all()
    for one in seen[8:20]:
        np.testing.assert_array_equal(one.landmarks_m, one.looks.landmarks_m[0])
    assert all(one.is_found for one in seen)


@pytest.mark.detect
def test_one_plain_look_needs_no_threads():
    detector = open_detector(parse_looks("full"), models)
    assert isinstance(detector, PoseDetector)
    detector.close()
    following = open_detector(parse_looks("full,full-mirrored"), models, point_px=(100.0, 100.0))
    assert isinstance(following, LooksDetector)
    following.close()
