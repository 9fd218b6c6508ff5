"""A hand beyond the picture's edge and hidden legs, live: no numbers, and bones that are held and named."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.live.streaming.json_lines import to_json
from core.live.streaming.osc import OscSink, VmcSink
from core.live.streaming.pose import PoseMaker
from core.pose.humanoid import BONE
from core.pose.skeleton import LANDMARK_NAMES, LEFT_KNEE, LEFT_WRIST, N_LANDMARKS

HIDDEN = ("left_wrist", "left_knee")


@pytest.fixture
def packet(packet_of):
    """Make a packet in which the left hand is beyond the picture and the left knee is hidden, or all is seen."""

    def make(upright, index, *, is_hidden):
        whole = packet_of(upright, index)
        pixels, visibility = whole.detection.landmarks_px.copy(), np.ones(N_LANDMARKS)
        if is_hidden:
            pixels[LANDMARK_NAMES.index("left_wrist")] = [-5.0, 100.0]
            visibility[LANDMARK_NAMES.index("left_knee")] = 0.1
        return replace(whole, detection=replace(whole.detection, landmarks_px=pixels, visibility=visibility))

    return make


def test_what_is_not_seen_has_no_numbers_and_its_bones_are_held(packet, random_landmarks):
    maker = PoseMaker()
    before = maker.make(packet(random_landmarks[0], 0, is_hidden=False), 0.0)
    assert before.bones_seen.all()
    pose = maker.make(packet(random_landmarks[1], 1, is_hidden=True), 0.1)
    assert np.flatnonzero(np.isnan(pose.joints_m).any(axis=1)).tolist() == [LEFT_WRIST, LEFT_KNEE]
    assert np.isnan(pose.uncertainty_m[[LEFT_WRIST, LEFT_KNEE]]).all()
    assert set(pose.held_bones) == {"LeftLowerArm", "LeftHand", "LeftUpperLeg", "LeftLowerLeg"}
    for name in pose.held_bones:
        turn = before.local[BONE[name]]
        assert abs(pose.local[BONE[name]] @ turn) == pytest.approx(1.0, abs=1e-6), name
    again = maker.make(packet(random_landmarks[1], 2, is_hidden=False), 0.2)
    assert again.bones_seen.all()
    assert abs(again.local[BONE["LeftUpperLeg"]] @ before.local[BONE["LeftUpperLeg"]]) < 0.9999


def test_a_threshold_of_ones_own_and_no_legs(packet, random_landmarks):
    hidden = packet(random_landmarks[1], 1, is_hidden=True)
    believing = PoseMaker(min_visibility=0.0).make(hidden, 0.0)
    assert np.isfinite(believing.joints_m).all()
    assert believing.held_bones == []
    upper = PoseMaker(min_visibility=0.0, only="upper").make(hidden, 0.0)
    assert np.flatnonzero(np.isnan(upper.joints_m).any(axis=1)).tolist() == [13, 14, 15, 16]
    assert {"LeftUpperLeg", "RightFoot"} <= set(upper.held_bones)
    assert not {"LeftLowerArm", "Chest"} & set(upper.held_bones)


def test_json_has_null_and_names_what_is_held(packet, random_landmarks):
    document = json.loads(to_json(PoseMaker().make(packet(random_landmarks[1], 1, is_hidden=True), 0.0)))
    assert {name for name, place in document["joints"].items() if place is None} == set(HIDDEN)
    assert {name for name, sd in document["uncertainty_m"].items() if sd is None} == set(HIDDEN)
    assert set(document["held"]) == {"LeftLowerArm", "LeftHand", "LeftUpperLeg", "LeftLowerLeg"}
    assert all(len(turn) == 4 for turn in document["rotations"].values())


@pytest.mark.parametrize(("sink", "bone"), [(OscSink, "/ndr/bone/RightFoot"), (VmcSink, "/VMC/Ext/Bone/Pos")])
def test_osc_leaves_joints_out_and_names_held_bones(receiver, stream, packet, random_landmarks, sink, bone):
    streamer = stream(sink("127.0.0.1", receiver.port))
    streamer.send(packet(random_landmarks[1], 1, is_hidden=True))
    last = lambda a, v: a == bone and (sink is OscSink or v[0] == "RightFoot")  # noqa: E731
    messages = receiver.messages(last)
    addresses = [address for address, _ in messages]
    assert not any(address == f"/ndr/joint/{name}" for address in addresses for name in HIDDEN)
    assert ("/ndr/joint/nose" in addresses) == (sink is OscSink)
    (held,) = (values for address, values in messages if address == "/ndr/held")
    assert set(held) == {"LeftLowerArm", "LeftHand", "LeftUpperLeg", "LeftLowerLeg"}
