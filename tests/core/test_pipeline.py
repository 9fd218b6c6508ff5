import numpy as np
import pytest

from core.detector import nobody
from core.pipeline import Pipeline
from core.refiner import DepthRefiner
from core.skeleton import LANDMARK_TO_COCO
from core.types import Detection, Frame


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


def test_closing_closes_the_detector(standing_ray):
    detector = FakeDetector(standing_ray)
    with Pipeline(detector, None) as pipeline:
        assert not pipeline.refinement_on
    assert detector.closed
