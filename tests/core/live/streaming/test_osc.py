import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.errors import SettingsError
from core.live.streaming.osc import OscSink, VmcSink
from core.pose.humanoid import BONE_NAMES, JOINT_NAMES, PARENTS, humanoid_joints
from core.pose.skeleton import COCO_NAMES, LANDMARK_TO_COCO

LAST_BONE = ("/VMC/Ext/Bone/Pos", "RightFoot")


def all_bones(address, values):
    return (address, values[0]) == LAST_BONE


def unity_joints(messages):
    """(19, 3) joints in Unity's axes, as a receiver with a skeleton of the sent positions builds them."""
    sent = {v[0]: (np.array(v[1:4]), Rotation.from_quat(v[4:8])) for a, v in messages if a == "/VMC/Ext/Bone/Pos"}
    places, turns = {}, {}
    for index, name in enumerate(BONE_NAMES):
        place, turn = sent[name]
        parent = BONE_NAMES[PARENTS[index]] if index else None
        turns[name] = turn if parent is None else turns[parent] * turn
        places[name] = place if parent is None else places[parent] + turns[parent].apply(place)
    return np.array([places[name] for name in BONE_NAMES])


@pytest.mark.parametrize("pose", range(0, 60, 6))
def test_a_vmc_receiver_rebuilds_the_pose_within_two_degrees(receiver, stream, random_landmarks, packet_of, pose):
    streamer = stream(VmcSink("127.0.0.1", receiver.port))
    streamer.send(packet_of(random_landmarks[pose]))
    got = unity_joints(receiver.messages(all_bones)) * [-1, 1, 1]  # Unity's x points to the other side
    wanted = humanoid_joints(random_landmarks[pose])[: len(BONE_NAMES)]
    for joint, parent in enumerate(PARENTS[: len(BONE_NAMES)]):
        length = np.linalg.norm(wanted[joint] - wanted[parent])
        if parent >= 0 and length > 1e-6:
            seen, true = (bones[joint] - bones[parent] for bones in (got, wanted))
            angle = np.rad2deg(np.arccos(np.clip(seen @ true / np.linalg.norm(seen) / length, -1, 1)))
            assert angle < 0.1, JOINT_NAMES[joint]
            assert np.linalg.norm(seen) == pytest.approx(length, abs=1e-4)


def test_a_left_arm_stays_a_left_arm_in_unity(receiver, stream, make_landmarks, packet_of):
    """Left-handed axes: raising the left arm from a T-pose is a turn about +z there, about -z in a mirror."""
    streamer = stream(VmcSink("127.0.0.1", receiver.port))
    streamer.send(packet_of(make_landmarks(Larm=[0, 1, 0], Lforearm=[0, 1, 0], Lhand=[0, 1, 0])[0]))
    sent = {v[0]: v[1:] for a, v in receiver.messages(all_bones) if a == "/VMC/Ext/Bone/Pos"}
    assert sent["LeftUpperArm"][0] < 0 < sent["RightUpperArm"][0]  # Unity's avatar faces +z, its left is at -x
    np.testing.assert_allclose(sent["LeftUpperArm"][3:], [0, 0, -np.sqrt(0.5), np.sqrt(0.5)], atol=1e-6)
    np.testing.assert_allclose(sent["RightUpperArm"][3:], [0, 0, 0, 1], atol=1e-6)
    assert sent["Hips"][1] == pytest.approx(0.82 + 0.18 * np.sin(np.deg2rad(15)), abs=1e-3)


def test_vmc_says_when_nobody_is_seen_and_repeats_the_last_pose(receiver, stream, random_landmarks, packet_of):
    streamer = stream(VmcSink("127.0.0.1", receiver.port))
    streamer.send(packet_of(None))
    first = receiver.messages(lambda a, v: a == "/VMC/Ext/T")
    assert first[0] == ("/VMC/Ext/OK", [0, 0, 0, 0])
    assert not any(a == "/VMC/Ext/Bone/Pos" for a, _ in first)
    streamer.send(packet_of(random_landmarks[0], 1))
    shown = unity_joints(receiver.messages(all_bones)[-19:])
    streamer.send(packet_of(None, 2))
    receiver.messages(lambda a, v: (a, v) == ("/VMC/Ext/OK", [1, 0, 0, 0]))
    np.testing.assert_allclose(unity_joints(receiver.messages(all_bones)), shown, atol=1e-6)


def test_bundles_fit_a_networks_packets(receiver, stream, random_landmarks, packet_of):
    streamer = stream(VmcSink("127.0.0.1", receiver.port), OscSink("127.0.0.1", receiver.port))
    streamer.send(packet_of(random_landmarks[0]))
    receiver.messages(all_bones)
    assert 500 < receiver.largest <= 1400


def test_plain_osc_holds_joints_rotations_and_view(receiver, stream, random_landmarks, packet_of):
    streamer = stream(OscSink("127.0.0.1", receiver.port))
    streamer.send(packet_of(random_landmarks[7], 7))
    messages = dict(receiver.messages(lambda a, v: a == f"/ndr/bone/{BONE_NAMES[-1]}"))
    assert messages["/ndr/frame"] == [7, pytest.approx(7 / 20), 1]
    assert messages["/ndr/view"] == [0.0, 0.0]
    wanted = random_landmarks[7][LANDMARK_TO_COCO]
    for name, place in zip(COCO_NAMES, wanted, strict=True):
        assert messages[f"/ndr/joint/{name}"] == pytest.approx([*place, 0.05], abs=1e-6)
    assert np.linalg.norm(messages["/ndr/bone/LeftLowerArm"]) == pytest.approx(1.0)
    streamer.send(packet_of(None, 8))
    assert receiver.messages(lambda a, v: a == "/ndr/frame")[0][1][::2] == [8, 0]


def test_an_unknown_host_is_told():
    with pytest.raises(SettingsError, match=r"no host 'nowhere\.invalid'"):
        VmcSink("nowhere.invalid", 39539)
