import threading
import time

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.errors import SettingsError
from core.live.streaming import CalibrationState, Streamer
from core.live.streaming.interpolation import PoseInterpolator
from core.live.streaming.pose import PoseMaker
from core.pose.humanoid import BONE

X, Y, Z = np.eye(3)


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_sending_never_waits_for_a_sink_that_hangs(stream, watched, random_landmarks, packet_of):
    """While the network is stuck, inference goes on; what it makes meanwhile is dropped but for the newest."""
    sink = watched()
    sink.gate.clear()
    streamer = stream(sink)
    for index in range(200):
        streamer.send(packet_of(random_landmarks[0], index))
    assert not sink.poses
    assert streamer.stats.n_dropped >= 198
    sink.gate.set()
    wait_for(lambda: sink.poses and sink.poses[-1].frame_index == 199)
    assert len(sink.poses) <= 2


def test_a_steady_sink_is_sent_to_between_frames_too(stream, watched, random_landmarks, packet_of):
    steady, per_frame = watched(is_paced=True), watched()
    streamer = stream(steady, per_frame, rate_hz=200)
    streamer.send(packet_of(random_landmarks[0]))
    wait_for(lambda: len(steady.poses) >= 5)
    assert len(per_frame.poses) == 1
    assert streamer.stats.n_frames == 1


def test_rotations_go_evenly_from_one_frame_to_the_next(make_landmarks, packet_of):
    maker = PoseMaker()
    bent = [np.cos(np.deg2rad(60)), 0, np.sin(np.deg2rad(60))]
    start = maker.make(packet_of(make_landmarks()[0], 0), 0.0)
    end = maker.make(packet_of(make_landmarks(Lforearm=bent, Lthigh=Z)[0], 1), 0.1)
    way = PoseInterpolator(start, end, since_s=5.0, step_s=0.1)
    for share in (0.0, 0.25, 0.5, 1.0, 3.0):
        pose = way.at(5.0 + 0.1 * share)
        assert angle_deg(pose) == pytest.approx(60 * min(share, 1.0), abs=1e-6)
        height = start.root_m[1] + min(share, 1.0) * (end.root_m[1] - start.root_m[1])
        assert pose.root_m[1] == pytest.approx(height, abs=1e-9)
    assert angle_deg(PoseInterpolator(start, end, since_s=5.0, step_s=2.0).at(5.0)) == pytest.approx(60)
    assert angle_deg(PoseInterpolator(None, end, since_s=5.0, step_s=0.1).at(5.0)) == pytest.approx(60)


def angle_deg(pose):
    return np.rad2deg(Rotation.from_quat(pose.local[BONE["LeftLowerArm"]]).magnitude())


def test_a_network_that_refuses_is_told_and_forgotten(stream, watched, random_landmarks, packet_of):
    sink = watched()
    sink.failure = OSError(101, "Network is unreachable")
    streamer = stream(sink)
    streamer.send(packet_of(random_landmarks[0]))
    wait_for(lambda: streamer.stats.error)
    assert streamer.stats.error == "Streaming fails: Network is unreachable; check host and network."
    sink.failure = None
    streamer.send(packet_of(random_landmarks[0], 1))
    wait_for(lambda: not streamer.stats.error)


def test_stopping_closes_the_sinks_and_may_be_done_twice(watched):
    sink = watched()
    with Streamer([sink]) as streamer:
        pass
    streamer.stop()
    assert sink.is_closed
    unused = watched()
    Streamer([unused]).stop()
    assert unused.is_closed


def test_an_impossible_rate_is_refused(watched):
    with pytest.raises(SettingsError, match="0 Hz"):
        Streamer([watched()], rate_hz=0)


def test_calibration_makes_the_held_pose_the_rest_pose(stream, watched, make_landmarks, packet_of):
    """Shoulders that hang, a camera that is rolled: constant faults are gone after a T-pose."""
    a = np.deg2rad(20)
    drooping = {"Larm": [np.cos(a), -np.sin(a), 0], "Rarm": [-np.cos(a), -np.sin(a), 0]}
    sink = watched()
    streamer = stream(sink)
    streamer.calibrate(delay_s=0.0, hold_s=0.3)
    index = iter(range(10_000))

    def hold():
        streamer.send(packet_of(make_landmarks(**drooping)[0], next(index)))
        return streamer.stats.calibration == CalibrationState.DONE

    wait_for(hold)
    assert streamer.stats.calibration_message == "Calibrated."
    wait_for(lambda: hold() and sink.poses[-1].calibration == CalibrationState.DONE)
    np.testing.assert_allclose(sink.poses[-1].local, np.tile([0, 0, 0, 1.0], (19, 1)), atol=1e-6)


