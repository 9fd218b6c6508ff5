"""MediaPipe is played by a detector that sees a bright spot as a person, and always a little too far to the right."""

import numpy as np
import pytest

from core.detection.bundle import PoseModel
from core.detection.looks import Look
from core.pose.skeleton import LANDMARK_TO_COCO, N_LANDMARKS, SIDE
from core.pose.types import Detection, Frame
from models.data import looks
from models.data.looks import LoadedLook
from models.data.multiview import video_detection as detect
from models.data.multiview.video_detection import DetectedVideo, detect_keypoints, detect_video

SIZE = (400, 300)
BIAS_PX = 1.5
SPOTS = [(100.0, 150.0), (140.0, 150.0), (180.0, 150.0)]
OTHER = (330.0, 150.0)


def body(spot, scale=1.0):
    """(33, 2) a person around a spot who faces the camera: their left is at the right of the image."""
    landmarks = np.full((N_LANDMARKS, 2), np.nan)
    heights = -60 + 15.0 * ((np.arange(17) + 1) // 2)
    landmarks[LANDMARK_TO_COCO] = np.column_stack([spot[0] + 15 * SIDE, spot[1] + heights])
    return np.nan_to_num(landmarks, nan=spot[0])


class FakeDetector:
    def __init__(self, model, mode="video", *, n_people=1):
        self.n_people = n_people
        self.images = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def detect_all(self, frame):
        self.images.append(frame.image)
        places = np.argwhere(frame.image[..., 0] > 200)
        found = []
        for y, x in places[: self.n_people]:
            pixels = body((float(x), float(y)))
            pixels[:, 0] += BIAS_PX
            found.append(Detection(frame, pixels, np.zeros((N_LANDMARKS, 3)), np.full(N_LANDMARKS, 0.9)))
        return found

    def detect(self, frame):
        found = self.detect_all(frame)
        nan = np.full((N_LANDMARKS, 3), np.nan)
        return found[0] if found else Detection(frame, nan[:, :2], nan, np.zeros(N_LANDMARKS))


class FakeSource:
    def __init__(self, spots, others=()):
        self.spots, self.others = spots, others

    def frames(self):
        for index, spot in enumerate(self.spots):
            image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            for x, y in (spot, *self.others):
                if np.isfinite(x):
                    image[int(y), int(x)] = 255
            yield Frame(image, index, index / 30)

    def close(self):
        pass


@pytest.fixture
def video(tmp_path, monkeypatch):
    """Return a maker of (path, model, or looks with it) of a fake video."""

    def make(spots=SPOTS, others=(), mirrored=None):
        monkeypatch.setattr(detect, "open_source", lambda path: FakeSource(spots, others))
        for module in (detect, looks):
            monkeypatch.setattr(module, "PoseDetector", FakeDetector)
        model = PoseModel(tmp_path / "a.task", "full", "abc")
        if mirrored is None:
            return tmp_path / "a.mp4", model
        return tmp_path / "a.mp4", [LoadedLook(Look("full", is_mirrored), model) for is_mirrored in mirrored]

    return make


def live_of(spots, off_px=0.0):
    pixels = np.stack([body(spot) + off_px for spot in spots])
    found = np.where(np.isfinite(pixels[..., :1]), 0.0, np.nan).repeat(3, -1)
    n = len(spots)
    return DetectedVideo(pixels, found, np.full((n, N_LANDMARKS), 0.8), np.arange(n), np.arange(n) / 30, SIZE)


def test_the_mirror_takes_the_bias_away_and_keeps_sides(video):
    keypoints, trust = detect_keypoints(*video(), live_of(SPOTS))
    expected = np.stack([body(spot)[LANDMARK_TO_COCO] for spot in SPOTS])
    # a pixel has its centre half a pixel from its corner, which the fake does not know
    np.testing.assert_allclose(keypoints, expected, atol=0.51)
    assert (trust > 0.2).all()


def test_of_two_people_the_one_who_was_followed_counts(video):
    near = (SPOTS[0][0] + 70, 150.0)
    keypoints, _ = detect_keypoints(*video(SPOTS[:1], [near]), live_of([near]))
    np.testing.assert_allclose(keypoints[0], body(near)[LANDMARK_TO_COCO], atol=0.51)


def test_when_only_somebody_else_is_seen_the_live_joints_count_half(video):
    live = live_of([(100.0, 150.0)])
    keypoints, trust = detect_keypoints(*video([(160.0, 150.0)]), live)
    np.testing.assert_allclose(keypoints[0], live.joints_px[0])
    np.testing.assert_allclose(trust, 0.4)


def test_frames_without_anybody_stay_unknown(video):
    live = live_of([SPOTS[0], (np.nan, np.nan), SPOTS[2]])
    keypoints, trust = detect_keypoints(*video(), live)
    assert np.isnan(keypoints[1]).all()
    assert (trust[1] == 0).all()
    assert np.isfinite(keypoints[[0, 2]]).all()


def test_outside_the_box_everything_is_grey(video):
    boxes = np.array([[60, 60, 200, 250], [np.nan] * 4, [300, 60, 390, 250]])
    found, mirrored = detect_video(*video(SPOTS, [OTHER], (False, True)), boxes=boxes)
    assert mirrored.is_found.tolist() == [True, False, True]
    # found a little too far left by the one, too far right by the other
    np.testing.assert_allclose(mirrored.joints_px[0, 0, 0], SPOTS[0][0] - BIAS_PX, atol=1.01)
    assert found.is_found.tolist() == [True, False, True]
    np.testing.assert_allclose(found.joints_px[0, 0, 0], SPOTS[0][0] + BIAS_PX)
    np.testing.assert_allclose(found.joints_px[2, 0, 0], OTHER[0] + BIAS_PX)
    assert found.image_size == SIZE


def test_times_that_are_given_replace_those_of_the_video(video):
    (found,) = detect_video(*video(mirrored=[False]), times_s=np.array([0.0, 0.17, 0.33]))
    np.testing.assert_allclose(found.time_s, [0.0, 0.17, 0.33])
