import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.stage.body import body_of
from app.stage.body_painter import change_colour
from app.stage.gizmo import end_at
from app.stage.menu import StageMenu
from app.stage.orbit import preset_angles
from app.stage.scene import Overlay, SceneBuilder
from app.stage.skeleton_view import SkeletonView
from app.theme import theme_of
from core.pose.geometry import intrinsics_from_fov
from core.system.files.program import ROOT
from tests.app.conftest import FakeSource
from tests.app.test_video import near, pixels_of


@pytest.fixture
def view(qtbot):
    view = SkeletonView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    return view


def centre_of(view, colour):
    return np.argwhere(near(pixels_of(view), colour)).mean(axis=0)


def test_left_is_drawn_on_the_right_of_a_person_who_faces_the_camera(view, make_packet):
    view.show_scene(SceneBuilder().build(make_packet()))
    theme = theme_of(view.palette())
    assert centre_of(view, theme.left)[1] > centre_of(view, theme.right)[1] + 20


def test_raw_is_drawn_apart_from_refined(view, make_packet):
    scene = SceneBuilder().build(make_packet(shift_m=-0.6))
    view.show_scene(scene)
    assert near(pixels_of(view), theme_of(view.palette()).raw, 30).sum() > 100


def test_spheres_are_as_large_as_the_expected_error(view, make_packet):
    scene = SceneBuilder().build(make_packet())
    areas = []
    view.set_options(replace(view.options, errors=True))
    for radius in (0.05, 0.15):
        view.show_scene(replace(scene, uncertainty_m=np.full(17, radius)))
        plain = pixels_of(view)
        view.show_scene(replace(scene, uncertainty_m=np.full(17, np.nan)))
        areas.append((np.abs(plain - pixels_of(view)).max(axis=-1) > 8).sum())
    assert areas[0] > 500
    assert areas[1] > 2 * areas[0]
    view.set_options(replace(view.options, errors=False))
    view.show_scene(replace(scene, uncertainty_m=np.full(17, 0.15)))
    assert np.array_equal(pixels_of(view), _without_spheres(view, scene))  # as an option, and off at first


def _without_spheres(view, scene):
    view.show_scene(replace(scene, uncertainty_m=np.full(17, np.nan)))
    return pixels_of(view)


@pytest.mark.parametrize(
    ("preset", "facing", "wanted"),
    [("front", 30.0, (30.0, 6.0)), ("side", 30.0, (-60.0, 6.0)), ("top", 30.0, (-90.0, 89.0)),
     ("camera", 30.0, (-90.0, 0.0)), ("front", float("nan"), (-90.0, 6.0))],
)  # fmt: skip
def test_presets_go_by_where_the_person_looks(preset, facing, wanted):
    assert preset_angles(preset, facing) == wanted


def test_looking_from_the_right_side_shows_the_face_on_the_left_of_the_right_shoulder(view, make_packet):
    scene = SceneBuilder().build(make_packet(azimuth_deg=0.0))
    view.look_from(*preset_angles("side", scene.facing_deg))
    points, depth = view.camera.project(scene.refined, (400, 400))
    assert depth[6] < depth[5]  # the right shoulder is nearer
    assert points[0, 0] > points[6, 0]  # seen from the right, the nose points to the right


def test_no_scene_leaves_the_floor_only(view, make_packet):
    view.show_scene(SceneBuilder().build(make_packet()))
    view.show_scene(None)
    theme = theme_of(view.palette())
    pixels = pixels_of(view)
    assert near(pixels, theme.left).sum() == 0
    assert near(pixels, theme.border, 15).sum() > 500


def test_the_mouse_turns_zooms_and_resets(qtbot, view):
    start = view.camera
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    QApplication.sendEvent(view, _move(view, 40, 20))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert view.camera.azimuth_deg == pytest.approx(start.azimuth_deg - 20)
    assert view.camera.elevation_deg == pytest.approx(start.elevation_deg + 10)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view.camera == start


