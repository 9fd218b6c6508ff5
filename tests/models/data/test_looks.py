import numpy as np
import pytest

from core.detection.looks import Look
from core.detection.mirrored import unmirrored
from core.errors import SettingsError
from core.pose.skeleton import LANDMARK_NAMES
from core.pose.types import Detection, Frame
from models.data import looks
from models.data.look_folders import parse_looks
from models.data.looks import LoadedLook, observe_each


def test_looks_are_spelled_as_variants_and_their_mirror_images():
    assert parse_looks("full, heavy-mirrored,full") == ("full", "heavy-mirrored")
    for text in ("", ",", "huge", "full,mirrored"):
        with pytest.raises(SettingsError, match="full-mirrored"):
            parse_looks(text)


class Eye:
    """Sees the brightest pixel as the left wrist, and remembers by itself how often it looked."""

    def __init__(self, model, mode):
        assert mode == "video"
        self.n = 0

    def detect(self, frame):
        self.n += 1
        y, x = np.unravel_index(frame.image[..., 0].argmax(), frame.image.shape[:2])
        pixels, world = np.zeros((33, 2)), np.zeros((33, 3))
        pixels[LANDMARK_NAMES.index("left_wrist")] = x + 0.5, y + 0.5
        world[LANDMARK_NAMES.index("left_wrist")] = 0.3, 0.2, 0.1
        return Detection(frame, pixels, world, np.full(33, self.n / 10))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_every_look_tracks_by_itself_and_answers_in_the_image_that_was_given(monkeypatch):
    monkeypatch.setattr(looks, "PoseDetector", Eye)
    image = np.zeros((4, 10, 3), np.uint8)
    image[1, 2] = 255
    frames = [Frame(image, i, i / 30) for i in range(3)]

    both = [LoadedLook(Look("full", is_mirrored), None) for is_mirrored in (False, True)]
    plain, mirrored = observe_each(iter(frames), both)

    left, right = (LANDMARK_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
    assert [d.visibility[0] for d in plain] == [d.visibility[0] for d in mirrored] == [0.1, 0.2, 0.3]
    assert all(
        d.frame.size_px == frame.size_px and d.frame.time_s == frame.time_s
        for of in (plain, mirrored)
        for d, frame in zip(of, frames, strict=True)
    )
    np.testing.assert_allclose(plain[0].landmarks_px[left], [2.5, 1.5])
    np.testing.assert_allclose(mirrored[0].landmarks_px[right], [2.5, 1.5])
    np.testing.assert_allclose(mirrored[0].landmarks_m[right], [-0.3, 0.2, 0.1])
    np.testing.assert_array_equal(mirrored[0].landmarks_m[left], 0)


def test_a_mirrored_mirror_image_is_what_was_seen():
    rng = np.random.default_rng(0)
    frame = Frame(np.zeros((4, 10, 3), np.uint8), 0, 0.0)
    seen = Detection(frame, rng.normal(size=(33, 2)), rng.normal(size=(33, 3)), rng.random(33))
    twice = unmirrored(unmirrored(seen, frame), frame)
    np.testing.assert_allclose(twice.landmarks_px, seen.landmarks_px)
    np.testing.assert_array_equal(twice.landmarks_m, seen.landmarks_m)
    np.testing.assert_array_equal(twice.visibility, seen.visibility)
