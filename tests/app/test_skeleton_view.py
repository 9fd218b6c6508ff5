import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.theme import theme_of
from app.views.scene import SceneBuilder
from app.views.skeleton import create_skeleton_view, opengl_works, preset_angles
from app.views.skeleton_flat import FlatSkeletonView
from tests.app.test_video import near, pixels_of

ON_A_SCREEN = """
import json, sys
import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
app = QApplication(sys.argv)
from app.theme import theme_of
from app.views.scene import SkeletonScene, to_display
from app.views.skeleton import create_skeleton_view
joints = to_display(np.array(json.loads(sys.argv[1]))) + [0, 0, 0.9]
view = create_skeleton_view()
view.resize(400, 400)
view.show()
view.show_scene(SkeletonScene(joints, joints, np.ones(18), np.full(17, np.nan)))
for _ in range(20):
    app.processEvents()
image = view.grabFramebuffer().convertToFormat(view.grabFramebuffer().Format.Format_RGB888)
rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
def where(name):
    c = QColor(name)
    return np.argwhere(np.abs(pixels - [c.red(), c.green(), c.blue()]).max(axis=-1) < 40)
theme = theme_of(view.palette())
left, right = where(theme.left), where(theme.right)
print(json.dumps({"kind": type(view).__name__, "n": [len(left), len(right)],
                  "left_x": float(left[:, 1].mean()), "right_x": float(right[:, 1].mean())}))
"""


@pytest.fixture
def view(qtbot):
    view = FlatSkeletonView()
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


def test_the_factory_falls_back_where_there_is_no_opengl(qtbot):
    if QApplication.platformName() != "offscreen":
        pytest.skip("this platform may have OpenGL")
    assert not opengl_works()
    view = create_skeleton_view()
    qtbot.addWidget(view)
    assert isinstance(view, FlatSkeletonView)


def test_opengl_draws_left_on_the_right_too(standing_ray):
    xvfb = shutil.which("xvfb-run")
    if xvfb is None and "DISPLAY" not in os.environ:
        pytest.skip("no display and no xvfb-run")
    command = [sys.executable, "-c", ON_A_SCREEN, json.dumps(standing_ray.tolist())]
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    prefix = [xvfb, "-a", "-s", "-screen 0 800x600x24"] if xvfb else []
    done = subprocess.run([*prefix, *command], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    if result["kind"] != "GLSkeletonView":
        pytest.skip("this display has no OpenGL")
    assert min(result["n"]) > 100
    assert result["left_x"] > result["right_x"] + 20