def _move(view, right, down):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    where = QPointF(view.rect().center()) + QPointF(right, down)
    return QMouseEvent(
        QEvent.Type.MouseMove, where, view.mapToGlobal(where), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip


def test_the_truth_is_drawn_where_it_is_known(view, make_packet):
    scene = SceneBuilder().build(make_packet())
    truth = theme_of(view.palette()).truth
    view.show_scene(scene)
    assert near(pixels_of(view), truth, 30).sum() < 50
    view.show_scene(replace(scene, truth=scene.refined + [0.4, 0.0, 0.0]))
    assert near(pixels_of(view), truth, 30).sum() > 100


def test_the_keys_turn_move_and_zoom(qtbot, view):
    start = view.camera
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.camera.azimuth_deg == pytest.approx(start.azimuth_deg - 10)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.camera.distance_m < start.distance_m
    centre = view.camera.centre_m
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert view.camera.centre_m[2] < centre[2]


def test_the_arrow_keys_step_the_video_until_the_3d_view_is_reached_with_tab(qtbot, window, lab):
    lab.sources["clip"] = FakeSource(300, is_live=False)
    window.open("clip")
    qtbot.waitUntil(lambda: window.session.transport is not None)
    view, stepped = window.board.skeleton, []
    window.actions_by_name["step"].triggered.connect(lambda: stepped.append(1))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert len(stepped) == 1
    azimuth = view.azimuth_deg
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert len(stepped) == 1
    assert view.azimuth_deg != azimuth


@pytest.mark.program
def test_the_window_needs_no_opengl():
    # one OpenGL widget would have Qt put the whole window together by it, which software OpenGL makes slow
    code = "import sys, app.window, app.inspector.window; print({'OpenGL', 'pyqtgraph.opengl'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def scene(make_packet):
    """Of a person two or three metres in front of a level camera."""
    builder = SceneBuilder()
    builder.intrinsics = intrinsics_from_fov((320, 180), 60.0)
    scene = builder.build(make_packet(shift_m=0.05, image=PICTURE))
    assert scene.camera is not None
    return scene


PICTURE = np.full((180, 320, 3), (200, 30, 160), np.uint8)


def changed(view, change):
    before = pixels_of(view)
    change()
    return (np.abs(before - pixels_of(view)).max(axis=-1) > 8).sum()


def shows(view, rgb):
    return near(pixels_of(view), "#{:02x}{:02x}{:02x}".format(*rgb), 30).sum()


def test_the_person_is_whole_in_the_pane_and_fills_it(view, scene):
    for size in ((400, 400), (300, 500), (700, 260)):
        view.resize(*size)
        view.show_scene(scene)
        points, _ = view.camera.project(scene.body.landmarks_m, size)
        assert (points > 0).all()
        assert (points < size).all()
        extent = np.ptp(points, axis=0) / size
        assert extent.max() > 0.55, size


def test_who_steps_out_of_the_pane_is_fitted_again_until_somebody_zooms(qtbot, view, scene):
    view.show_scene(scene)
    away = replace(scene, body=body_of(scene.body.landmarks_m + [2.0, 0.0, 0.0], scene.body.seen))
    view.show_scene(away)
    points, _ = view.camera.project(away.body.landmarks_m, (400, 400))
    assert ((points > 0) & (points < 400)).all()
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    camera = view.camera
    view.show_scene(replace(scene, body=body_of(scene.body.landmarks_m - [4.0, 0.0, 0.0], scene.body.seen)))
    assert view.camera == camera


def test_through_the_camera_the_body_lies_over_the_picture(view, scene):
    view.show_scene(scene)
    assert shows(view, (145, 22, 116)) < 2000
    view.look_through()
    assert view.is_through_camera
    assert shows(view, (145, 22, 116)) > 20_000
    frame = scene.camera.frame((400, 400))
    hips, _ = view.lens((400, 400)).project(scene.camera.target_m)
    wanted = np.array([frame.x() + 160 * frame.width() / 320, frame.y() + 90 * frame.height() / 180])
    assert np.allclose(hips, wanted, atol=1.0)  # where the landmarks are in the picture


def test_turning_leaves_the_camera(qtbot, view, scene):
    view.show_scene(scene)
    view.look_through()
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert not view.is_through_camera


def test_the_camera_stands_in_the_scene_with_its_picture_where_all_is_fitted(view, scene):
    view.show_scene(scene)
    view.look_from(-20.0, 15.0)
    view.fit(with_camera=True)
    points, _ = view.camera.project(np.concatenate([scene.camera.eye_m[None], scene.camera.corners()]), (400, 400))
    assert ((points >= 0) & (points <= 400)).all()
    assert shows(view, (200, 30, 160)) > 40
    view.set_options(replace(view.options, camera=False))
    assert shows(view, (200, 30, 160)) == 0


def test_a_click_on_an_end_of_the_axes_looks_along_it(qtbot, view, scene):
    view.show_scene(scene)
    places = {}
    for x in range(320, 400, 2):
        for y in range(0, 90, 2):
            places.setdefault(end_at(view.lens((400, 400)), 400, x, y), (x, y))
    assert {"X", "Y", "Z", "-X", "-Y", "-Z"} <= set(places)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(*places["Z"]))
    assert view.camera.elevation_deg == 89.0
    view.reset_camera()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(*places["X"]))
    assert (view.camera.azimuth_deg, view.camera.elevation_deg) == (0.0, 0.0)


