import numpy as np
import pytest

from core.pose.skeleton import SWAP_SIDES
from core.refinement.left_right_swap import LeftRightTracker, swap_left_right, swapped_frames


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


def followed(pose_2d, fps):
    keeper = LeftRightTracker()
    return np.array([keeper.is_swapped(pose, t / fps) for t, pose in enumerate(pose_2d)])


@pytest.mark.parametrize("fps", [25, 60, 120])
def test_a_short_swap_is_found(standing_ray, fps):
    pose = swap(still(standing_ray, 3 * fps), slice(fps, fps + fps // 3))
    found = swapped_frames(pose, np.arange(len(pose)) / fps)
    np.testing.assert_array_equal(np.flatnonzero(found), np.arange(fps, fps + fps // 3))


def test_a_wrong_beginning_or_end_does_not_spoil_what_is_right(standing_ray):
    pose = swap(swap(still(standing_ray), slice(0, 5)), slice(112, 120))
    assert not swapped_frames(pose, np.arange(120) / 30)[5:112].any()
    assert not followed(pose, 30)[5:112].any()


@pytest.mark.parametrize("fps", [25, 60])
def test_a_swap_of_arms_a_frame_before_the_legs_is_found(standing_ray, fps):
    pose = swap(still(standing_ray, 3 * fps), slice(fps + 1, fps + fps // 4))
    arms = np.r_[5:11]
    for t in (fps, fps + fps // 4):  # one frame in which only the arms have changed, into the swap and out of it
        pose[t] = pose[0]
        pose[t][arms] = pose[0][SWAP_SIDES][arms]
    inside = np.arange(fps + 1, fps + fps // 4)
    assert swapped_frames(pose, np.arange(len(pose)) / fps)[inside].all()
    assert followed(pose, fps)[inside].all()
    assert not followed(pose, fps)[inside[-1] + 2 :].any()


@pytest.mark.parametrize("fps", [20, 30, 60, 120])
def test_a_short_swap_is_undone_while_it_happens(standing_ray, fps):
    pose = swap(still(standing_ray, 3 * fps), slice(fps, fps + fps // 3))
    np.testing.assert_array_equal(np.flatnonzero(followed(pose, fps)), np.arange(fps, fps + fps // 3))


def test_live_too_what_lasts_is_believed_after_half_a_second(standing_ray):
    found = followed(swap(still(standing_ray), slice(60, None)), 30)
    assert found[60:74].all()
    assert not found[:60].any()
    assert not found[75:].any()


def test_what_was_there_for_a_moment_only_is_not_insisted_on(standing_ray):
    keeper = LeftRightTracker()
    poses = swap(still(standing_ray, 60), slice(0, 4))
    times = np.arange(60) / 30
    assert not any(keeper.is_swapped(pose, now) for now, pose in zip(times, poses, strict=True))
    keeper.reset()  # after a pause it begins anew
    assert not any(keeper.is_swapped(pose, 3.0 + now) for now, pose in zip(times, poses, strict=True))


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_who_spins_round_is_not_swapped(standing_ray, fps):
    """Once round in 0.8 s: shoulders and hips change places in the image every 0.4 s."""
    angle = np.arange(3 * fps) / fps / 0.8 * 2 * np.pi
    x, y, z = np.moveaxis(standing_ray, -1, 0)
    turned = np.cos(angle)[:, None] * x + np.sin(angle)[:, None] * z
    pose = 300 * np.stack([turned, np.broadcast_to(y, turned.shape)], axis=-1)
    assert not followed(pose, fps).any()
    assert not swapped_frames(pose, np.arange(len(pose)) / fps).any()


def test_half_an_exchange_is_none(standing_ray):
    """Somebody half turned within a frame is a little nearer to their own mirror image, which proves nothing."""
    pose = still(standing_ray, 60)
    pose[30:] = 0.4 * pose[30:] + 0.6 * pose[30:][:, SWAP_SIDES]
    assert not followed(pose, 30).any()


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_a_walker_is_left_alone_live(standing_ray, fps):
    assert not followed(walker(standing_ray, 4 * fps, fps), fps).any()


def test_exchanging_twice_gives_back_all_but_the_depth(standing_ray):
    rng = np.random.default_rng(0)
    pose = standing_ray + rng.normal(0, 0.1, (17, 3)), rng.uniform(size=17), rng.uniform(size=(17, 2))
    once = swap_left_right(*pose)
    np.testing.assert_array_equal(once[0][5, :2], pose[0][6, :2])
    np.testing.assert_array_equal(once[2][16], pose[2][15])
    for again, before in zip(swap_left_right(*once), pose, strict=True):
        np.testing.assert_array_equal(again[..., :2], before[..., :2])
    assert not once[0][:, 2].any()


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
