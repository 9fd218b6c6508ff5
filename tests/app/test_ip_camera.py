"""A loopback MJPEG server as IP camera: watched, killed, back again."""

import http.server
import threading
import time

import cv2
import numpy as np
import pytest

from app.session.state import SessionState
from core.sources import open_source


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends grey pictures, 50 a second, until the server stops."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for i in range(100_000):
            if self.server.is_over.is_set():
                return
            _, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), i % 200, np.uint8))
            try:
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg.tobytes() + b"\r\n")
            except OSError:
                return
            time.sleep(0.02)

    def log_message(self, *_):
        """Be quiet."""


class Server(http.server.ThreadingHTTPServer):
    """A camera that can be killed and started again on the same port."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port=0):
        self.is_over = threading.Event()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    def kill(self):
        self.is_over.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


@pytest.fixture
def servers():
    started = []

    def start(port=0):
        started.append(Server(port))
        return started[-1]

    yield start
    for server in started:
        if not server.is_over.is_set():
            server.kill()


@pytest.mark.kill
def test_a_killed_camera_is_noticed_and_comes_back_by_itself(qtbot, session, lab, servers):
    lab.open = open_source
    session.loss.retry.setInterval(50)
    failed, noted = [], []
    session.failed.connect(failed.append)
    session.noted.connect(noted.append)
    server = servers()
    port = server.server_address[1]
    session.open(f"http://127.0.0.1:{port}/video")

    def until(condition):
        qtbot.waitUntil(lambda: (session.take(), condition())[1], timeout=60_000)

    until(lambda: session.state == SessionState.PLAYING and session.track.version > 3)
    assert session.status.size_px == (64, 48)
    server.kill()
    until(lambda: session.state == SessionState.LOST)
    assert len(failed) == 1
    assert "Trying again" in failed[0]
    qtbot.wait(200)
    assert session.state == SessionState.LOST
    servers(port)
    until(lambda: session.state == SessionState.PLAYING and session.track.version > 3)
    assert len(failed) == 1
    assert noted[-1] == f"http://127.0.0.1:{port}/video is back."


@pytest.mark.kill
def test_closing_while_it_is_lost_leaves_nothing(qtbot, lab, servers):
    session = lab.session()
    lab.open = open_source
    session.loss.retry.setInterval(50)
    server = servers()
    session.open(f"http://127.0.0.1:{server.server_address[1]}/video")
    qtbot.waitUntil(lambda: (session.take(), session.state == SessionState.PLAYING)[1], timeout=60_000)
    server.kill()
    qtbot.waitUntil(lambda: (session.take(), session.state == SessionState.LOST)[1], timeout=60_000)
    session.close()
    assert session.state == SessionState.EMPTY
    assert not session.loss.retry.isActive()
