import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QInputDialog, QMessageBox

from app.actions import ACTIONS, MENUS, TOOLBAR
from app.analysis.plots import cv_text
from app.capture.camera_dialog import CameraDialog
from app.capture.url_dialog import UrlDialog
from app.help_dialog import ShortcutsDialog
from app.library.start_page import StartPage
from app.session.state import SessionState
from app.theme import DARK, apply_scheme, theme_of
from app.window import MainWindow
from core.errors import SourceError
from core.sources import CameraSpec
from core.system.files.program import ROOT
from core.system.version import program_version
from tests.app.conftest import FakeSource


def wait_playing(qtbot, window):
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.session.track.version > 2)


def test_an_empty_window_says_what_to_do(window):
    assert window.findChild(StartPage).isVisible()
    actions = window.actions_by_name
    assert not actions["play"].isEnabled()
    assert not actions["export"].isEnabled()
    assert actions["open_file"].isEnabled()


def test_packets_reach_every_view(qtbot, window, lab):
    lab.sources["0"] = FakeSource(name="camera 0")
    window.open(0)
    wait_playing(qtbot, window)
    board = window.board
    assert not window.findChild(StartPage).isVisible()
    qtbot.waitUntil(lambda: board.stage.video._packet is not None)
    qtbot.waitUntil(lambda: board.skeleton._scene is not None)
    qtbot.waitUntil(lambda: board.bones.variation.curves["raw"].getData()[0] is not None)
    qtbot.waitUntil(lambda: board.dial.needle is not None)
    qtbot.waitUntil(lambda: board.docks["bones"].header.value.startswith("0.0 %"))  # somebody who stands still
    assert board.docks["bones"].header.value == cv_text(*board.bones.list.values[0])
    qtbot.waitUntil(lambda: "fps" in window.status_line.figures.text())
    assert "dropped" in window.status_line.figures.text()
    assert window.status_line.model.text() == "tiny on CPU"
    assert window.status_line.state.text().startswith("Playing  ·  camera 0")
    assert window.windowTitle().startswith("camera 0")


def test_keys_pause_and_switch_refinement(qtbot, window, lab):
    lab.sources["0"] = FakeSource()
    window.open(0)
    wait_playing(qtbot, window)
    window.actions_by_name["play"].trigger()
    assert window.session.state == SessionState.PAUSED
    assert window.actions_by_name["play"].text() == "Play"
    window.actions_by_name["play"].trigger()
    assert window.actions_by_name["play"].text() == "Pause"
    assert window.actions_by_name["refine"].isChecked()
    window.actions_by_name["refine"].trigger()
    assert not window.session.settings.learned_depth_refinement
    qtbot.waitUntil(lambda: "off" in window.status_line.model.text())


def test_without_a_refiner_the_switch_is_off_and_dead(qtbot, window, lab):
    lab.model_name, lab.notes = "", ("There is no refiner at x.onnx; train one.",)
    lab.sources["0"] = FakeSource()
    window.open(0)
    wait_playing(qtbot, window)
    assert not window.actions_by_name["refine"].isEnabled()
    assert not window.actions_by_name["refine"].isChecked()
    assert window.banner.text == "There is no refiner at x.onnx; train one."


def test_an_error_is_a_banner_that_goes_when_dismissed(qtbot, window, lab):
    lab.sources["gone.mp4"] = SourceError("There is no file gone.mp4; check the name.")
    window.open("gone.mp4")
    qtbot.waitUntil(window.banner.isVisible)
    assert window.banner.text == "There is no file gone.mp4; check the name."
    assert window.findChild(StartPage).isVisible()
    window.banner.hide()
    lab.sources["0"] = FakeSource()
    window.open(0)
    wait_playing(qtbot, window)
    assert not window.banner.isVisible()


def test_news_do_not_take_the_place_of_an_error_but_of_what_they_are_about(window):
    window.session.failed.emit("Camera 0 broke off.")
    window.banner.show_notice("Recorded 5 frames.")
    assert [strip.text for strip in window.banner.strips] == ["Recorded 5 frames.", "Camera 0 broke off."]
    window.session.noted.emit("Camera 0 is back.")
    assert [strip.text for strip in window.banner.strips] == ["Camera 0 is back.", "Recorded 5 frames."]
    for n in range(9):
        window.banner.show_error(f"{n}")
    assert len(window.banner.strips) == 3
    window.banner.hide()
    assert window.banner.text == ""
    assert not window.banner.isVisible()


def test_no_control_has_the_keys_when_a_source_opens(qtbot, window, lab):
    window.activateWindow()
    lab.sources["clip"] = FakeSource(300, is_live=False)
    window.open("clip")
    qtbot.waitUntil(lambda: not window.findChild(StartPage).isVisible())
    assert window.focusWidget() is window


