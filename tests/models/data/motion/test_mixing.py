import numpy as np
import pytest

from models.data.motion.mixing import (
    PARTS,
    bent,
    chest_axes,
    mirrored,
    pelvis_axes,
    seated,
    tilted,
    with_part_of,
    with_turned_arm,
)
from models.data.motion.types import INDEX


@pytest.fixture
def swing(make_motion):
    motion = make_motion()
    return motion.positions_m, motion.head_forward


def lengths(joints, *chain):
    places = joints[:, [INDEX[name] for name in chain]]
    return np.linalg.norm(np.diff(places, axis=1), axis=-1)


def test_mirroring_twice_changes_nothing(swing):
    once = mirrored(*swing)
    twice = mirrored(*once)

    np.testing.assert_array_equal(twice[0], swing[0])
    np.testing.assert_array_equal(twice[1], swing[1])
    # the left wrist now does what the right one did
    np.testing.assert_allclose(once[0][:, INDEX["left_wrist"], 1], swing[0][:, INDEX["right_wrist"], 1])


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_same_motion_changes_nothing(swing, part):
    joints, _ = swing
    turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # the other may face another way
    np.testing.assert_allclose(with_part_of(joints, joints @ turn.T + 3, part), joints, atol=1e-12)


def test_only_the_part_moves_and_it_moves_as_in_the_other(swing):
    joints, _ = swing
    other = joints[::-1].copy()

    mixed = with_part_of(joints, other, "left arm")

    still = [i for i in range(joints.shape[1]) if i not in PARTS["left arm"]]
    np.testing.assert_array_equal(mixed[:, still], joints[:, still])
    np.testing.assert_allclose(mixed[:, PARTS["left arm"]], other[:, PARTS["left arm"]], atol=1e-12)


def test_bending_keeps_legs_and_all_lengths(swing):
    joints, forward = swing
    moved, face = bent(joints, forward, np.deg2rad([20, 15, 10]), 30.0, np.random.default_rng(0))

    legs = PARTS["legs"]
    np.testing.assert_array_equal(moved[:, legs], joints[:, legs])
    for chain in (("pelvis", "spine", "neck", "head"), ("left_shoulder", "left_elbow", "left_wrist")):
        np.testing.assert_allclose(lengths(moved, *chain), lengths(joints, *chain))
    lean = np.rad2deg(np.arccos(chest_axes(moved)[:, 1, 1]))
    assert 5 < lean.max() < 80
    np.testing.assert_allclose(np.linalg.norm(face, axis=1), 1)


def test_a_turned_arm_turns_about_its_shoulder(swing):
    joints, _ = swing
    # about the axis that points to the left, a quarter turn back-to-front takes a hanging arm forward
    moved = with_turned_arm(joints, "right", np.array([-np.pi / 2, 0, 0]))

    shoulder, elbow = INDEX["right_shoulder"], INDEX["right_elbow"]
    hanging = joints[0, elbow] - joints[0, shoulder]
    np.testing.assert_allclose(moved[0, elbow] - moved[0, shoulder], (hanging[0], 0, -hanging[1]), atol=1e-9)
    np.testing.assert_array_equal(moved[:, PARTS["left arm"]], joints[:, PARTS["left arm"]])


def test_a_seated_person_has_knees_ahead_and_shins_down(swing):
    joints, _ = swing
    moved = seated(joints, np.random.default_rng(1))

    ahead = pelvis_axes(moved)[0, :, 2]
    for side in ("left", "right"):
        hip, knee, ankle = (moved[0, INDEX[f"{side}_{n}"]] for n in ("hip", "knee", "ankle"))
        assert (knee - hip) @ ahead > 0.25
        assert ankle[1] < knee[1] - 0.25
        assert abs((ankle - knee) @ ahead) < 0.3
        chain = [f"{side}_{n}" for n in ("hip", "knee", "ankle", "toe")]
        np.testing.assert_allclose(lengths(moved, *chain), lengths(joints, *chain))


def test_tilting_is_rigid_and_by_the_given_angle(swing):
    joints, forward = swing
    moved, _ = tilted(joints, forward, 90.0, np.random.default_rng(2))

    np.testing.assert_allclose(pelvis_axes(moved)[:, 1, 1], 0, atol=1e-9)
    np.testing.assert_allclose(
        np.linalg.norm(moved - moved[:, :1], axis=-1), np.linalg.norm(joints - joints[:, :1], axis=-1)
    )
