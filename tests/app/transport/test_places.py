"""Frames and times to go to, and moments with names."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from app.session.state import SessionState
from app.take.places import parse_place
from core.errors import SettingsError
from core.take.store import TakeStore
from core.take.take import Marker, Processing
from tests.app.conftest import FakeSource


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("218", 218), (" 7 s", 7.0), ("7.25", 7.25), ("7,25s", 7.25), ("1:02.5", 62.5), ("1:00:01", 3601.0), ("0", 0)],
)
def test_a_whole_number_is_a_frame_and_anything_else_a_time(text, wanted):
    place = parse_place(text)
    assert place == wanted
    assert type(place) is type(wanted)


@pytest.mark.parametrize("text", ["", "soon", "-3", "1:2:3:4", "1e5", "7 8", "٣"])
def test_what_is_neither_is_said(text):
    with pytest.raises(SettingsError, match="neither a frame"):
        parse_place(text)


@pytest.fixture
def player(qtbot, window, lab):
    """A paused fake file of ten seconds, 100 frames a second."""
    lab.sources["clip"] = FakeSource(1000, is_live=False)
    window.open("clip")
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.session.track.version > 2)
    window.session.pause()
    return window


def is_at(window, time_s):
    return lambda: window.session.position_s == pytest.approx(time_s)


def test_going_to_frames_and_times(qtbot, player, monkeypatch):
    for said, wanted in (("218", 2.18), ("7.25", 7.25), ("999", 9.99), ("0:03", 3.0)):
        monkeypatch.setattr(QInputDialog, "getText", lambda *_, said=said, **__: (said, True))
        qtbot.keyClick(player, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(is_at(player, wanted))
    assert player.session.state == SessionState.PAUSED
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("soon", True))
    qtbot.mouseClick(player.board.stage.transport.clock, Qt.MouseButton.LeftButton)
    assert "'soon' is neither" in player.banner.text


def test_ten_frames_on_and_back(qtbot, player):
    player.transport.seek(2.0)
    qtbot.waitUntil(is_at(player, 2.0))
    for key, wanted in ((Qt.Key.Key_Right, 2.1), (Qt.Key.Key_Left, 2.0), (Qt.Key.Key_Left, 1.9)):
        qtbot.keyClick(player, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(is_at(player, wanted))


@pytest.fixture
def with_take(player, tmp_path):
    """The same with a take, as a file has one."""
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"x" * 100)
    place, take = TakeStore(tmp_path / "takes").open(video, Processing(carried="full"))

    class Open:
        def __init__(self):
            self.place, self.take, self.is_analysed = place, take, True

        @property
        def showing(self):
            return type("Showing", (), {"poses": None, "knows": lambda *_: True})

        def change(self, **changes):
            self.take = type(take)(**{**vars(self.take), **changes})
            player.session.changed.emit()

        def figures(self):
            return {}

        def close(self):
            pass

    player.session.open_take = Open()
    return player


def test_moments_get_names_and_are_found_again(qtbot, with_take, monkeypatch):
    window, session, bar = with_take, with_take.session, with_take.board.stage.transport.seek_bar
    for time_s, name in ((4.0, "take-off"), (2.0, " landing ")):
        window.transport.seek(time_s)
        qtbot.waitUntil(is_at(window, time_s))
        monkeypatch.setattr(QInputDialog, "getText", lambda *_, name=name, **__: (name, True))
        qtbot.keyClick(window, Qt.Key.Key_K)
    assert session.open_take.take.markers == (Marker(2.0, "landing"), Marker(4.0, "take-off"))
    assert bar.markers == ((2.0, "landing"), (4.0, "take-off"))
    assert bar.marker_at(4.001) == "take-off"
    assert bar.marker_at(3.0) == ""
    window.transport.seek(3.0)
    qtbot.waitUntil(is_at(window, 3.0))
    for key, wanted in ((Qt.Key.Key_Period, 4.0), (Qt.Key.Key_Comma, 2.0)):
        qtbot.keyClick(window, key)
        qtbot.waitUntil(is_at(window, wanted))
    window.markers.menu.aboutToShow.emit()
    entries = window.markers.menu.actions()
    assert [entry.text() for entry in entries] == ["0:02.00   landing", "0:04.00   take-off"]
    entries[1].trigger()
    qtbot.waitUntil(is_at(window, 4.0))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **said: (said["text"] + "!", True))
    qtbot.keyClick(window, Qt.Key.Key_K)  # the one that is there gets another name
    assert session.open_take.take.markers[1] == Marker(4.0, "take-off!")
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert bar.markers == ((2.0, "landing"),)
