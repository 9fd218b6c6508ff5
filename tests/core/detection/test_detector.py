"""Real MediaPipe on the sample clip."""

import numpy as np
import pytest

from core.detection.bundle import load_pose_model
from core.detection.detector import PoseDetector
from core.pose.skeleton import BODY, LANDMARK_TO_COCO
from core.pose.types import Frame
from core.sequence.pairs import load_pairs
from core.sources import open_source
from core.system.files.program import ASSETS

pytestmark = pytest.mark.detect


@pytest.fixture(scope="module")
def frames():
    source = open_source(ASSETS / "sample.mp4", end_s=0.5)
    found = list(source.frames())
    source.close()
    return found


@pytest.mark.parametrize("mode", ["video", "image"])
def test_landmarks_are_in_pixels_and_in_the_view_ray_frame(frames, mode):
    truth = load_pairs(ASSETS / "sample_truth.npz")
    with PoseDetector(load_pose_model("full"), mode) as detector:
        for frame, joints, pixels in zip(frames, truth.ground_truth, truth.pose_2d, strict=False):
            detection = detector.detect(frame)
            assert detection.is_found
            found = detection.landmarks_m[LANDMARK_TO_COCO]
            assert np.linalg.norm((found - joints)[BODY], axis=1).mean() < 0.2
            apart = np.linalg.norm((detection.landmarks_px[LANDMARK_TO_COCO] - pixels)[BODY], axis=1)
            assert np.median(apart) < 10
            assert ((detection.visibility >= 0) & (detection.visibility <= 1)).all()


def test_tracking_is_the_same_from_run_to_run(frames):
    def run():
        with PoseDetector(load_pose_model("full")) as detector:
            return np.stack([detector.detect(frame).landmarks_m for frame in frames])

    np.testing.assert_array_equal(run(), run())


def test_times_that_repeat_or_go_back_do_not_stop_tracking(frames):
    with PoseDetector(load_pose_model("full")) as detector:
        for time_s in (0.0, 0.0, 0.0001, 5.0, 1.0):
            assert detector.detect(Frame(frames[0].image, 0, time_s)).is_found


def test_nobody_is_nan_and_nothing_is_printed(capfd):
    with PoseDetector(load_pose_model("full")) as detector:
        detection = detector.detect(Frame(np.zeros((48, 64, 3), np.uint8), 0, 0.0))
    assert not detection.is_found
    assert np.isnan(detection.landmarks_px).all()
    assert (detection.visibility == 0).all()
    assert capfd.readouterr().err == ""


def test_closing_twice_is_fine():
    detector = PoseDetector(load_pose_model("full"))
    detector.close()
    detector.close()
