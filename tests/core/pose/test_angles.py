import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from core.errors import DataError
from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.angles.summary import summarise
from core.pose.skeleton import LANDMARK_NAMES
from tests.core.angle_bodies import body

HEADING = Rotation.from_euler("y", 73, degrees=True)


def angles(points):
    return dict(zip(ANGLE_NAMES, joint_angles(points)[0], strict=True))


def assert_angles(points, **expected):
    got = angles(points)
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, abs=1e-6), name


def test_standing_upright_all_angles_that_can_be_seen_are_zero():
    got = angles(body(turn=HEADING))
    for name, value in got.items():
        if "rotation" in name.replace("trunk_rotation", "").replace("neck_rotation", "") or "plane" in name:
            assert np.isnan(value), name
        else:
            assert value == pytest.approx(0, abs=1e-6), name


def test_a_squat_to_90_degrees_gives_90():
    both = {"right": 90, "left": 90}
    squat = body(hip={"right": (90, 0, 0), "left": (90, 0, 0)}, knee=both, turn=HEADING)
    assert_angles(squat, right_knee_flexion=90, left_knee_flexion=90, right_hip_flexion=90, left_hip_flexion=90)
    assert_angles(squat, right_hip_abduction=0, right_hip_rotation=0, left_hip_rotation=0, trunk_flexion=0)


def test_a_squat_leaning_forward_adds_the_lean_to_the_hip_and_shows_it_at_the_trunk():
    lean = HEADING * Rotation.from_euler("z", -35, degrees=True)
    squat = body(hip={"right": (125, 0, 0), "left": (125, 0, 0)}, knee={"right": 90, "left": 90}, turn=lean)
    assert_angles(squat, right_hip_flexion=125, right_knee_flexion=90, trunk_flexion=35, trunk_side_bend=0)


def test_the_same_movement_has_the_same_sign_on_both_sides():
    sides = {"right": (20, 30, 15), "left": (20, 30, 15)}
    got = angles(body(hip=sides, knee={"right": 60, "left": 60}, shoulder=sides, elbow={"right": 80, "left": 80}))
    for name in ("hip_flexion", "hip_abduction", "hip_rotation", "shoulder_elevation", "shoulder_plane"):
        assert got[f"right_{name}"] == pytest.approx(got[f"left_{name}"]), name
    assert_angles(body(hip=sides, knee={"right": 60}), right_hip_flexion=20, right_hip_abduction=30)
    assert got["right_hip_rotation"] == pytest.approx(15)


def test_the_foot_raised_is_positive():
    assert_angles(body(ankle={"right": 20, "left": -35}), right_ankle_dorsiflexion=20, left_ankle_dorsiflexion=-35)


@pytest.mark.parametrize("side", ["right", "left"])
def test_an_arm_to_the_side_has_plane_0_and_to_the_front_90(side):
    aside, front = body(shoulder={side: (0, 90, 0)}), body(shoulder={side: (60, 0, 0)})
    assert_angles(aside, **{f"{side}_shoulder_elevation": 90, f"{side}_shoulder_plane": 0})
    assert_angles(front, **{f"{side}_shoulder_elevation": 60, f"{side}_shoulder_plane": 90})


@pytest.mark.parametrize("side", ["right", "left"])
def test_the_hand_before_the_belly_is_rotation_inward(side):
    bent = {side: 90}
    assert_angles(body(shoulder={side: (0, 0, 40)}, elbow=bent), **{f"{side}_shoulder_rotation": 40})
    # arm to the side, forearm up: turned outward by 90 from forearm forward
    assert_angles(body(shoulder={side: (0, 90, -90)}, elbow=bent), **{f"{side}_shoulder_rotation": -90})


def test_bending_and_turning_of_the_trunk():
    to_the_right = HEADING * Rotation.from_euler("x", 25, degrees=True)
    assert_angles(body(turn=to_the_right), trunk_side_bend=25, trunk_flexion=0)
    assert_angles(body(trunk_turn=30, turn=HEADING), trunk_rotation=30, neck_rotation=0)


def test_the_head_nods_tilts_and_turns():
    assert_angles(body(neck=(20, 0, 0), turn=HEADING), neck_flexion=20, neck_side_bend=0, neck_rotation=0)
    assert_angles(body(neck=(0, 15, 0), turn=HEADING), neck_flexion=0, neck_side_bend=15)
    assert_angles(body(neck=(0, 0, 50), turn=HEADING), neck_flexion=0, neck_rotation=50)


degrees = st.floats(-60, 60)


@given(
    side=st.sampled_from(["right", "left"]), flexion=degrees, abduction=st.floats(-40, 60), rotation=degrees,
    knee=st.floats(30, 140), turn=st.tuples(st.floats(-180, 180), degrees, degrees),
)  # fmt: skip
def test_any_hip_is_read_back_however_the_body_lies(side, flexion, abduction, rotation, knee, turn):
    whole = Rotation.from_euler("yxz", turn, degrees=True)
    points = body(hip={side: (flexion, abduction, rotation)}, knee={side: knee}, turn=whole)
    expected = {"hip_flexion": flexion, "hip_abduction": abduction, "hip_rotation": rotation, "knee_flexion": knee}
    assert_angles(points, **{f"{side}_{name}": value for name, value in expected.items()})


def test_rotation_about_a_straight_limb_is_not_made_up():
    got = angles(body(hip={"right": (10, 5, 30)}, knee={"right": 10}, shoulder={"left": (40, 0, 0)}))
    assert np.isnan(got["right_hip_rotation"])
    assert np.isnan(got["left_shoulder_rotation"])
    assert got["right_hip_flexion"] == pytest.approx(10)


def test_a_missing_landmark_leaves_the_other_angles_alone():
    points = body(knee={"right": 40, "left": 50})
    points[0, LANDMARK_NAMES.index("right_ankle")] = np.nan
    got = angles(points)
    assert np.isnan(got["right_knee_flexion"])
    assert got["left_knee_flexion"] == pytest.approx(50)


def test_summary_has_ranges_and_symmetry():
    swing = np.linspace(0, 60, 201)
    series = np.concatenate([joint_angles(body(knee={"right": a, "left": a / 2})) for a in swing])
    summary = summarise(series)
    assert summary["right_knee_flexion"]["range_deg"] == pytest.approx(60 * 0.96, abs=0.5)
    assert summary["knee_flexion"]["symmetry_index_percent"] == pytest.approx(200 / 3, abs=0.5)

    empty = summarise(np.zeros((0, len(ANGLE_NAMES))))
    assert empty["right_knee_flexion"]["range_deg"] is None


def test_wrong_shapes_are_refused():
    with pytest.raises(DataError, match=r"any, 33, 3"):
        joint_angles(np.zeros((4, 17, 3)))
