"""The capture desk with made-up cameras: shown, counted down, recorded, kept."""

import time

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.capture.desk import CaptureDesk, file_name
from app.capture.setups import CameraChoice, delete_setup, load_setup, save_setup, setup_names
from core.errors import SourceError
from core.sources import CameraSpec
from tests.app.conftest import FakeSource
from tests.app.test_video import pixels_of


@pytest.fixture
def cameras():
    return {0: FakeSource(name="left"), 1: FakeSource(name="right", interval_s=0.015)}


@pytest.fixture
def desk(qtbot, tmp_path, cameras):
    def open_(spec):
        found = cameras[spec.index if isinstance(spec, CameraSpec) else spec]
        if isinstance(found, Exception):
            raise found
        found.closed.clear()
        return found

    desk = CaptureDesk(lambda: tmp_path / "films", open_)
    qtbot.addWidget(desk)
    desk.resize(1000, 620)
    desk.countdown.setValue(0)
    yield desk
    desk.close_cameras()


def ready(qtbot, desk):
    desk.show()
    qtbot.waitUntil(lambda: desk.button.isEnabled())


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_camera_is_seen_before_it_is_recorded_and_let_go_of_afterwards(qtbot, desk, cameras):
    desk.add(CameraChoice(CameraSpec(0)))
    assert not desk.feeds
    ready(qtbot, desk)
    before = pixels_of(desk.preview)
    qtbot.waitUntil(lambda: (np.abs(pixels_of(desk.preview) - before).max(axis=-1) > 3).sum() > 10_000)
    desk.hide()
    assert cameras[0].closed.is_set()
    assert not desk.feeds


