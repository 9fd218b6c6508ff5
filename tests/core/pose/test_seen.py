import numpy as np
import pytest

from core.pose.seen import MIN_VISIBILITY, joints_of, seen_landmarks
from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS

SIZE = (640, 480)
MIDDLE = np.full((N_LANDMARKS, 2), 200.0)


def name_of(landmarks):
    return {LANDMARK_NAMES[i] for i in np.flatnonzero(landmarks)}


def with_visibility(joint, value):
    visibility = np.ones(N_JOINTS)
    visibility[joint] = value
    return visibility


def test_everything_in_the_picture_and_visible_is_seen():
    assert seen_landmarks(MIDDLE, np.ones(N_JOINTS), SIZE).all()


def test_a_hidden_joint_takes_its_hand_or_foot_along():
    hidden = ~seen_landmarks(MIDDLE, with_visibility(9, MIN_VISIBILITY - 0.01), SIZE)
    assert name_of(hidden) == {"left_wrist", "left_pinky", "left_index", "left_thumb"}
    assert seen_landmarks(MIDDLE, with_visibility(9, MIN_VISIBILITY), SIZE).all()


@pytest.mark.parametrize("place", [(-1, 200), (641, 200), (200, -1), (200, 481)])
def test_what_lies_beyond_the_picture_is_not_seen_however_sure_the_detector_is(place):
    pixels = MIDDLE.copy()
    pixels[LANDMARK_NAMES.index("left_knee")] = place
    assert name_of(~seen_landmarks(pixels, np.ones(N_JOINTS), SIZE)) == {"left_knee"}
    assert seen_landmarks(pixels, np.ones(N_JOINTS), (0, 0)).all()  # nobody knows where this picture ends


def test_zero_takes_every_guess_and_one_may_ask_for_more():
    pixels = MIDDLE - 1000.0
    assert seen_landmarks(pixels, np.zeros(N_JOINTS), SIZE, min_visibility=0.0).all()
    half = np.full(N_JOINTS, 0.5)
    assert seen_landmarks(MIDDLE, half, SIZE).all()
    assert not seen_landmarks(MIDDLE, half, SIZE, min_visibility=0.6).any()


def test_unknown_visibility_is_none_and_unknown_pixels_are_nowhere_outside():
    assert not seen_landmarks(MIDDLE, np.full(N_JOINTS, np.nan), SIZE).any()
    assert seen_landmarks(np.full_like(MIDDLE, np.nan), np.ones(N_JOINTS), SIZE).all()


def test_only_the_upper_half_keeps_the_hips():
    seen = seen_landmarks(MIDDLE[None], np.ones((1, N_JOINTS)), SIZE, only="upper")
    assert {name.partition("_")[2] for name in name_of(~seen[0])} == {"knee", "ankle", "heel", "foot_index"}
    assert joints_of(seen).tolist() == [[True] * 13 + [False] * 4]
    assert joints_of(seen).shape == (1, len(LANDMARK_TO_COCO))
