import numpy as np
import pytest

from app.analysis.angles import KINDS, AnglesView, angle_text, angles_between
from app.session.track import Track
from app.theme import theme_of
from core.pose.angles.joint_angles import ANGLE_NAMES
from core.pose.geometry import rotate
from core.pose.skeleton import LANDMARK_TO_COCO


@pytest.fixture
def squat(make_packet, standing_ray):
    """Someone whose left knee is bent by 90 degrees and whose right leg is straight, seen level."""
    joints = standing_ray.copy()
    joints[15] = joints[13] + [0.0, 0.0, 0.42]  # the shin goes straight back
    joints[16] = joints[14] + [0.0, 0.42, 0.0]
    packet = make_packet(0.0)
    landmarks = packet.detection.landmarks_m.copy()
    landmarks[LANDMARK_TO_COCO] = joints
    object.__setattr__(packet.detection, "landmarks_m", landmarks)
    object.__setattr__(packet, "joints_m", joints)
    track = Track(is_live=False)
    track.add(packet)
    return track


def test_a_bent_knee_has_its_angle_on_its_side(squat):
    time_s, angles = angles_between(squat, 0.0, 1.0)
    assert time_s.tolist() == [0.0]
    assert angles[0, ANGLE_NAMES.index("left_knee_flexion")] == pytest.approx(90.0, abs=2.0)
    assert angles[0, ANGLE_NAMES.index("right_knee_flexion")] == pytest.approx(0.0, abs=3.0)


def test_the_trunk_leans_by_gravity_whatever_the_tilt_of_the_camera(make_packet, standing_ray):
    tilt = np.deg2rad(25.0)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
    lean = {}
    for name, rotation, elevation in (("level", np.eye(3), 0.0), ("tilted", turn.T, 25.0)):
        packet = make_packet(0.0, elevation_deg=elevation)
        joints = rotate(rotation, standing_ray)
        landmarks = packet.detection.landmarks_m.copy()
        landmarks[LANDMARK_TO_COCO] = joints
        object.__setattr__(packet.detection, "landmarks_m", landmarks)
        object.__setattr__(packet, "joints_m", joints)
        track = Track(is_live=False)
        track.add(packet)
        lean[name] = angles_between(track, 0.0, 1.0)[1][0, ANGLE_NAMES.index("trunk_flexion")]
    assert lean["tilted"] == pytest.approx(lean["level"], abs=0.5)


def test_the_list_says_the_values_and_chooses_what_is_plotted(qtbot, squat):
    view = AnglesView()
    qtbot.addWidget(view)
    view.redraw(squat, 0.0, 1.0)
    knee = view.list.topLevelItem(KINDS.index("knee_flexion"))
    assert float(knee.text(1)) == pytest.approx(90, abs=2)
    assert view.plot.curves["left"].getData()[1][0] == pytest.approx(90, abs=2)
    view.list.setCurrentItem(view.list.topLevelItem(KINDS.index("trunk_flexion")))
    assert view.value_text() == "Trunk flexion"
    assert abs(view.plot.curves["left"].getData()[1][0]) < 10
    view.clear_curves()
    assert knee.text(1) == ""


def test_unknown_angles_are_dashes():
    assert angle_text(float("nan")) == "–"
    assert angle_text(89.6) == "90"


def test_an_angle_that_nobody_sees_is_a_grey_dash(qtbot, make_packet):
    packet = make_packet(0.0)
    visibility = np.ones(33)
    visibility[25] = 0.05  # the left knee
    object.__setattr__(packet.detection, "visibility", visibility)
    track = Track(is_live=False)
    track.add(packet)
    assert np.isnan(track.at(0.0, ("left_thigh",))["left_thigh"])
    assert np.isfinite(track.at(0.0, ("right_thigh",))["right_thigh"])
    view = AnglesView()
    qtbot.addWidget(view)
    view.redraw(track, 0.0, 1.0)
    knee = view.list.topLevelItem(KINDS.index("knee_flexion"))
    assert knee.text(1) == "–"
    assert knee.text(2) != "–"
    assert knee.foreground(1).color().name() == theme_of(view.palette()).muted
    assert knee.foreground(2).color().name() == theme_of(view.palette()).text
