import numpy as np
import pytest

from app.stage.orbit import OrbitCamera
from app.stage.scene import EDGE_SIDE, SceneBuilder, edge_opacity, to_display
from core.pose.geometry import up_in_view_ray
from core.pose.skeleton import BONE_NAMES, LEFT_ANKLE, LEFT_SHOULDER, NOSE, RIGHT_ANKLE, RIGHT_SHOULDER

FROM_THE_CAMERA = OrbitCamera(azimuth_deg=-90.0, elevation_deg=0.0)


def test_display_axes_are_right_handed_and_as_named():
    right, away, up = to_display(np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]))
    assert np.allclose([right, away, up], np.eye(3))
    assert np.allclose(np.cross(right, away), up)


@pytest.mark.parametrize("elevation_deg", [-40.0, 0.0, 25.0, 70.0])
def test_up_is_up_however_the_camera_tilts(elevation_deg):
    elevation = np.deg2rad(elevation_deg)
    assert np.allclose(to_display(up_in_view_ray(elevation), elevation), [0, 0, 1])
    # the way to the camera points up by the elevation, towards the viewer
    to_camera = to_display(np.array([0.0, 0.0, -1.0]), elevation)
    assert np.allclose(to_camera, [0, -np.cos(elevation), np.sin(elevation)])


def test_seen_from_the_camera_left_is_right_and_the_head_is_up(make_packet):
    scene = SceneBuilder().build(make_packet())
    points, _ = FROM_THE_CAMERA.project(scene.refined, (400, 400))
    assert points[LEFT_SHOULDER, 0] > points[RIGHT_SHOULDER, 0]
    assert points[NOSE, 1] < points[LEFT_ANKLE, 1]
    assert np.all((points > 0) & (points < 400))


def test_seen_from_behind_left_is_left(make_packet):
    scene = SceneBuilder().build(make_packet())
    behind = FROM_THE_CAMERA.turned(-360.0, 0.0)
    points, _ = behind.project(scene.refined, (400, 400))
    assert points[LEFT_SHOULDER, 0] < points[RIGHT_SHOULDER, 0]


def test_dragging_right_turns_the_near_side_right():
    near = np.array([0.0, -0.5, 0.8])
    before, _ = FROM_THE_CAMERA.project(near, (400, 400))
    after, _ = FROM_THE_CAMERA.turned(20.0, 0.0).project(near, (400, 400))
    assert after[0] > before[0]


def test_panning_moves_the_scene_with_the_mouse_and_zoom_enlarges():
    point = np.array([0.0, 0.0, 0.8])
    before, _ = FROM_THE_CAMERA.project(point, (400, 300))
    after, _ = FROM_THE_CAMERA.moved(12.0, -7.0, 300).project(point, (400, 300))
    assert np.allclose(after - before, [12.0, -7.0], atol=1e-6)
    pair = np.array([[-0.2, 0, 0.8], [0.2, 0, 0.8]])
    width = np.ptp(FROM_THE_CAMERA.project(pair, (400, 300))[0][:, 0])
    assert np.ptp(FROM_THE_CAMERA.zoomed(2).project(pair, (400, 300))[0][:, 0]) > width


def test_what_is_behind_the_eye_is_not_drawn():
    points, _ = FROM_THE_CAMERA.project(np.array([0.0, -50.0, 0.0]), (400, 300))
    assert np.isnan(points).all()


def test_the_feet_stand_on_the_floor(make_packet):
    scene = SceneBuilder().build(make_packet())
    lowest = scene.refined[[LEFT_ANKLE, RIGHT_ANKLE], 2].min()
    assert lowest == pytest.approx(0.08)


def test_raw_and_refined_keep_their_difference(make_packet):
    packet = make_packet(shift_m=0.2)
    scene = SceneBuilder().build(packet)
    assert np.allclose(scene.refined - scene.raw, [0.0, 0.2, 0.0])  # deeper is farther away


def test_nobody_makes_no_scene(make_packet):
    assert SceneBuilder().build(make_packet(found=False)) is None


def test_bones_know_their_side():
    for name, side in zip(BONE_NAMES, EDGE_SIDE, strict=False):
        assert side == (1 if name.startswith("left") else -1 if name.startswith("right") else 0)


def test_a_bone_is_as_visible_as_its_worse_end():
    visibility = np.ones(17)
    visibility[7] = 0.0  # left elbow: ends the upper arm and the forearm
    opacity = edge_opacity(visibility)
    assert opacity[0] == opacity[2] == pytest.approx(0.15)
    assert opacity[1] == 1.0