def test_two_cameras_are_recorded_at_once_and_the_counter_goes_on(qtbot, desk, tmp_path):
    for index in (0, 1):
        desk.add(CameraChoice(CameraSpec(index)))
    desk.session.setText("anna")
    desk.take.setText("jump")
    ready(qtbot, desk)
    assert "next: jump-01" in desk.next.text()
    click(qtbot, desk.button)
    assert desk.button.text() == "Stop"
    qtbot.waitUntil(lambda: min(len(feed._track.times_s) for feed in desk.feeds) > 5)
    with qtbot.waitSignal(desk.recorded) as recorded:
        qtbot.keyClick(desk, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    filmed = recorded.args[0]
    assert [path.relative_to(tmp_path).as_posix() for path in filmed.videos] == [
        "films/anna/jump-01/cam_1.mp4", "films/anna/jump-01/cam_2.mp4",
    ]  # fmt: skip
    assert filmed.timestamps.is_file()
    for path, n in zip(filmed.videos, filmed.n_frames, strict=True):
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == n
    assert "next: jump-02" in desk.next.text()


def test_it_counts_down_first_and_the_countdown_can_be_given_up(qtbot, desk):
    desk.add(CameraChoice(CameraSpec(0)))
    ready(qtbot, desk)
    desk.countdown.setValue(2)
    click(qtbot, desk.button)
    assert desk.preview.countdown == 2
    assert desk.button.text() == "Cancel"
    click(qtbot, desk.button)
    assert desk.preview.countdown == 0
    assert desk.recording is None
    desk.countdown.setValue(1)
    click(qtbot, desk.button)
    qtbot.waitUntil(lambda: desk.recording is not None)
    qtbot.waitUntil(lambda: "REC" in desk.state.text())
    assert not desk.session.isEnabled()


def test_it_stops_after_the_length_that_was_asked_for(qtbot, desk):
    desk.add(CameraChoice(CameraSpec(0)))
    ready(qtbot, desk)
    desk.limit.setValue(1)
    started = time.monotonic()
    with qtbot.waitSignal(desk.recorded):
        click(qtbot, desk.button)
    assert time.monotonic() - started >= 1.0


def test_what_is_recorded_is_kept_when_the_page_goes(qtbot, desk, tmp_path):
    desk.add(CameraChoice(CameraSpec(0)))
    desk.session.setText("s")
    ready(qtbot, desk)
    click(qtbot, desk.button)
    qtbot.waitUntil(lambda: len(desk.feeds[0]._track.times_s) > 3)
    desk.hide()
    assert (tmp_path / "films" / "s" / "take-01.mp4").is_file()


def test_a_nearly_full_disk_is_a_sentence(qtbot, desk, monkeypatch):
    from app.capture import desk as module

    desk.add(CameraChoice(CameraSpec(0)))
    ready(qtbot, desk)
    monkeypatch.setattr(module, "LEAST_FREE_BYTES", 1 << 62)
    with qtbot.waitSignal(desk.failed) as failed:
        click(qtbot, desk.button)
    assert "nearly full" in failed.args[0]
    assert desk.recording is None


def test_a_camera_that_does_not_open_says_why_and_nothing_can_be_recorded(qtbot, desk, cameras):
    cameras[0] = SourceError("There is no camera 0.")
    desk.add(CameraChoice(CameraSpec(0)))
    desk.show()
    qtbot.waitUntil(lambda: desk.feeds[0].error == "There is no camera 0.")
    assert not desk.button.isEnabled()


def test_set_ups_are_saved_chosen_and_deleted(qtbot, desk, monkeypatch):
    from app.capture import desk as module

    choices = [CameraChoice(CameraSpec(0, (1280, 720), 30.0), True), CameraChoice("rtsp://10.0.0.2/live")]
    for choice in choices:
        desk.add(choice)
    monkeypatch.setattr(module.QInputDialog, "getText", lambda *_, **__: ("two sides", True))
    desk._ask_setup_name()
    assert "two sides" in setup_names()
    desk.cameras.setCurrentRow(0)
    click(qtbot, desk.remove)
    assert desk.choices == choices[1:]
    desk.setup.setCurrentIndex(desk.setup.findData("two sides"))
    desk.setup.activated.emit(1)
    assert desk.choices == choices
    assert "1280 × 720" in desk.cameras.item(0).text()
    desk._forget_setup()
    assert "two sides" not in setup_names()


def test_the_cameras_of_the_last_time_are_there_again(qtbot, desk, tmp_path):
    desk.add(CameraChoice(CameraSpec(1)))
    other = CaptureDesk(lambda: tmp_path)
    qtbot.addWidget(other)
    assert other.choices == desk.choices


def test_a_set_up_that_cannot_be_read_is_none():
    from PySide6.QtCore import QSettings

    save_setup("good", [CameraChoice(CameraSpec(0))])
    QSettings().setValue("capture/setups", '{"bad": [{"size": 3}, {"camera": 2}], "worse": 4}')
    assert load_setup("bad") == [CameraChoice(CameraSpec(2))]
    assert setup_names() == ["bad"]
    delete_setup("never there")
    QSettings().setValue("capture/setups", "no JSON")
    assert setup_names() == []


@pytest.mark.parametrize(
    ("typed", "name"), [("a/b", "a-b"), ("..", "x"), ("  ", "x"), ("C:\\x", "C-x"), ("Anna 2", "Anna 2")]
)
def test_what_is_typed_is_a_name(typed, name):
    assert file_name(typed, "x") == name


def test_the_desk_is_a_page_of_the_window_and_its_take_is_opened(qtbot, window, lab, cameras, tmp_path, monkeypatch):
    from PySide6.QtCore import QSettings

    QSettings().setValue("recording_folder", str(tmp_path / "films"))
    desk = window.capture.desk
    desk._open = lambda spec: cameras[spec.index]
    desk.add(CameraChoice(CameraSpec(0)))
    desk.countdown.setValue(0)
    assert not desk.isVisible()
    window.actions_by_name["capture"].trigger()
    assert desk.isVisible()
    qtbot.waitUntil(lambda: desk.button.isEnabled())
    click(qtbot, desk.button)
    qtbot.waitUntil(lambda: len(desk.feeds[0]._track.times_s) > 3)
    click(qtbot, desk.button)
    qtbot.waitUntil(lambda: "Recorded" in window.banner.text)
    (video,) = (tmp_path / "films").rglob("take-01.mp4")
    lab.sources[str(video)] = FakeSource(50, is_live=False)
    window.open(video)
    qtbot.waitUntil(lambda: window.session.source is not None)
    qtbot.waitUntil(lambda: not desk.isVisible())
    assert not window.actions_by_name["capture"].isChecked()
    assert not desk.feeds


def test_a_camera_that_is_open_is_let_go_of_for_the_desk(qtbot, window, lab):
    lab.sources["0"] = FakeSource()
    window.open("0")
    qtbot.waitUntil(lambda: window.session.track.version > 2)
    window.actions_by_name["capture"].trigger()
    assert window.session.source is None
    assert window.capture.desk.isVisible()
    window.actions_by_name["capture"].trigger()
    assert window.library.isVisible()
