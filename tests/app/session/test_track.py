import numpy as np
import pytest

from app.session.track import Track


def test_a_file_keeps_its_frames_in_order_however_they_were_played(make_packet):
    track = Track(is_live=False)
    for index in (5, 6, 7, 0, 1, 6):
        track.add(make_packet(index / 10, index=index, elevation_deg=index))
    found = track.between(0.0, 10.0, ("elevation",))
    assert found["time"] == pytest.approx([0.0, 0.1, 0.5, 0.6, 0.7])
    assert found["elevation"] == pytest.approx([0, 1, 5, 6, 7], abs=1e-6)
    assert track.between(0.45, 0.65, ("elevation",))["elevation"] == pytest.approx([5, 6])


def test_frames_without_anybody_are_marked(make_packet):
    track = Track(is_live=False)
    for index in range(4):
        track.add(make_packet(index / 10, index=index, found=index != 2))
    time_s, found = track.seen()
    assert time_s == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert found.tolist() == [1, 1, 0, 1]
    assert np.isnan(track.at(0.2, ("cv",))["cv"])


def test_a_long_file_has_room(make_packet):
    track = Track(is_live=False)
    track.add(make_packet(500.0, index=15_000, elevation_deg=3.0))
    assert track.at(499.0, ("elevation",))["elevation"] == pytest.approx(3.0)


def test_a_camera_keeps_the_newest_only_and_in_order(make_packet):
    track = Track(is_live=True)
    packet = make_packet(0.0)
    frame = packet.detection.frame
    for i in range(20_000):
        object.__setattr__(frame, "time_s", i / 30)  # a packet each would take the test a minute
        track.add(packet)
    time_s, _ = track.seen()
    assert 3000 < len(time_s) < 10_000
    assert time_s[-1] == pytest.approx(19_999 / 30)
    assert (np.diff(time_s) > 0).all()


def test_points_go_with_their_times(make_packet):
    track = Track(is_live=False)
    for index in (3, 1):
        track.add(make_packet(index / 10, index=index, shift_m=index / 10))
    landmarks, joints, seen = track.points_between(0.0, 1.0)
    assert seen.all()
    assert landmarks.shape == (2, 33, 3)
    assert joints[1, 0, 2] - joints[0, 0, 2] == pytest.approx(0.2, abs=1e-6)
