import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog

from app.inspector.opening import show_inspector
from app.inspector.stream import InspectedStream
from app.inspector.window import InspectorWindow
from core.sequence.pairs import load_pairs, save_pairs, write_index
from core.system.files.program import ASSETS
from core.system.files.program import SAMPLE as VIDEO

SAMPLE = ASSETS / "sample_truth.npz"


@pytest.fixture
def folder(tmp_path):
    """Return a data set of the sample and of a part of it without truth for some joints."""
    pairs = load_pairs(SAMPLE)
    save_pairs(tmp_path / "a.npz", pairs)
    truth = pairs.ground_truth.copy()
    truth[3] = np.nan
    truth[4, 9] = np.nan
    save_pairs(tmp_path / "b.npz", pairs.__class__(**{**vars(pairs), "ground_truth": truth}))
    write_index(tmp_path, {"a.npz": "train", "b.npz": "test"}, {})
    return tmp_path


@pytest.fixture
def inspector(qtbot):
    window = InspectorWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_errors_are_those_of_the_file(folder):
    stream = InspectedStream.load(folder / "b.npz")
    pairs = stream.pairs
    expected = 1000 * np.linalg.norm(pairs.corrupted[5, 5:] - pairs.ground_truth[5, 5:], axis=-1).mean()
    assert stream.error_mm[5] == pytest.approx(expected, rel=1e-5)
    behind = pairs.corrupted[5, 9, 2] > pairs.ground_truth[5, 9, 2]
    assert (stream.joint_depth_mm[5, 9] > 0) == behind  # positive: MediaPipe has it too far away
    assert np.isnan(stream.error_mm[3])
    assert 3 not in stream.worst_first
    assert stream.error_mm[stream.worst_first[0]] == np.nanmax(stream.error_mm)


def test_the_projected_truth_lies_on_the_person(folder):
    stream = InspectedStream.load(folder / "a.npz")
    hips = [joints[:, 11:13].mean(axis=1) for joints in (stream.truth_px, stream.pairs.pose_2d)]
    extent = np.ptp(stream.pairs.pose_2d, axis=1).max(axis=-1)
    assert (np.linalg.norm(hips[0] - hips[1], axis=-1) < 0.05 * extent).all()
    far = np.linalg.norm(stream.truth_px - stream.pairs.pose_2d, axis=-1)[:, 5:].mean(axis=1)
    assert np.median(far / extent) < 0.08


def test_a_folder_opens_on_its_first_frame(inspector, folder):
    inspector.open(folder)
    assert [inspector.files.item(i).text() for i in range(2)] == ["a.npz   train", "b.npz   test"]
    assert inspector.row == 0
    assert inspector.skeleton._scene is not None
    assert "frames" in inspector.about.text()
    assert inspector.where.text().startswith("frame ")


