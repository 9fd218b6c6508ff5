"""Streams that misbehave, served over the loopback, and clocks that jump."""

import contextlib
import http.server
import itertools
import threading
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from core.errors import SourceError
from core.live.loop import LiveLoop, LoopState
from core.pose.types import Frame
from core.refinement.pipeline import Pipeline
from core.sources import Camera, NetworkStream, VideoFile
from tests.core.conftest import KnownDetector
from tests.core.live.test_loop import wait_until

HEAD = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"


def jpeg(size=(64, 48)):
    return cv2.imencode(".jpg", np.full((size[1], size[0], 3), 128, np.uint8))[1].tobytes()


@contextlib.contextmanager
def serving(parts):
    """Serve MJPEG whose images are the items; a number is a pause in seconds."""
    over = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
            self.end_headers()
            for part in parts():
                if isinstance(part, (int, float)):
                    over.wait(part)
                    continue
                with contextlib.suppress(OSError):
                    self.wfile.write(HEAD % len(part) + part + b"\r\n")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/video"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stream_that_stalls_is_told_not_waited_for(monkeypatch):
    monkeypatch.setattr("core.sources.network_stream._READ_TIMEOUT_S", 0.5)
    has_gone_on = []

    def parts():
        yield from [*[jpeg()] * 40, 60.0]
        has_gone_on.append(True)

    with serving(parts) as url:
        got = []
        with pytest.raises(SourceError, match="stopped sending images"):
            got.extend(NetworkStream(url).frames())
        assert not has_gone_on


def test_garbage_between_images_ends_in_frames_or_a_sentence():
    rng = np.random.default_rng(0)
    rubbish = [rng.bytes(int(n)) for n in rng.integers(1, 4000, 30)]
    cut = [jpeg()[: len(jpeg()) // 2]] * 10
    with serving(lambda: [*[jpeg()] * 20, *rubbish, *cut, *[jpeg()] * 20]) as url:
        frames = []
        with contextlib.suppress(SourceError):
            for frame in NetworkStream(url).frames():
                frames.append(frame)
        assert frames
        assert all(frame.image.shape == (48, 64, 3) for frame in frames)
    with serving(lambda: rubbish) as url, pytest.raises(SourceError):
        list(NetworkStream(url).frames())


def test_a_stream_that_changes_its_resolution_goes_on(standing_ray):
    with serving(lambda: [*[jpeg()] * 20, *[jpeg((128, 96))] * 20]) as url:
        sizes = []
        pipeline = Pipeline(KnownDetector(standing_ray), None)
        with contextlib.suppress(SourceError), pipeline:
            for frame in NetworkStream(url).frames():
                packet = pipeline.process(frame)
                sizes.append(packet.detection.frame.size_px)
                assert np.isfinite(packet.joints_m).all()
    assert (64, 48) in sizes
    assert (128, 96) in sizes


def test_a_file_that_changes_its_resolution_goes_on(make_video):
    # MPEG transport streams may be joined like this
    small, large = make_video("a.ts", n=10), make_video("b.ts", n=10, size=(128, 96))
    joined = small.with_name("joined.ts")
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    frames = list(VideoFile(joined).frames())
    assert {frame.size_px for frame in frames} == {(64, 48), (128, 96)}
    assert all(b.time_s > a.time_s for a, b in itertools.pairwise(frames))


def test_a_camera_that_was_unplugged_can_be_opened_again(monkeypatch):
    class Capture:
        plugged_in = True

        def __init__(self, index):
            self.left = 5

        def isOpened(self):
            return Capture.plugged_in

        def read(self):
            self.left -= 1
            return self.left > 0, np.zeros((4, 6, 3), np.uint8)

        def get(self, what):
            return 30.0

        def set(self, what, value):
            return True

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    camera = Camera(0)
    with pytest.raises(SourceError, match="unplugged"):
        list(camera.frames())
    Capture.plugged_in = False
    with pytest.raises(SourceError, match="There is no camera 0"):
        Camera(0)
    Capture.plugged_in = True
    assert next(Camera(0).frames()).index == 0


def test_the_clock_on_the_wall_does_not_matter(monkeypatch, standing_ray):
    """Summer time, NTP, a person who sets the date: frames come from the camera's steady clock."""

    class Source:
        def frames(self):
            for index in range(20):
                yield Frame(np.zeros((4, 6, 3), np.uint8), index, index / 30)

        def close(self):
            pass

    jumps = itertools.cycle([0.0, 1e9, -1e9])
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    ticks = itertools.count()  # a steady clock that goes on by a millisecond whenever it is read
    steady = SimpleNamespace(perf_counter=lambda: next(ticks) * 1e-3, time=time.time)
    monkeypatch.setattr("core.live.loop.time", steady)
    seen = []
    pipeline = Pipeline(KnownDetector(standing_ray), None)
    loop = LiveLoop(Source(), lambda: pipeline, lossless=True, on_packet=seen.append)
    loop.start()
    wait_until(lambda: loop.state not in (LoopState.STARTING, LoopState.RUNNING))
    loop.stop()
    assert loop.stats.state is LoopState.FINISHED
    assert [packet.detection.frame.index for packet in seen] == list(range(20))
    assert loop.stats.latency_ms == pytest.approx(1.0)


@pytest.mark.parametrize("jump_s", [-3600.0, -0.5, 0.0, 3600.0], ids=str)
def test_a_steady_clock_that_jumps_breaks_nothing(monkeypatch, jump_s):
    """A laptop that slept: even the monotonic clock may leap, and some drivers repeat stamps."""
    ticks = iter([0.0, 0.033, 0.066, 0.066 + jump_s, 0.1 + jump_s, 0.133 + jump_s])
    monkeypatch.setattr("core.sources.camera.time", type("T", (), {"monotonic": staticmethod(lambda: next(ticks))}))

    class Capture:
        isOpened = lambda self: True  # noqa: E731
        read = lambda self: (True, np.zeros((4, 6, 3), np.uint8))  # noqa: E731
        get = lambda self, what: 30.0  # noqa: E731
        set = lambda self, what, value: True  # noqa: E731
        release = lambda self: None  # noqa: E731

    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Capture())
    times = [frame.time_s for frame in itertools.islice(Camera(0).frames(), 6)]
    assert all(b > a for a, b in itertools.pairwise(times))
