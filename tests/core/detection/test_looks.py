import numpy as np
import pytest

from core.detection.looks import Look, look_names, parse_looks
from core.detection.mirrored import MirroredDetector
from core.detection.quality import LOOKS_OF, QUALITIES, carried_looks
from core.errors import SettingsError
from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_SWAP_SIDES
from core.pose.types import Detection, Frame
from core.settings import Settings


def test_looks_are_spelled_as_variants_and_their_mirror_images():
    looks = parse_looks("full, heavy-mirrored,full")
    assert looks == (Look("full"), Look("heavy", is_mirrored=True))
    assert look_names(looks) == "full,heavy-mirrored"
    assert parse_looks(look_names(looks)) == looks


@pytest.mark.parametrize("text", ["", ",", "huge", "full,mirrored", "full-mirrored-mirrored"])
def test_a_look_that_there_is_not_is_one_sentence(text):
    with pytest.raises(SettingsError, match="full"):
        parse_looks(text)


def test_what_the_user_names_more_exactly_goes_first():
    assert Settings().chosen_looks is None
    assert Settings().file_looks == LOOKS_OF["best"]
    assert Settings(quality="fast").file_looks == (Look("full"),)
    assert Settings(variant="heavy", quality="best").file_looks == (Look("heavy"),)
    assert Settings(variant="heavy", looks="lite,lite-mirrored").file_looks == parse_looks("lite,lite-mirrored")
    for wrong in ({"quality": "good"}, {"looks": "full,none"}, {"variant": "huge"}):
        with pytest.raises(SettingsError):
            Settings(**wrong)
    assert set(LOOKS_OF) | {"automatic"} == set(QUALITIES)


@pytest.mark.parametrize(
    ("fps_of_one", "expected"), [(200.0, "best"), (70.0, "balanced"), (40.0, "fast"), (1.0, "fast")]
)
def test_live_takes_the_most_accurate_that_keeps_up(fps_of_one, expected):
    asked = []

    def rate_of(looks):
        asked.append(looks)
        return fps_of_one / sum(1 if look.variant == "full" else 3 for look in looks) * 2

    expected_looks = LOOKS_OF[expected]
    if fps_of_one == 40.0:
        expected_looks = parse_looks("full,full-mirrored")
    assert carried_looks(30.0, rate_of) == expected_looks
    assert LOOKS_OF["fast"] not in asked  # it is taken without being measured


class Eye:
    """Sees the brightest pixel as the left wrist."""

    def __init__(self):
        self.calls = []

    def detect_all(self, frame):
        y, x = np.unravel_index(frame.image[..., 0].argmax(), frame.image.shape[:2])
        pixels, world = np.zeros((33, 2)), np.zeros((33, 3))
        pixels[LANDMARK_NAMES.index("left_wrist")] = x + 0.5, y + 0.5
        world[LANDMARK_NAMES.index("left_wrist")] = 0.3, 0.2, 0.1
        return [Detection(frame, pixels, world, np.linspace(0, 1, 33))]

    def detect(self, frame):
        return self.detect_all(frame)[0]

    def reset(self):
        self.calls.append("reset")

    def close(self):
        self.calls.append("close")


def test_a_mirrored_look_answers_in_the_picture_that_was_given():
    image = np.zeros((4, 10, 3), np.uint8)
    image[1, 2] = 255
    frame, eye = Frame(image, 3, 0.1), Eye()
    detector = MirroredDetector(eye)
    right = LANDMARK_NAMES.index("right_wrist")
    for seen in (detector.detect(frame), *detector.detect_all(frame)):
        assert seen.frame is frame
        np.testing.assert_allclose(seen.landmarks_px[right], [2.5, 1.5])
        np.testing.assert_allclose(seen.landmarks_m[right], [-0.3, 0.2, 0.1])
        np.testing.assert_array_equal(seen.visibility[LANDMARK_SWAP_SIDES], np.linspace(0, 1, 33))
    detector.reset()
    detector.close()
    assert eye.calls == ["reset", "close"]


def test_sides_are_exchanged_name_by_name():
    pairs = {name: LANDMARK_NAMES[other] for name, other in zip(LANDMARK_NAMES, LANDMARK_SWAP_SIDES, strict=True)}
    assert (pairs["nose"], pairs["left_wrist"], pairs["mouth_right"]) == ("nose", "right_wrist", "mouth_left")
    assert all(name == other if name == "nose" else name != other for name, other in pairs.items())
    np.testing.assert_array_equal(LANDMARK_SWAP_SIDES[LANDMARK_SWAP_SIDES], np.arange(33))
