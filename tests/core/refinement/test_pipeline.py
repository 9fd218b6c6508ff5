import threading

import numpy as np
import pytest

from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Detection, Frame, nobody
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner


class FakeDetector:
    """Says that the same person stands in every frame, except where told that nobody does."""

    def __init__(self, joints, empty=()):
        self.joints, self.empty, self.closed = joints, set(empty), False

    def detect(self, frame):
        if frame.index in self.empty:
            return nobody(frame)
        landmarks = np.zeros((33, 3))
        landmarks[LANDMARK_TO_COCO] = self.joints * (1 + 0.1 * (frame.index % 2))
        return Detection(frame, landmarks[:, :2] * 200 + 300, landmarks, np.ones(33))

    def close(self):
        self.closed = True


def frame(index, time_s=None):
    return Frame(np.zeros((4, 6, 3), np.uint8), index, index / 30 if time_s is None else time_s)


@pytest.fixture
def pipeline(standing_ray, tiny_refiner_path):
    with Pipeline(FakeDetector(standing_ray, empty=[2]), DepthRefiner(tiny_refiner_path)) as pipeline:
        yield pipeline


def test_a_packet_carries_raw_and_refined(pipeline, standing_ray):
    packet = pipeline.process(frame(0))
    np.testing.assert_allclose(packet.raw_m, standing_ray)
    np.testing.assert_allclose(packet.joints_m, standing_ray * [1, 1, 0.5], atol=1e-6)
    assert packet.viewpoint.azimuth_deg == pytest.approx(0)
    assert packet.refine_s > 0


def test_refinement_can_be_switched_off_and_on(pipeline, standing_ray):
    pipeline.refinement_on = False
    packet = pipeline.process(frame(0))
    np.testing.assert_array_equal(packet.joints_m, packet.raw_m)
    assert np.isnan(packet.uncertainty_m).all()
    assert packet.viewpoint.azimuth_deg == pytest.approx(0, abs=1e-6)
    pipeline.refinement_on = True
    assert pipeline.process(frame(1)).uncertainty_m[0] == pytest.approx(0.05)


def test_nobody_is_nan_and_no_viewpoint(pipeline):
    pipeline.process(frame(0))
    before = pipeline.process(frame(1)).bone_cv
    packet = pipeline.process(frame(2))
    assert not packet.detection.is_found
    assert np.isnan(packet.joints_m).all()
    assert packet.viewpoint is None
    assert packet.bone_cv == pytest.approx(before)


@pytest.mark.parametrize("time_s", [10.0, 0.0, 1 / 30])
def test_a_gap_or_a_step_back_starts_a_new_stream(pipeline, time_s):
    pipeline.process(frame(0))
    assert pipeline.process(frame(1)).bone_cv > 0
    assert np.isnan(pipeline.process(frame(3, time_s)).bone_cv)


def test_a_run_gives_what_one_frame_after_the_other_gives(standing_ray, tiny_refiner_path):
    frames = [frame(i) for i in range(5)] + [frame(5, 9.0), frame(6, 9.1)]

    def pipeline():
        return Pipeline(FakeDetector(standing_ray, empty=[2]), DepthRefiner(tiny_refiner_path), smooth=True)

    with pipeline() as one, pipeline() as other:
        singly = [one.process(each) for each in frames]
        together = list(other.run(frames))
    assert [packet.detection.frame.index for packet in together] == list(range(7))
    for a, b in zip(singly, together, strict=True):
        np.testing.assert_array_equal(a.joints_m, b.joints_m)
        np.testing.assert_array_equal(a.bone_cv, b.bone_cv)
    assert np.isnan(together[5].bone_cv)


def test_a_run_detects_while_it_refines(standing_ray, tiny_refiner_path):
    detector, detected = FakeDetector(standing_ray), threading.Event()
    with Pipeline(detector, DepthRefiner(tiny_refiner_path)) as pipeline:
        refine, detect = pipeline.stream.refine, detector.detect

        def waiting(*args, time_s):
            if time_s == 0:
                assert detected.wait(10.0)  # comes with the second frame, for which nobody waits
            return refine(*args, time_s=time_s)

        def noted(given):
            if given.index == 1:
                detected.set()
            return detect(given)

        pipeline.stream.refine, detector.detect = waiting, noted
        assert len(list(pipeline.run([frame(0), frame(1)]))) == 2


def test_a_run_that_is_closed_leaves_no_thread_and_an_error_in_it_is_seen(standing_ray, tiny_refiner_path):
    with Pipeline(FakeDetector(standing_ray), DepthRefiner(tiny_refiner_path)) as pipeline:
        packets = pipeline.run(frame(i) for i in range(9))
        assert next(packets).detection.frame.index == 0
        packets.close()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("refine")]
        pipeline.stream.refine = lambda *_, **__: 1 / 0
        with pytest.raises(ZeroDivisionError):
            list(pipeline.run([frame(0)]))


def test_closing_closes_the_detector(standing_ray):
    detector = FakeDetector(standing_ray)
    with Pipeline(detector, None) as pipeline:
        assert not pipeline.refinement_on
    assert detector.closed
