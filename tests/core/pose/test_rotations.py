import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.errors import DataError
from core.pose.humanoid import BONE, BONE_NAMES, JOINT_NAMES, PARENTS, Humanoid, humanoid_joints, joint_lengths
from core.pose.rotations import global_from_local, global_rotations, solve_motion

LEFT_KNEE, LEFT_ELBOW = 25, 13


def angle_deg(motion, bone, expected):
    """Angle between a bone's local rotation in frame 0 and the expected one."""
    return np.rad2deg((Rotation.from_quat(motion.local[0, BONE[bone]]).inv() * expected).magnitude())


def towards(degrees, start, end):
    """Unit vectors turned from one axis towards another."""
    a = np.deg2rad(np.atleast_1d(degrees))[:, None]
    return np.cos(a) * np.array(start, dtype=float) + np.sin(a) * np.array(end, dtype=float)


X, Y, Z = np.eye(3)


def test_a_t_pose_turns_nothing(make_landmarks):
    motion = solve_motion(make_landmarks())
    np.testing.assert_allclose(motion.local[0], np.tile([0, 0, 0, 1.0], (19, 1)), atol=1e-12)
    np.testing.assert_allclose(motion.humanoid.rest_joints_m, motion.joints_m()[0], atol=1e-12)


def test_positions_survive_the_way_through_rotations(random_landmarks):
    joints = humanoid_joints(random_landmarks)
    motion = solve_motion(random_landmarks)
    crown = JOINT_NAMES.index("HeadTip")  # not a landmark: it sits on the head, wherever the neck comes from
    error_mm = np.linalg.norm(motion.joints_m() - joints, axis=2) * 1e3
    assert np.delete(error_mm, crown, axis=1).max() < 1e-6


def test_bone_lengths_never_change(random_landmarks):
    stretched = random_landmarks * np.linspace(0.8, 1.2, len(random_landmarks))[:, None, None]
    motion = solve_motion(stretched)
    lengths = joint_lengths(motion.joints_m())
    np.testing.assert_allclose(lengths, np.tile(motion.humanoid.lengths_m, (len(stretched), 1)), atol=1e-12)
    assert motion.humanoid.lengths_m[BONE["LeftLowerLeg"]] == pytest.approx(0.42, abs=0.01)


def test_a_squat_bends_hips_and_knees_about_x(make_landmarks):
    motion = solve_motion(make_landmarks(Lthigh=Z, Rthigh=Z))
    for side in ("Left", "Right"):
        assert angle_deg(motion, f"{side}UpperLeg", Rotation.from_euler("x", -90, degrees=True)) < 1e-6
        assert angle_deg(motion, f"{side}LowerLeg", Rotation.from_euler("x", 90, degrees=True)) < 1e-6
        assert angle_deg(motion, f"{side}Foot", Rotation.identity()) < 1e-6


def test_an_elbow_bends_about_y_and_the_hand_follows(make_landmarks):
    motion = solve_motion(make_landmarks(Lforearm=Z, Lhand=Z, Lacross=-X, Rforearm=Z, Rhand=Z, Racross=X))
    for side, sign in (("Left", -1), ("Right", 1)):
        assert angle_deg(motion, f"{side}UpperArm", Rotation.identity()) < 1e-6
        assert angle_deg(motion, f"{side}LowerArm", Rotation.from_euler("y", sign * 90, degrees=True)) < 1e-6
        assert angle_deg(motion, f"{side}Hand", Rotation.identity()) < 1e-6


@pytest.mark.parametrize("bend", [50.0, 90.0, 140.0])
def test_the_hinge_tells_how_the_upper_arm_is_turned(make_landmarks, bend):
    """Arms out, forearms up like a goalpost: the upper arm has turned by 90 degrees about its own length."""
    motion = solve_motion(make_landmarks(Lforearm=towards(bend, X, Y), Rforearm=towards(bend, -X, Y)))
    assert angle_deg(motion, "LeftUpperArm", Rotation.from_euler("x", -90, degrees=True)) < 1e-6
    assert angle_deg(motion, "LeftLowerArm", Rotation.from_euler("y", -bend, degrees=True)) < 1e-6
    assert angle_deg(motion, "RightUpperArm", Rotation.from_euler("x", -90, degrees=True)) < 1e-6
    assert angle_deg(motion, "RightLowerArm", Rotation.from_euler("y", bend, degrees=True)) < 1e-6