def test_a_second_source_starts_with_empty_plots(qtbot, window, lab):
    lab.sources.update({"0": FakeSource(), "1": FakeSource(interval_s=0.5)})
    window.open(0)
    qtbot.waitUntil(lambda: window.session.track.version > 10)
    window.open(1)
    qtbot.waitUntil(lambda: lab.sources["0"].closed.is_set() and window.session.source is lab.sources["1"])
    assert window.session.track.version <= 2
    assert window.board.docks["azimuth"].header.value == ""


def test_dropping_a_file_opens_it(qtbot, window, lab, tmp_path):
    path = tmp_path / "clip.mp4"
    lab.sources[str(path)] = FakeSource(is_live=False, name="clip.mp4")
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a"), QUrl.fromLocalFile(str(path))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(drop)
    wait_playing(qtbot, window)
    assert window.session.file == path


def test_dropping_a_folder_or_several_files_asks_to_export_them(qtbot, window, tmp_path, monkeypatch):
    for name in ("b.mp4", "a.MOV", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    wanted = []
    monkeypatch.setattr(window.desk, "export_files", wanted.append)
    window.sources.batch_wanted.disconnect()
    window.sources.batch_wanted.connect(window.desk.export_files)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    window.sources.drop(data)
    assert [path.name for path in wanted[0]] == ["a.MOV", "b.mp4"]


def test_a_folder_without_videos_is_said(window, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    window.sources.drop(data)
    assert window.banner.text == f"There is no video in {tmp_path.name}; choose another folder."


def test_a_folder_that_cannot_be_read_is_said(window, tmp_path, monkeypatch):
    def refuse(_self):
        raise PermissionError(13, "Permission denied", "secret")

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    monkeypatch.setattr(Path, "iterdir", refuse)
    window.sources.drop(data)
    assert window.banner.text == "secret cannot be read: Permission denied."


def test_the_menus_ask_and_open(qtbot, window, lab, monkeypatch):
    camera = str(CameraSpec(0, (1280, 720), 30))
    lab.sources.update({str(Path("clip.mp4")): FakeSource(), camera: FakeSource(), "http://x/y": FakeSource()})
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("clip.mp4", ""))

    def choose(dialog):
        dialog.resolution.setCurrentText("1280 × 720")
        dialog.rate.setCurrentText("30 fps")
        dialog.mirror.setChecked(True)
        dialog.accept()
        return True

    def type_address(dialog):
        dialog.edit.setCurrentText(" http://x/y ")
        return dialog._ok.isEnabled()

    monkeypatch.setattr(CameraDialog, "exec", choose)
    monkeypatch.setattr(UrlDialog, "exec", type_address)
    for name, spec in (("open_file", "clip.mp4"), ("open_camera", camera), ("open_url", "http://x/y")):
        window.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda spec=spec: window.session.source is lab.sources[spec])
        assert window.actions_by_name["mirror"].isChecked() == (name == "open_camera")
    window.sources.recent_menu.aboutToShow.emit()
    assert window.sources.recent_menu.actions()[0].text() == "http://x/y"


