import numpy as np
import pytest

from app.stage.ground import Ground
from core.pose.geometry import intrinsics_from_fov, project, view_ray_rotation
from core.pose.skeleton import LANDMARK_JOINT, LANDMARK_TO_COCO, LEFT_ANKLE, RIGHT_ANKLE
from core.sequence.root_trajectory import hips_m

INTRINSICS = intrinsics_from_fov((1280, 720), 60.0)
CAMERA_HEIGHT_M, TILT = 1.5, np.deg2rad(12.0)


def filmed(standing_ray, hips_up):
    """Return pixels, joints and directions of somebody whose hips are so high, 4 m from a camera that looks down."""
    sin, cos = np.sin(TILT), np.cos(TILT)
    level_to_camera = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])  # both x right, y down, z ahead
    pixels, joints, directions = [], [], []
    for up in hips_up:
        root = level_to_camera @ [0.0, CAMERA_HEIGHT_M - up, 4.0]
        in_camera = standing_ray @ level_to_camera.T
        joints.append(in_camera @ view_ray_rotation(root).T)
        pixels.append(project(in_camera + root, INTRINSICS)[LANDMARK_JOINT])
        elevation = np.arctan2(CAMERA_HEIGHT_M - up, 4.0)
        directions.append([0.0, np.sin(elevation), np.cos(elevation)])
    return np.array(pixels), np.array(joints), np.array(directions)


def places_m(pixels, joints):
    return hips_m(pixels[:, LANDMARK_TO_COCO], joints, np.ones(joints.shape[:2]), INTRINSICS)[0]


def heights(ground, pixels, joints):
    found = []
    for place, pose in zip(places_m(pixels, joints), joints, strict=True):
        down = ground.elevation_rad(place)
        lowest = (
            -pose[[LEFT_ANKLE, RIGHT_ANKLE], 1] * np.cos(down) - pose[[LEFT_ANKLE, RIGHT_ANKLE], 2] * np.sin(down)
        ).min()
        found.append(ground.height_m(place, lowest))
    return np.array(found)


@pytest.fixture
def jumping(standing_ray):
    hips = np.full(60, 0.91)
    hips[25:35] += 0.4 * np.sin(np.linspace(0, np.pi, 10))
    return hips, *filmed(standing_ray, hips)


def test_a_jump_leaves_the_floor_of_a_take_and_standing_does_not(jumping):
    hips, pixels, joints, directions = jumping
    ground = Ground()
    ground.learn_take(pixels, joints, directions, INTRINSICS, 1.0)
    assert np.rad2deg(ground.tilt_rad) == pytest.approx(12.0, abs=1.0)
    up = heights(ground, pixels, joints)
    assert (up[:20] == 0).all()
    assert (up[40:] == 0).all()
    assert up.max() == pytest.approx(hips.max() - 0.91, abs=0.08)


def test_a_camera_has_the_same_floor_after_some_frames(jumping):
    _, pixels, joints, directions = jumping
    whole, live = Ground(), Ground()
    whole.learn_take(pixels, joints, directions, INTRINSICS, 1.0)
    places = places_m(pixels, joints)
    for place, pose, direction in zip(places, joints, directions, strict=True):
        live.learn(place, pose, float(np.arcsin(direction[1])))
    assert live.floor_m == pytest.approx(whole.floor_m, abs=0.03)
    live.forget()
    assert np.isnan(live.floor_m)


def test_nobody_has_no_floor(jumping):
    _, pixels, joints, directions = jumping
    ground = Ground()
    ground.learn_take(pixels, np.full_like(joints, np.nan), directions, INTRINSICS, 1.0)
    assert np.isnan(ground.floor_m)