def test_a_straight_limb_says_nothing_about_its_twist(make_landmarks):
    motion = solve_motion(make_landmarks(Lforearm=towards(10.0, X, Y), Lshin=towards(10.0, -Y, X)))
    assert angle_deg(motion, "LeftUpperArm", Rotation.identity()) < 1e-6
    assert angle_deg(motion, "LeftUpperLeg", Rotation.identity()) < 1e-6


def test_a_knee_that_seems_to_bend_forward_does_not_spin_the_thigh(make_landmarks):
    motion = solve_motion(make_landmarks(Lshin=towards(60.0, -Y, Z)))
    assert angle_deg(motion, "LeftUpperLeg", Rotation.identity()) < 1e-6


def test_nothing_jumps_while_an_elbow_bends(make_landmarks):
    n = 121
    side = towards(60.0, Z, Y)
    motion = solve_motion(make_landmarks(n, Lforearm=towards(np.arange(n), X, side[0])))
    turned = Rotation.from_quat(motion.local[:, BONE["LeftUpperArm"]])
    assert np.rad2deg((turned[:-1].inv() * turned[1:]).magnitude()).max() < 4.0


def test_the_trunk_shares_the_turn_between_hips_and_shoulders(make_landmarks):
    motion = solve_motion(
        make_landmarks(shoulders=towards(-40.0, X, Z), ears=towards(-80.0, X, Z), gaze=towards(80.0, Z, X))
    )
    for bone, degrees in (("Hips", 0), ("Spine", 20), ("Chest", 20), ("Neck", 20), ("Head", 20)):
        assert angle_deg(motion, bone, Rotation.from_euler("y", degrees, degrees=True)) < 1e-6, bone


def test_leaning_forward_turns_the_hips_with_the_trunk(make_landmarks):
    motion = solve_motion(make_landmarks(trunk=towards(30.0, Y, Z), neck=towards(30.0, Y, Z)))
    assert angle_deg(motion, "Hips", Rotation.from_euler("x", 30, degrees=True)) < 1e-6
    assert angle_deg(motion, "LeftUpperLeg", Rotation.from_euler("x", -30, degrees=True)) < 1e-6


def test_a_limb_that_points_against_its_rest_pose_keeps_its_place(make_landmarks):
    marks = make_landmarks(Larm=-X, Lforearm=-X, Lthigh=Y, Lshin=Y)
    motion = solve_motion(marks)
    np.testing.assert_allclose(motion.joints_m()[0, BONE["LeftHand"]], marks[0, 15], atol=1e-9)
    np.testing.assert_allclose(motion.joints_m()[0, BONE["LeftFoot"]], marks[0, 27], atol=1e-9)


def test_frames_of_nobody_stay_empty_and_missing_hands_and_feet_go_straight_on(random_landmarks):
    marks = random_landmarks.copy()
    marks[3, LEFT_KNEE] = np.nan
    marks[:, [17, 18, 19, 20, 31, 32]] = np.nan
    motion = solve_motion(marks)
    assert np.isnan(motion.local[3]).all()
    assert np.isfinite(np.delete(motion.local, 3, axis=0)).all()
    np.testing.assert_allclose(motion.local[0, BONE["LeftHand"]], [0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(motion.local[0, BONE["RightFoot"]], [0, 0, 0, 1], atol=1e-9)


def test_nobody_at_all_is_told(random_landmarks):
    with pytest.raises(DataError, match="Nobody is seen"):
        solve_motion(random_landmarks * np.nan)
    with pytest.raises(DataError, match=r"\(any, 33, 3\)"):
        solve_motion(random_landmarks[:, :17])


def test_local_and_global_rotations_are_one_thing(random_landmarks):
    turned = global_rotations(random_landmarks)
    np.testing.assert_allclose(global_from_local(solve_motion(random_landmarks).local), turned, atol=1e-9)


def test_every_bone_has_its_parent_before_it():
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert len(set(JOINT_NAMES)) == len(JOINT_NAMES)
    assert PARENTS[BONE["RightLowerArm"]] == BONE["RightUpperArm"]
    assert BONE_NAMES[PARENTS[JOINT_NAMES.index("LeftFootTip")]] == "LeftFoot"


def test_lengths_are_medians_without_what_is_missing(random_landmarks):
    joints = humanoid_joints(random_landmarks)
    joints[0] *= 3
    joints[1, BONE["LeftHand"]] = np.nan
    assert Humanoid.from_joints(joints).lengths_m[BONE["LeftHand"]] == pytest.approx(0.25)