def test_cancelled_questions_change_nothing(window, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    for dialog in (CameraDialog, UrlDialog):
        monkeypatch.setattr(dialog, "exec", lambda _: False)
    for name in ("open_file", "open_folder", "open_camera", "open_url"):
        window.actions_by_name[name].trigger()
    assert window.session.state == SessionState.EMPTY


def test_closing_while_playing_leaves_no_timer_and_no_thread(qtbot, lab):
    lab.sources["0"] = FakeSource()
    window = MainWindow(lab.session())
    window.show()
    window.open(0)
    wait_playing(qtbot, window)
    window.close()
    assert window.session.state == SessionState.EMPTY
    assert lab.pipelines[0].closed
    assert not [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    window.deleteLater()  # threads: see the fixture in tests/conftest.py


def test_the_size_is_remembered(qtbot, lab):
    for size in ((900, 640), None):
        window = MainWindow(lab.session())
        window.show()
        if size:
            window.resize(*size)
        else:
            assert (window.width(), window.height()) == (900, 640)
        window.close()
        window.deleteLater()


def test_dark_and_light_restyle_the_views(qtbot, qapp, window):
    apply_scheme(qapp, "dark")
    try:
        qtbot.waitUntil(lambda: theme_of(window.board.azimuth.palette()) is DARK)
        assert window.board.azimuth.backgroundBrush().color().name() == DARK.panel
        assert DARK.raw in window.board.azimuth.legend()
    finally:
        apply_scheme(qapp, "light")


def test_the_action_table_is_sound():
    names = [spec.name for spec in ACTIONS]
    keys = [spec.shortcut for spec in ACTIONS if spec.shortcut]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert {spec.menu for spec in ACTIONS} == set(MENUS)
    assert set(TOOLBAR) - {""} <= set(names)


def test_every_action_does_something(window):
    for name, action in window.actions_by_name.items():
        assert action.receivers("2triggered(bool)") > 0, name


def test_the_shortcut_list_has_every_key(qtbot):
    dialog = ShortcutsDialog()
    qtbot.addWidget(dialog)
    from PySide6.QtWidgets import QLabel

    text = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert all(spec.shortcut in text for spec in ACTIONS if spec.shortcut)
    size = dialog.sizeHint()
    assert size.width() <= 1200
    assert size.height() <= 640  # with the frame of the window it is seen whole on a screen of 1280 by 720


@pytest.mark.parametrize("size", [(1280, 720), (900, 560)])
def test_nothing_is_cut_at_small_sizes(qtbot, window, lab, size):
    lab.sources["clip"] = FakeSource(is_live=False)
    window.open("clip")
    wait_playing(qtbot, window)
    window.resize(*size)
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    board = window.board
    for view in (board.stage.video, board.stage.transport.speed, board.azimuth, board.dial, board.bones):
        corner = view.mapTo(window, QPoint(view.width(), view.height()))
        assert corner.x() <= window.width()
        assert corner.y() <= window.height()
    assert isinstance(window.findChild(QDialog), type(None))


LOADED = "import json, sys; {code}; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"


def loaded(code):
    command = [sys.executable, "-c", LOADED.format(code=code)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.program
def test_the_window_loads_neither_the_training_side_nor_mediapipe():
    # the benches run MediaPipe without a window too, and are no part of it
    modules = (path for path in (ROOT / "app").rglob("*.py") if path.name != "__init__.py")
    paths = sorted(path for path in modules if path.parent.name != "bench")  # they run MediaPipe beside the window
    everything = "; ".join("import " + ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    got = loaded(everything)
    assert {"app", "core", "PySide6"} <= got
    assert not got & {"torch", "lightning", "models", "mediapipe"}
    assert {"models", "mediapipe"} <= loaded("import models, core.detection.detector")  # the probe sees what it should


@pytest.mark.render
@pytest.mark.parametrize("has_more", [False, True])
def test_nothing_keeps_a_window_that_was_closed(qtbot, lab, has_more):
    window = MainWindow(lab.session())
    window.show()
    lab.sources["clip"] = FakeSource(300, is_live=False)
    window.open("clip")
    wait_playing(qtbot, window)
    if has_more:
        window.session.failed.emit("Something.")
        window.desk.show_training()
    qtbot.wait(50)  # what is put off until the next round holds its window until then
    kept = weakref.ref(window)
    window.close_at_once()
    window.deleteLater()
    del window
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert kept() is None


def test_a_camera_that_does_not_open_mirrors_no_file(qtbot, window, lab, monkeypatch):
    lab.sources["clip.mp4"] = FakeSource(is_live=False)
    window.open(Path("clip.mp4"))
    qtbot.waitUntil(lambda: window.session.source is not None)

    def choose(dialog):
        lab.sources[str(dialog.spec)] = SourceError("it is gone")
        dialog.mirror.setChecked(True)
        dialog.accept()
        return True

    monkeypatch.setattr(CameraDialog, "exec", choose)
    window.actions_by_name["open_camera"].trigger()
    qtbot.waitUntil(lambda: "it is gone" in window.banner.text)
    assert not window.actions_by_name["mirror"].isChecked()


def test_whatever_is_triggered_has_an_argument_that_fits(qtbot, window, lab, monkeypatch):
    """Every entry of every menu, as a click does it; a slot that takes none, or wants one, is an error that shows."""
    lab.sources["clip.mp4"] = FakeSource(is_live=False)
    window.open("clip.mp4")
    qtbot.waitUntil(lambda: window.session.source is not None)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QDialog, "exec", lambda *_: 0)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("", False))
    monkeypatch.setattr(QMessageBox, "about", lambda *_: None)
    monkeypatch.setattr("app.window.show_inspector", lambda *_: None)
    caught = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: caught.append(error))
    for name, action in window.actions_by_name.items():
        if name not in ("quit", "tour", "open_sample") and action.isEnabled():
            action.trigger()
            action.trigger()
            QApplication.processEvents()
            assert not caught, (name, caught)
    follow = window.actions_by_name["follow"]
    follow.trigger()
    assert window.board.follow.isChecked() == follow.isChecked()


def test_the_version_is_said(window, monkeypatch):
    said = []
    monkeypatch.setattr(QMessageBox, "about", lambda _parent, _title, text: said.append(text))
    window.actions_by_name["about"].trigger()
    assert program_version() in said[0]
