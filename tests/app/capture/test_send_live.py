"""Sending from the window: real sinks, a real socket at the other end."""

import socket

import pytest
from PySide6.QtCore import Qt
from pythonosc.osc_bundle import OscBundle

from app.capture.send_live import SendLiveDialog
from app.session.sending import Sending
from core.live.streaming.calibration import CalibrationState
from tests.app.conftest import FakeSource
from tests.app.test_video import near, pixels_of


@pytest.fixture
def receiver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(20)
        yield udp


@pytest.fixture
def sending(session):
    sending = Sending(session)
    yield sending
    sending.stop()


@pytest.fixture
def dialog(qtbot, sending):
    dialog = SendLiveDialog(sending)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def play(qtbot, session, lab):
    lab.sources["0"] = FakeSource()
    session.open("0")
    qtbot.waitUntil(lambda: session.track.version > 5)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_click_sends_poses_and_the_window_says_how_many(qtbot, session, lab, dialog, sending, receiver):
    play(qtbot, session, lab)
    dialog.ports["vmc"].setValue(receiver.getsockname()[1])
    click(qtbot, dialog.button)
    qtbot.waitUntil(lambda: sending.is_on)
    assert OscBundle.dgram_is_bundle(receiver.recv(65536))
    qtbot.waitUntil(lambda: "frames/s to vmc=127.0.0.1" in dialog.state.text())
    assert "LIVE VMC" in sending.text()
    assert dialog.button.text() == "Stop"
    assert not dialog.hosts["vmc"].isEnabled()
    click(qtbot, dialog.button)
    assert not sending.is_on
    assert dialog.state.text() == "Nothing is sent."
    assert sending.text() == ""


def test_nothing_is_chosen_nothing_can_be_sent(qtbot, dialog):
    click(qtbot, dialog.boxes["vmc"])
    assert not dialog.button.isEnabled()
    dialog.boxes["osc"].setFocus()
    qtbot.keyClick(dialog.boxes["osc"], Qt.Key.Key_Space)
    assert dialog.button.isEnabled()


def test_a_port_that_is_taken_is_a_sentence(qtbot, dialog, sending):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dialog.boxes["vmc"].setChecked(False)
        dialog.boxes["ws"].setChecked(True)
        dialog.ports["ws"].setValue(taken.getsockname()[1])
        click(qtbot, dialog.button)
        qtbot.waitUntil(lambda: bool(sending.error))
    assert str(taken) != dialog.state.text()
    assert sending.error == dialog.state.text()
    assert dialog.button.text() == "Send"


def test_before_anything_plays_it_waits_and_says_so(qtbot, dialog, sending):
    click(qtbot, dialog.button)
    qtbot.waitUntil(lambda: sending.is_on)
    qtbot.waitUntil(lambda: dialog.state.text().startswith("Waiting for the first pose"))


def test_what_is_no_t_pose_is_told(qtbot, session, lab, dialog, sending):
    play(qtbot, session, lab)
    assert not dialog.calibrate.isEnabled()
    click(qtbot, dialog.button)
    qtbot.waitUntil(lambda: dialog.calibrate.isEnabled())
    dialog.delay.setValue(1)
    click(qtbot, dialog.calibrate)
    assert dialog.said.text() == "Get into the T-pose…"
    qtbot.waitUntil(lambda: "no T-pose" in dialog.said.text())  # the made-up person lets the arms hang
    assert sending.stats.calibration == CalibrationState.NONE


def test_addresses_are_remembered(qtbot, dialog, sending):
    dialog.boxes["osc"].setChecked(True)
    dialog.ports["osc"].setValue(4567)
    click(qtbot, dialog.button)
    qtbot.waitUntil(lambda: sending.is_on)
    sending.stop()
    other = SendLiveDialog(sending)
    qtbot.addWidget(other)
    assert other.boxes["osc"].isChecked()
    assert other.ports["osc"].value() == 4567


def test_the_t_pose_is_wider_than_it_is_high_at_the_arms(qtbot, dialog):
    from app.capture.t_pose import TPosePicture
    from app.theme import theme_of

    picture = dialog.findChild(TPosePicture)
    pixels = pixels_of(picture)
    theme = theme_of(picture.palette())
    left, right = near(pixels, theme.left, 60), near(pixels, theme.right, 60)
    # the left arm reaches farther to the right than the left leg, and the right one to the left
    assert left.any(axis=0).nonzero()[0].max() > pixels.shape[1] * 0.8
    assert right.any(axis=0).nonzero()[0].min() < pixels.shape[1] * 0.2


def test_the_menu_opens_it_and_the_status_line_says_that_it_is_live(qtbot, window, lab, receiver):
    lab.sources["0"] = FakeSource()
    window.open("0")
    qtbot.waitUntil(lambda: window.session.track.version > 5)
    window.actions_by_name["send_live"].trigger()
    dialog = window.findChild(SendLiveDialog)
    assert dialog.isVisible()
    dialog.ports["vmc"].setValue(receiver.getsockname()[1])
    click(qtbot, dialog.button)
    qtbot.waitUntil(lambda: "LIVE VMC" in window.status_line.recording.text())
    dialog.close()
    assert window.send_live.sending.is_on  # it goes on without the dialog
    window.close()
    assert not window.send_live.sending.is_on
