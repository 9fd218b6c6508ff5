import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.stage.orbit import preset_angles
from app.stage.scene import SceneBuilder
from app.stage.skeleton_view import SkeletonView
from app.theme import theme_of
from core.files.program import ROOT
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
    theme = theme_of(view.palette())
    areas = []
    for radius in (0.05, 0.15):
        view.show_scene(replace(scene, uncertainty_m=np.full(17, radius)))
        plain = pixels_of(view)
        view.show_scene(replace(scene, uncertainty_m=np.full(17, np.nan)))
        areas.append((np.abs(plain - pixels_of(view)).max(axis=-1) > 8).sum())
    assert areas[0] > 500
    assert areas[1] > 3 * areas[0]
    assert theme.refined


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