def test_before_and_after_are_two_panes_that_turn_together(qtbot, view, scene):
    view.resize(600, 400)
    view.show_scene(scene)
    view.set_options(replace(view.options, comparison="beside"))
    (left, is_raw), (right, is_refined) = view.panes()
    assert (is_raw, is_refined) == (True, False)
    assert left.width() + right.width() == 600
    theme = theme_of(view.palette())
    for _ in range(2):
        pixels = near(pixels_of(view), theme.left, 60)
        assert pixels[:, :300].sum() > 100
        assert pixels[:, 300:].sum() > 100
        qtbot.keyClick(view, Qt.Key.Key_Right)


def test_the_change_in_depth_has_colours_and_they_have_a_legend(view, scene):
    view.show_scene(scene)
    view.set_options(replace(view.options, comparison="depth"))
    far = change_colour(0.05).name()
    assert near(pixels_of(view), far, 25).sum() > 500
    assert changed(view, lambda: view.show_scene(replace(scene, body=replace(scene.body, change_m=np.zeros(33))))) > 500


def test_what_was_not_seen_is_grey(view, scene):
    theme = theme_of(view.palette())
    view.set_options(replace(view.options, comparison="none"))
    view.show_scene(scene)
    assert near(pixels_of(view), theme.left, 40).sum() > 300
    view.show_scene(replace(scene, body=replace(scene.body, seen=np.zeros(33, bool))))
    assert near(pixels_of(view), theme.left, 40).sum() == 0


def test_a_face_is_seen_from_the_front_and_not_from_behind(view, scene):
    view.set_options(replace(view.options, comparison="none", camera=False))
    view.show_scene(scene)
    skin = "#e8bea0"
    view.look_from(*preset_angles("front", scene.facing_deg))
    front = near(pixels_of(view), skin, 12).sum()
    view.look_from(scene.facing_deg + 180.0, 6.0)
    assert front > 50
    assert near(pixels_of(view), skin, 12).sum() < front / 10


def test_an_overlay_is_drawn_where_it_is_measured(view, scene):
    view.show_scene(scene)
    knee = scene.body.landmarks_m[25]
    arc = Overlay(knee + np.array([[0.2, 0, 0], [0.2, 0, 0.1], [0.1, 0, 0.2]]), "93°", knee + [0.3, 0, 0], "#ff00ff")
    assert near(pixels_of(view), "#ff00ff", 40).sum() == 0
    view.show_scene(replace(scene, overlays=(arc,)))
    assert near(pixels_of(view), "#ff00ff", 40).sum() > 20


def test_the_menu_shows_hides_and_remembers(qtbot, view, scene):
    view.show_scene(scene)
    menu = StageMenu(view)
    by_text = {action.text(): action for action in menu.menu.actions()}
    assert by_text["MediaPipe's joints in grey"].isChecked()
    assert not by_text["Expected errors"].isChecked()
    by_text["Expected errors"].trigger()
    by_text["MediaPipe beside it"].trigger()
    assert view.options.errors
    assert len(view.panes()) == 2
    other = SkeletonView()
    qtbot.addWidget(other)
    StageMenu(other)
    assert other.options == view.options
