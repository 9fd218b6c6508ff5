import numpy as np
import pytest

from core.pose.geometry import camera_to_view_ray, intrinsics_from_fov, project
from core.pose.placement import place_m
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import Detection, Frame, Refined, nobody


def packet_of(joints_cam, intrinsics):
    """A packet of a person whose camera-frame joints are known."""
    ray, _ = camera_to_view_ray(joints_cam)
    landmarks_m, landmarks_px = np.zeros((N_LANDMARKS, 3)), np.zeros((N_LANDMARKS, 2))
    landmarks_m[LANDMARK_TO_COCO] = ray
    landmarks_px[LANDMARK_TO_COCO] = project(joints_cam, intrinsics)
    frame = Frame(np.zeros((720, 1280, 3), np.uint8), 0, 0.0)
    detection = Detection(frame, landmarks_px, landmarks_m, np.ones(N_LANDMARKS))
    return Refined(detection, ray, ray, np.full(N_JOINTS, np.nan), None, np.nan, np.nan, 0.0)


@pytest.mark.parametrize("place", [(0.0, 0.2, 3.0), (1.2, 0.0, 4.0), (-0.8, -0.3, 6.0)])
def test_a_person_is_found_where_they_stand(standing_ray, place):
    intrinsics = intrinsics_from_fov((1280, 720), 60.0)
    found = place_m(packet_of(standing_ray + place, intrinsics), intrinsics)
    assert np.linalg.norm(found - place) < 0.06 * np.linalg.norm(place)
    assert found / np.linalg.norm(found) == pytest.approx(np.array(place) / np.linalg.norm(place), abs=1e-2)


def test_a_person_twice_as_large_is_twice_as_far(standing_ray):
    intrinsics = intrinsics_from_fov((1280, 720), 60.0)
    packet = packet_of(standing_ray + [0.0, 0.0, 4.0], intrinsics)
    assert place_m(packet, intrinsics, 2.0) == pytest.approx(2 * place_m(packet, intrinsics))


def test_a_wider_view_is_nearer(standing_ray):
    intrinsics = intrinsics_from_fov((1280, 720), 60.0)
    packet = packet_of(standing_ray + [0.0, 0.0, 4.0], intrinsics)
    assert place_m(packet, intrinsics_from_fov((1280, 720), 90.0))[2] < place_m(packet, intrinsics)[2]


def test_nobody_is_nowhere():
    nan = np.full((N_JOINTS, 3), np.nan)
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.0)
    packet = Refined(nobody(frame), nan, nan, np.full(N_JOINTS, np.nan), None, np.nan, np.nan, 0.0)
    assert np.isnan(place_m(packet, intrinsics_from_fov((4, 4)))).all()
