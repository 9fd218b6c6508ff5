import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import DataError
from core.pose import geometry

coordinate = st.floats(-2.0, 2.0)
poses = arrays(float, (17, 3), elements=coordinate)
pelvis = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(1.0, 8.0)).map(np.array)


@given(poses, pelvis)
def test_camera_to_view_ray_and_back_is_exact(pose, root):
    pose = pose - geometry.mid_hip(pose) + root
    ray, found_root = geometry.camera_to_view_ray(pose)
    np.testing.assert_allclose(geometry.view_ray_to_camera(ray, found_root), pose, atol=1e-12)
    np.testing.assert_allclose(geometry.mid_hip(ray), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(ray, axis=1), np.linalg.norm(pose - root, axis=1), atol=1e-12)


@given(pelvis)
def test_view_ray_axis_runs_through_the_pelvis_without_roll(root):
    rotation = geometry.view_ray_rotation(root)
    np.testing.assert_allclose(rotation @ root, [0, 0, np.linalg.norm(root)], atol=1e-12)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[0, 1] == pytest.approx(0)  # the view-ray x axis stays in the camera's xz plane


@given(st.floats(0, 2 * np.pi, exclude_max=True), st.floats(-1.5, 1.5))
def test_angles_and_direction_are_inverses(azimuth, elevation):
    found = geometry.azimuth_elevation(geometry.direction_from_angles(azimuth, elevation))
    assert geometry.angular_difference(found[0], azimuth) == pytest.approx(0, abs=1e-9)
    assert found[1] == pytest.approx(elevation, abs=1e-9)
    assert 0 <= found[0] < 2 * np.pi


@pytest.mark.parametrize(
    ("camera", "azimuth", "elevation"),
    [
        ((0, 0, 2), 0, 0),
        ((-2, 0, 0), 90, 0),  # the subject's right
        ((0, 0, -2), 180, 0),
        ((2, 0, 0), 270, 0),
        ((0, 2, 2), 0, 45),  # above the pelvis
        ((0, -1, 0), 0, -90),
    ],
)
def test_viewpoint_convention(camera, azimuth, elevation):
    view = geometry.viewpoint_from_direction(np.array(camera, dtype=float))
    assert view is not None
    assert view.azimuth_deg == pytest.approx(azimuth)
    assert view.elevation_deg == pytest.approx(elevation)


def test_no_viewpoint_from_nothing():
    assert geometry.viewpoint_from_direction(np.full(3, np.nan)) is None
    assert geometry.viewpoint_from_direction(np.zeros(3)) is None


def test_a_person_facing_a_level_camera_is_seen_from_the_front(standing_ray):
    np.testing.assert_allclose(geometry.level_viewpoint_direction(standing_ray), [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("turn_deg", [30, 90, 200, 359])
def test_turning_to_the_left_shows_the_right_side(standing_ray, turn_deg):
    # turning to the left about the vertical is, seen in camera axes (y down), a rotation from -z to +x
    a = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    direction = geometry.level_viewpoint_direction(standing_ray @ turn.T)
    azimuth, _ = geometry.azimuth_elevation(direction)
    assert np.rad2deg(azimuth) == pytest.approx(turn_deg)


def test_bending_forward_keeps_the_facing(standing_ray):
    bent = standing_ray.copy()
    upper = [*range(11)]
    a = np.deg2rad(100)  # shoulders end below and in front of the hips
    bend = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    bent[upper] = bent[upper] @ bend.T
    np.testing.assert_allclose(geometry.level_viewpoint_direction(bent), [0, 0, 1], atol=1e-12)


@given(st.floats(0, 6.28), st.floats(-1.2, 1.2), st.floats(-0.3, 0.3), st.floats(1.5, 6))
def test_camera_position_is_recovered_whatever_the_camera_does(azimuth, elevation, roll, distance):
    subject_joints = np.zeros((17, 3))  # x left, y up, z facing
    subject_joints[[5, 6, 11, 12]] = [(0.2, 0.5, 0), (-0.2, 0.5, 0), (0.1, 0, 0), (-0.1, 0, 0)]
    camera = geometry.direction_from_angles(azimuth, elevation) * distance
    forward = -camera / distance
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    to_camera = np.stack([c * right + s * down, -s * right + c * down, forward])
    joints_cam = (subject_joints - camera) @ to_camera.T
    found = geometry.camera_relative_to_subject(joints_cam, to_camera @ [0, 1, 0])
    np.testing.assert_allclose(found, camera, atol=1e-9)


def test_up_follows_from_elevation():
    up = geometry.up_in_view_ray(np.deg2rad(30))
    # the camera is at -z; seen from the pelvis it stands 30 degrees above the horizon
    assert np.rad2deg(np.arcsin(up @ [0, 0, -1])) == pytest.approx(30)


def test_field_of_view_spans_the_width():
    intrinsics = geometry.intrinsics_from_fov((1000, 500), 90)
    np.testing.assert_allclose(geometry.project(np.array([1.0, 0, 1.0]), intrinsics), [1000, 250])
    with pytest.raises(DataError, match="field of view"):
        geometry.intrinsics_from_fov((1000, 500), 180)


def test_an_unknown_phone_has_the_same_lens_upright_and_lying():
    focal = [geometry.intrinsics_from_fov(size)[0, 0] for size in ((1080, 1920), (1920, 1080))]
    np.testing.assert_allclose(focal, 960 / np.tan(np.deg2rad(30)))


def test_points_behind_the_camera_have_no_pixel():
    assert np.isnan(geometry.project(np.array([0.0, 0, -1]), np.eye(3))).all()


def test_circular_difference():
    assert np.rad2deg(geometry.angular_difference(np.deg2rad(359), np.deg2rad(1))) == pytest.approx(2)
    assert np.rad2deg(geometry.angular_difference(0, np.pi)) == pytest.approx(180)


def test_a_level_camera_is_the_one_whose_up_is_against_y(standing_ray):
    poses = standing_ray + np.random.default_rng(0).normal(0, 0.3, (50, 17, 3))
    axes = geometry.subject_axes(poses, np.array([0.0, -1.0, 0.0]))
    np.testing.assert_allclose(geometry.level_viewpoint_direction(poses), -axes[..., 2], atol=1e-12)
    alone = [geometry.level_viewpoint_direction(pose) for pose in poses]
    np.testing.assert_allclose(alone, geometry.level_viewpoint_direction(poses), atol=1e-15)
    poses[0, 5] = np.nan
    assert np.isnan(geometry.level_viewpoint_direction(poses)[0]).any()
