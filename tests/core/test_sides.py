import numpy as np
import pytest

from core.sides import swapped_frames
from core.skeleton import SWAP_SIDES


def still(standing, n=120):
    return np.repeat(standing[None, :, :2] * 300 + 500, n, axis=0)


def walker(standing, n, fps):
    """A person seen from the side, whose legs and arms swing: left and right change places in the image."""
    swing = np.sin(np.arange(n) / fps * 2 * np.pi)
    joints = np.repeat(standing[None], n, axis=0) * [0.2, 1, 1]
    for left, right, reach in ((13, 14, 0.15), (15, 16, 0.3), (9, 10, -0.3)):
        joints[:, left, 0] += reach * swing
        joints[:, right, 0] -= reach * swing
    return joints[..., :2] * 300


def swap(pose_2d, frames):
    result = pose_2d.copy()
    result[frames] = result[frames][:, SWAP_SIDES]
    return result


@pytest.mark.parametrize("fps", [25, 60, 120])
def test_a_short_swap_is_found(standing_ray, fps):
    pose = swap(still(standing_ray, 3 * fps), slice(fps, fps + fps // 3))
    found = swapped_frames(pose, np.arange(len(pose)) / fps)
    np.testing.assert_array_equal(np.flatnonzero(found), np.arange(fps, fps + fps // 3))


def test_a_wrong_beginning_is_found(standing_ray):
    pose = swap(still(standing_ray), slice(0, 8))
    np.testing.assert_array_equal(np.flatnonzero(swapped_frames(pose, np.arange(120) / 30)), np.arange(8))


def test_what_lasts_is_believed(standing_ray):
    found = swapped_frames(swap(still(standing_ray), slice(60, None)), np.arange(120) / 30)
    assert not found[:50].any()
    assert not found[80:].any()


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_a_walker_seen_from_the_side_is_left_alone(standing_ray, fps):
    pose = walker(standing_ray, 4 * fps, fps)
    assert not swapped_frames(pose, np.arange(len(pose)) / fps).any()


def test_frames_far_apart_say_nothing(standing_ray):
    pose = swap(still(standing_ray, 10), [4, 5])
    assert not swapped_frames(pose, np.arange(10) * 0.2).any()


def test_frames_without_a_person_are_a_gap_and_never_swapped(standing_ray):
    pose = swap(still(standing_ray), slice(30, 40))
    pose[20:30] = np.nan
    found = swapped_frames(pose, np.arange(120) / 30)
    assert not found[:30].any()


@pytest.mark.parametrize("n", [0, 1])
def test_too_short_a_stream(n):
    assert swapped_frames(np.zeros((n, 17, 2)), np.zeros(n)).shape == (n,)