def calibrated(maker, landmarks, packet_of, n=10):
    maker.calibration.start(0.0, delay_s=1.0, hold_s=1.0)
    for i in range(n):
        maker.make(packet_of(landmarks, i), 1.0 + i / n)
    return maker.make(packet_of(landmarks, n), 8.0)


def test_calibration_keeps_the_heading(make_landmarks, packet_of):
    """Who calibrates half turned away is shown half turned away, in a T-pose."""
    a = np.deg2rad(40)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    pose = calibrated(PoseMaker(), make_landmarks()[0] @ turn.T, packet_of)
    assert pose.calibration == CalibrationState.DONE
    hips = Rotation.from_quat(pose.local[0])
    assert np.rad2deg((hips.inv() * Rotation.from_euler("y", 40, degrees=True)).magnitude()) < 1e-6
    np.testing.assert_allclose(pose.local[1:], np.tile([0, 0, 0, 1.0], (18, 1)), atol=1e-9)


def test_what_was_calibrated_away_stays_away_when_the_person_turns(make_landmarks, packet_of):
    a = np.deg2rad(20)
    drooping = {"Larm": [np.cos(a), -np.sin(a), 0], "Lforearm": [np.cos(a), -np.sin(a), 0]}
    maker = PoseMaker()
    calibrated(maker, make_landmarks(**drooping)[0], packet_of)
    b = np.deg2rad(70)
    turn = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    pose = maker.make(packet_of(make_landmarks(**drooping)[0] @ turn.T, 20), 9.0)
    np.testing.assert_allclose(pose.local[1:], np.tile([0, 0, 0, 1.0], (18, 1)), atol=1e-9)
    raised = maker.make(packet_of(make_landmarks()[0] @ turn.T, 21), 9.1)
    arm = Rotation.from_quat(raised.local[BONE["LeftUpperArm"]])
    assert np.rad2deg((arm.inv() * Rotation.from_euler("z", 20, degrees=True)).magnitude()) < 1e-6


def test_a_slow_machine_gets_the_frames_it_needs(make_landmarks, packet_of):
    maker = PoseMaker()
    maker.calibration.start(0.0, delay_s=1.0, hold_s=1.0)
    poses = [maker.make(packet_of(make_landmarks()[0], i), float(i)) for i in range(9)]
    assert [int(pose.calibration) for pose in poses] == [1, 2, 2, 2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize(
    ("landmarks", "advice"),
    [({"Larm": -Y, "Lforearm": -Y}, "stretch both arms"), ({"Rthigh": Z}, "stand upright"), (None, "nobody was seen")],
)
def test_what_is_no_t_pose_is_told_and_changes_nothing(make_landmarks, packet_of, landmarks, advice):
    maker = PoseMaker()
    pose = calibrated(maker, None if landmarks is None else make_landmarks(**landmarks)[0], packet_of)
    assert pose.calibration == CalibrationState.NONE
    assert maker.calibration.message.startswith("Calibration failed")
    assert advice in maker.calibration.message


def test_a_tilted_camera_gives_upright_poses(make_landmarks, packet_of):
    """The camera looks down by 30 degrees, and the refiner says so."""
    from dataclasses import replace

    from core.pose.geometry import viewpoint_from_direction

    a = np.deg2rad(30)
    packet = packet_of(make_landmarks()[0])
    tilt = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    marks = packet.detection.landmarks_m @ tilt.T
    tilted = replace(
        packet,
        detection=replace(packet.detection, landmarks_m=marks),
        joints_m=packet.joints_m @ tilt.T,
        viewpoint=viewpoint_from_direction(np.array([0.0, np.sin(a), np.cos(a)])),
    )
    upright = PoseMaker().make(tilted, 0.0)
    level = PoseMaker().make(packet, 0.0)
    np.testing.assert_allclose(upright.joints_m, level.joints_m, atol=1e-9)
    np.testing.assert_allclose(upright.local, np.tile([0, 0, 0, 1.0], (19, 1)), atol=1e-9)


def test_no_thread_is_left(watched):
    with Streamer([watched(is_paced=True)]):
        assert any(thread.name == "streaming" for thread in threading.enumerate())
    assert not any(thread.name == "streaming" for thread in threading.enumerate())
