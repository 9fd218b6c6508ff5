import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.session.state import SessionState
from app.take.thumbnails import Thumbnails
from tests.app.conftest import FakeSource

N, FPS = 40, 10


@pytest.fixture
def video(tmp_path):
    """Forty frames, ten a second, a key frame every 15, each as grey as its number times five; 400 pixels wide."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "15", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 400, 200, "yuv420p"
        for i in range(N):
            frame = av.VideoFrame.from_ndarray(np.full((200, 400, 3), 5 * i + 20, np.uint8), format="rgb24")
            frame.time_base, frame.pts = Fraction(1, FPS), i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def thumbnails(qtbot, video):
    thumbnails = Thumbnails()
    thumbnails.open(video, N / FPS)
    yield thumbnails
    thumbnails.close()


def number_of(picture):
    """Return the number of the frame that a picture was made of."""
    return (picture.pixelColor(picture.width() // 2, picture.height() // 2).green() - 20) / 5


def fetch(qtbot, thumbnails, time_s):
    with qtbot.waitSignal(thumbnails.made, timeout=10_000):
        thumbnails.want(time_s)
    return thumbnails.picture(time_s)


def test_the_picture_is_of_the_frame_pointed_at_and_small(qtbot, thumbnails):
    for number in (0, 23, 39, 15, 14):
        if thumbnails.picture(number / FPS) is None:
            fetch(qtbot, thumbnails, number / FPS)
        picture = thumbnails.picture(number / FPS)
        assert number_of(picture) == pytest.approx(number, abs=0.6)
        assert (picture.width(), picture.height()) == (192, 96)


def test_what_is_decoded_on_the_way_is_kept_and_nothing_is_made_twice(qtbot, thumbnails):
    fetch(qtbot, thumbnails, 2.9)
    assert number_of(thumbnails.picture(1.6)) == pytest.approx(16, abs=0.6)  # after the key frame at 15
    assert thumbnails.picture(1.2) is None
    with qtbot.assertNotEmitted(thumbnails.made, wait=50):
        thumbnails.want(2.2)


def test_only_the_last_of_many_wishes_is_carried_out(qtbot, thumbnails):
    made = []
    thumbnails.made.connect(made.append)
    for tenth in range(N):
        thumbnails.want(tenth / FPS)
    qtbot.waitUntil(lambda: thumbnails.picture(3.9) is not None)
    assert made == [0.0, 3.9]


def test_a_file_that_cannot_be_read_is_left_alone(qtbot, tmp_path):
    thumbnails = Thumbnails()
    thumbnails.open(tmp_path / "nothing.mp4", 4.0)
    thumbnails.want(1.0)
    qtbot.waitUntil(lambda: thumbnails._task is None)
    assert thumbnails.picture(1.0) is None
    thumbnails.want(2.0)
    assert thumbnails._task is None


def test_closing_in_the_middle_leaves_no_thread(qtbot, thumbnails):
    thumbnails.want(3.9)
    thumbnails.close()  # threads: see the fixture in tests/conftest.py
    assert thumbnails.picture(3.9) is None


def test_pointing_at_the_bar_shows_picture_and_time_above_it_and_leaving_hides_them(qtbot, window, lab, video):
    lab.sources[str(video)] = FakeSource(400, is_live=False)
    window.open(Path(video))
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.session.duration_s == 4.0)
    bar, preview = window.board.stage.transport.seek_bar, window.transport._preview
    spot = QPointF(bar.x_of(2.0), 10.0)
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, spot, bar.mapToGlobal(spot), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(bar, move)
    assert preview.isVisible()
    assert preview.time.text() == "0:02.00"
    qtbot.waitUntil(lambda: preview.picture.isVisible(), timeout=10_000)
    assert preview.geometry().bottom() < bar.mapTo(window, QPoint(0, 0)).y()
    assert 0 <= preview.x() <= window.width() - preview.width()
    QApplication.sendEvent(bar, QEvent(QEvent.Type.Leave))
    assert not preview.isVisible()
    assert math.isnan(window.transport._pointed_s)
