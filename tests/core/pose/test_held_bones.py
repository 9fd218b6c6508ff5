import numpy as np
import pytest

from core.pose.held_bones import bones_seen, held_bones
from core.pose.humanoid import BONE, BONE_NAMES, N_BONES
from core.pose.rotations import global_from_local, global_rotations, local_from_global

REST = [0.0, 0.0, 0.0, 1.0]


@pytest.fixture
def local(random_landmarks):
    """(60, 19, 4)."""
    return local_from_global(global_rotations(random_landmarks))


def all_seen(n=60):
    return np.ones((n, N_BONES), dtype=bool)


def test_which_bones_landmarks_show():
    assert bones_seen(np.ones((2, 33), bool)).all()
    landmarks = np.ones(33, bool)
    landmarks[[23, 24]] = False  # a desk hides the hips
    hidden = {name for name, is_seen in zip(BONE_NAMES, bones_seen(landmarks), strict=True) if not is_seen}
    assert hidden == {"Hips", "Spine", "LeftUpperLeg", "RightUpperLeg"}


def test_what_is_all_seen_stays_as_it_is(local):
    assert held_bones(local, all_seen()) is local


def test_an_unseen_bone_keeps_its_last_turn_and_what_is_further_out_its_true_direction(local):
    seen = all_seen()
    elbow = BONE["LeftUpperArm"]
    seen[20:40, elbow] = False
    result = held_bones(local, seen)
    np.testing.assert_allclose(np.abs(result[20:40, elbow]), np.abs(local[[19] * 20, elbow]), atol=1e-9)
    moved, true = global_from_local(result), global_from_local(local)
    others = [bone for bone in range(N_BONES) if bone != elbow]
    np.testing.assert_allclose(moved[:, others], true[:, others], atol=1e-6)
    assert np.abs(moved[30, elbow] - true[30, elbow]).max() > 0.01


def test_before_the_first_that_one_and_never_seen_the_rest_pose(local):
    seen = all_seen()
    seen[:10, BONE["LeftFoot"]] = False
    seen[:, BONE["RightLowerLeg"]] = False
    result = held_bones(local, seen)
    np.testing.assert_allclose(result[:10, BONE["LeftFoot"]], local[[10] * 10, BONE["LeftFoot"]], atol=1e-6)
    np.testing.assert_allclose(result[:, BONE["RightLowerLeg"]], [REST] * 60)


def test_where_nobody_is_the_whole_pose_is_held(local):
    local = local.copy()
    local[5:8] = np.nan
    result = held_bones(local, all_seen())
    np.testing.assert_allclose(result[5:8], local[[4] * 3], atol=1e-6)


def test_frame_by_frame_gives_the_same_as_all_at_once(local):
    seen = all_seen()
    seen[20:40, [BONE["LeftUpperArm"], BONE["Hips"]]] = False
    held, frames = local[0], []
    for turns, bones in zip(local, seen, strict=True):
        held = held_bones(turns[None], bones[None], held)[0]
        frames.append(held)
    turns = [global_from_local(np.array(a)) for a in (frames, held_bones(local, seen))]
    np.testing.assert_allclose(*turns, atol=1e-6)