def test_keys_move_through_frames_and_files(qtbot, inspector, folder):
    inspector.open(folder)
    inspector.activateWindow()
    qtbot.waitUntil(inspector.isActiveWindow)
    qtbot.keyClick(inspector, Qt.Key.Key_Right)
    qtbot.keyClick(inspector, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert inspector.row == inspector.slider.value() == 11
    qtbot.keyClick(inspector, Qt.Key.Key_Left)
    assert inspector.row == 10
    qtbot.keyClick(inspector, Qt.Key.Key_PageDown)
    assert inspector.stream.path.name == "b.npz"
    assert inspector.row == 0
    qtbot.keyClick(inspector, Qt.Key.Key_Left)
    assert inspector.row == 0  # there is nothing before the first
    inspector.show_worst()
    first = inspector.row
    assert first == inspector.stream.worst_first[0]
    inspector.show_worst()
    assert inspector.row == inspector.stream.worst_first[1]


def test_frames_and_joints_without_truth_are_drawn_and_said(qtbot, inspector, folder):
    inspector.open(folder / "b.npz")
    inspector.show_row(3)
    assert inspector.panels["plot"].value == "no truth here"
    assert inspector.joints.item(9, 1).text() == "-"
    inspector.show_row(4)
    assert inspector.joints.item(9, 1).text() == "-"
    assert inspector.joints.item(10, 1).text() != "-"
    inspector.grab()  # paints both rows' NaN


def test_a_click_in_the_plot_goes_there(qtbot, inspector, folder):
    inspector.open(folder)
    inspector.plot._choose(7.4)
    assert inspector.row == 7
    inspector.plot._choose(1e9)
    assert inspector.row == len(inspector.stream) - 1


def test_it_plays_to_the_end_and_stops(qtbot, inspector, folder):
    inspector.open(folder)
    inspector.show_row(len(inspector.stream) - 4)
    inspector._timer.setInterval(1)
    inspector.play(True)
    assert inspector.play_button.text() == "Pause"
    qtbot.waitUntil(lambda: not inspector._timer.isActive())
    assert inspector.row == len(inspector.stream) - 1
    assert inspector.play_button.text() == "Play"


def test_what_cannot_be_opened_is_a_banner(inspector, folder, tmp_path):
    inspector.open(tmp_path / "gone")
    assert "no pair file or folder" in inspector.banner.text
    inspector.open(folder)
    assert not inspector.banner.isVisible()
    (folder / "b.npz").write_bytes(b"not pairs")
    inspector.files.setCurrentRow(1)
    assert "not a readable pair file" in inspector.banner.text
    assert inspector.stream is None
    inspector.show_row(3)
    inspector.show_worst()
    inspector.files.setCurrentRow(0)
    assert inspector.stream is not None
    inspector.show_video(folder / "b.npz")
    assert "b.npz" in inspector.banner.text


def test_the_video_lies_beneath_the_joints(qtbot, inspector, folder):
    inspector.open(folder)
    inspector.show_video(VIDEO)
    qtbot.waitUntil(lambda: inspector.image._image is not None)
    for row in (5, 40, 41, 6):  # on the way, sought, the next, back
        with qtbot.waitSignal(inspector._footage.fetched) as signal:
            inspector.show_row(row)
        assert signal.args[0] == inspector.stream.pairs.frame_index[row]
    seen = inspector.image.grab().toImage()
    assert seen.pixelColor(QPoint(seen.width() // 2, seen.height() // 2)) != QColor("#0e1012")
    inspector.files.setCurrentRow(1)
    assert inspector.image._image is None  # it was the video of another file


def test_of_many_frames_asked_for_the_last_is_shown(qtbot, inspector, folder):
    inspector.open(folder)
    inspector.show_video(VIDEO)
    shown = []
    inspector._footage.fetched.connect(lambda index, _: shown.append(index))
    for row in range(30):
        inspector.show_row(row)
    wanted = inspector.stream.pairs.frame_index[29]
    qtbot.waitUntil(lambda: bool(shown) and shown[-1] == wanted, timeout=60_000)
    assert len(shown) < 20


def test_the_refined_pose_comes_beside_raw_and_truth_with_its_error(qtbot, inspector, folder, tiny_refiner_path):
    inspector.refiner = tiny_refiner_path  # halves every depth
    inspector.open(folder / "b.npz")
    assert inspector.joints.isColumnHidden(2)
    inspector.refined_button.click()
    qtbot.waitUntil(lambda: inspector.stream.refined is not None, timeout=20_000)
    inspector.show_row(5)
    stream, pairs = inspector.stream, inspector.stream.pairs
    halved = pairs.corrupted[5].astype(float) * [1, 1, 0.5]
    error = 1000 * np.linalg.norm(halved - pairs.ground_truth[5], axis=-1)
    np.testing.assert_allclose(stream.joint_refined_error_mm[5], error, rtol=1e-4)
    assert inspector.joints.item(9, 2).text() == f"{error[9]:.0f}"
    assert f"refined {error[5:].mean():.0f} mm" in inspector.panels["plot"].value
    np.testing.assert_allclose(inspector.plot._curves["refined"].yData[5], error[5:].mean(), rtol=1e-4)
    scene = inspector.skeleton._scene
    assert not np.allclose(scene.refined, scene.truth)
    inspector.grab()
    inspector.files.setCurrentRow(0)
    inspector.refined_button.click()
    assert inspector.skeleton._scene.truth is None
    assert inspector.joints.isColumnHidden(2)


def test_a_refiner_that_cannot_be_loaded_is_a_banner(qtbot, inspector, folder, tmp_path):
    inspector.refiner = tmp_path / "gone.onnx"
    inspector.open(folder / "a.npz")
    inspector.refined_button.click()
    qtbot.waitUntil(inspector.banner.isVisible, timeout=10_000)
    assert not inspector.refined_button.isChecked()
    assert inspector.stream.refined is None


def test_the_menu_opens_one_inspector(window, folder, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    window.actions_by_name["inspect"].trigger()
    found = window.findChildren(InspectorWindow)
    assert len(found) == 1
    assert found[0].isVisible()
    assert found[0].stream.path == folder / "a.npz"
    assert show_inspector(window, tmp_path / "refiner.onnx") is found[0]
    found[0].close()
