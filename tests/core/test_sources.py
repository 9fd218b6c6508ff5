import http.server
import itertools
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError, SourceError
from core.sources import Camera, NetworkStream, VideoFile, open_source
from core.sources.clock import Clock
from core.sources.video.upright import apply_display_matrix
from core.system.files.program import ROOT
from tests.core.conftest import grey_level


def read(path, **range_s):
    source = VideoFile(path, **range_s)
    return source, list(source.frames())


def level(frame):
    return float(np.median(frame.image))


def test_every_frame_with_its_time_and_content(make_video):
    source, frames = read(make_video(n=20))
    assert source.size_px == (64, 48)
    assert source.fps == pytest.approx(10)
    assert source.n_frames == 20
    assert not source.warnings
    assert [f.index for f in frames] == list(range(20))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(20) / 10, atol=1e-6)
    np.testing.assert_allclose([level(f) for f in frames], [grey_level(i) for i in range(20)], atol=2)
    assert frames[0].image.dtype == np.uint8
    assert frames[0].image.flags["C_CONTIGUOUS"]


def test_frames_start_anew_at_each_call(make_video):
    source = VideoFile(make_video(n=3))
    assert [f.index for f in source.frames()] == [f.index for f in source.frames()] == [0, 1, 2]


def test_colour_is_rgb(tmp_path):
    path = tmp_path / "red.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=10)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "bgr24"
        image = np.zeros((16, 16, 3), np.uint8)
        image[..., 0] = 200
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
    np.testing.assert_array_equal(read(path)[1][0].image[5, 5], [200, 0, 0])


@pytest.mark.parametrize(
    ("rotation", "corner"), [(90, "bottom left"), (180, "bottom right"), (-90, "top right"), (0, "top left")]
)
def test_rotation_metadata_is_honoured(make_video, rotation, corner):
    # set_display_rotation turns counterclockwise: at 90 the top left corner comes to the bottom left
    source, frames = read(make_video(n=2, rotation=rotation))
    assert source.size_px == frames[0].size_px == ((48, 64) if abs(rotation) == 90 else (64, 48))
    image = frames[0].image
    corners = {
        "top left": image[4, 4], "top right": image[4, -4], "bottom left": image[-4, 4], "bottom right": image[-4, -4],
    }  # fmt: skip
    assert {name for name, pixel in corners.items() if pixel.mean() > 150} == {corner}


def test_a_mirrored_display_matrix_mirrors():
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    mirror = np.array([[-65536, 0], [0, 65536]], np.int32)
    np.testing.assert_array_equal(apply_display_matrix(image, mirror), image[:, ::-1])
    transpose = np.array([[0, 65536], [65536, 0]], np.int32)
    np.testing.assert_array_equal(apply_display_matrix(image, transpose), image.transpose(1, 0, 2))


def test_variable_frame_rate_keeps_true_times(make_video):
    times = [0.0, 0.05, 0.3, 0.31, 1.0, 2.5]
    _, frames = read(make_video(times_s=times))
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=1e-4)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_a_range_gives_the_same_frames_as_the_whole(make_video, name):
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    path = make_video(name, n=30, codec=codec, stream_options={"g": "12"})
    whole = {f.index: f for f in read(path)[1]}
    expected = [i for i, f in whole.items() if 1.45 <= f.time_s < 2.25]
    source, part = read(path, start_s=1.45, end_s=2.25)
    assert [f.index for f in part] == expected
    assert len(expected) == pytest.approx(source.n_frames, abs=1)
    for frame in part:
        assert frame.time_s == pytest.approx(whole[frame.index].time_s)
        np.testing.assert_array_equal(frame.image, whole[frame.index].image)


def test_a_range_of_variable_rate_is_counted_right(make_video):
    path = make_video(times_s=[0.0, 0.05, 0.3, 0.31, 1.0, 2.5])
    assert [f.index for f in read(path, start_s=0.305)[1]] == [3, 4, 5]


@pytest.mark.parametrize(
    ("range_s", "sentence"),
    [
        ({"start_s": -1}, "starts at -1 s; give 0 or more"),
        ({"start_s": 1, "end_s": 1}, "ends at 1 s, not after its start"),
        ({"start_s": 50}, r"starts at 50 s, but clip.mp4 is only 2.00 s long"),
    ],
)
def test_an_impossible_range_is_refused(make_video, range_s, sentence):
    with pytest.raises(SettingsError, match=sentence):
        VideoFile(make_video(), **range_s)


def test_odd_sizes_ten_bit_and_one_frame(make_video):
    odd, frames = read(make_video("odd.mkv", n=1, size=(63, 47), codec="ffv1", pix_fmt="yuv444p"))
    assert odd.size_px == frames[0].size_px == (63, 47)
    assert len(frames) == 1
    _, ten_bit = read(make_video("ten.mp4", n=4, pix_fmt="yuv420p10le"))
    np.testing.assert_allclose([level(f) for f in ten_bit], [grey_level(i) for i in range(4)], atol=3)


def test_pixels_that_are_not_square_are_widened(tmp_path):
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 40, 30, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((30, 40, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    source, frames = read(path)
    assert source.size_px == frames[0].size_px == (80, 30)


def test_a_file_that_breaks_off_gives_what_there_is_and_says_so(make_video):
    path = make_video(n=60, options={"movflags": "faststart"}, stream_options={"g": "5", "qp": "1"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    source, frames = read(path)
    assert 2 < len(frames) < 55
    assert source.warnings[0].startswith("clip.mp4 breaks off: ")
    assert f"{len(frames)} of its 60 frames" in source.warnings[0]


def test_damage_in_the_middle_costs_only_the_damaged_part(make_video):
    path = make_video("a.avi", n=30, codec="png", pix_fmt="rgb24")
    content = bytearray(path.read_bytes())
    middle = [i for i in range(len(content)) if content[i : i + 4] == b"\x89PNG"][15]
    content[middle + 16 : middle + 24] = bytes(8)  # its width and height
    path.write_bytes(content)
    source, frames = read(path)
    indices = [f.index for f in frames]
    assert set(range(30)) - set(indices) <= {15, 16}  # a decoder with threads loses the frame after it as well
    assert 15 not in indices
    np.testing.assert_allclose([level(f) for f in frames], [grey_level(i) for i in indices], atol=1)
    assert "could not be decoded" in source.warnings[0]


def moov_at_the_end(make_video):
    path = make_video()
    path.write_bytes(path.read_bytes()[:2000])
    return path


def audio_only(make_video):
    path = make_video().with_name("sound.mp4")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def written(name, content):
    def make(make_video):
        path = make_video().with_name(name)
        path.write_bytes(content)
        return path

    return make


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (written("note.mp4", b"just text\n" * 50), "note.mp4 is not a video that can be read"),
        (written("note.txt", b"just text\n" * 500), "note.txt (is not a video|holds no video)"),
        (written("zero.mp4", b""), r"zero.mp4 is empty \(0 bytes\)"),
        (moov_at_the_end, "cut off before its index"),
        (audio_only, "sound.mp4 holds no video, only audio"),
        (lambda make_video: Path("nowhere.mp4"), "There is no file nowhere.mp4"),
        (
            lambda make_video: make_video().parent,
            "is a folder without a video and without numbered pictures",
        ),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(make_video, make, sentence, capfd):
    path = make(make_video)
    with pytest.raises(SourceError, match=sentence) as caught:
        open_source(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_close_ends_the_frames(make_video):
    source = VideoFile(make_video())
    frames = source.frames()
    next(frames)
    source.close()
    assert list(frames) == []


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), max_size=30))
def test_repaired_times_always_increase(stamps):
    clock = Clock(0.04)
    repaired = [clock.repair(s) for s in stamps]
    assert all(b > a for a, b in itertools.pairwise(repaired))


def test_the_clock_leaves_good_times_alone_and_bridges_a_restart():
    clock = Clock(0.1)
    assert [clock.repair(t) for t in (0.0, 0.1, 0.25)] == [0.0, 0.1, 0.25]
    assert clock.repair(0.25) == pytest.approx(0.251)
    clock = Clock(0.1)
    joined = [clock.repair(t) for t in (8.0, 8.1, 0.0, 0.1)]
    assert joined == pytest.approx([8.0, 8.1, 8.2, 8.3])
    assert [Clock(0.1).repair(None), clock.repair(None)] == pytest.approx([0.0, 8.4])


def test_an_absent_camera_is_refused_quickly_and_quietly():
    code = "from core.sources import open_source\nopen_source('97')"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert "core.errors.SourceError: There is no camera 97: this machine has" in run.stderr
    assert run.stderr.startswith("Traceback")  # nothing of OpenCV's before it
    with pytest.raises(SettingsError, match="in a file only"):
        open_source(0, start_s=1.0)


class FakeCapture:
    """Three BGR images, then unplugged."""

    def __init__(self, index):
        self.left = 4

    def isOpened(self):
        return True

    def read(self):
        self.left -= 1
        image = np.zeros((4, 6, 3), np.uint8)
        image[..., 0] = 9
        return self.left >= 0, image

    def get(self, what):
        return 0.0

    def set(self, what, value):
        return True

    def release(self):
        self.left = -1


def test_a_camera_gives_rgb_and_tells_when_it_is_unplugged(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    camera = Camera(0)
    assert (camera.size_px, camera.fps, camera.is_live) == ((6, 4), None, True)
    frames = camera.frames()
    got = [next(frames) for _ in range(3)]
    assert [f.index for f in got] == [0, 1, 2]
    assert got[0].time_s < got[1].time_s < got[2].time_s
    np.testing.assert_array_equal(got[0].image[0, 0], [0, 0, 9])
    with pytest.raises(SourceError, match="Camera 0 stopped giving images"):
        next(frames)


class Mjpeg(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
        self.end_headers()
        for i in range(40):
            image = np.full((48, 64, 3), grey_level(i), np.uint8)
            jpeg = cv2.imencode(".jpg", image)[1].tobytes()
            head = f"--b\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            except OSError:
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def mjpeg_url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mjpeg)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://user:secret@127.0.0.1:{server.server_port}/video"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_mjpeg_stream_is_read_live(mjpeg_url):
    stream = open_source(mjpeg_url)
    assert isinstance(stream, NetworkStream)
    assert "secret" not in stream.name
    assert stream.size_px == (64, 48)
    frames = stream.frames()
    got = [next(frames) for _ in range(30)]
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(got))
    assert level(got[20]) == pytest.approx(grey_level(20), abs=3)
    with pytest.raises(SourceError, match="stopped sending images"):
        list(frames)
    stream.close()
    assert list(stream.frames()) == []


def test_a_dead_address_and_a_silent_server_are_refused(monkeypatch, closed_port):
    with pytest.raises(SourceError, match="connection refused; check the address"):
        open_source(f"http://127.0.0.1:{closed_port}/x")
    monkeypatch.setattr("core.sources.network_stream._OPEN_TIMEOUT_S", 0.5)
    refused = pytest.raises(SourceError, match="check the address and the network")  # not waited for without end
    with socket.create_server(("127.0.0.1", 0)) as silent, refused:
        open_source(f"http://127.0.0.1:{silent.getsockname()[1]}/x")


def test_a_display_matrix_in_the_file_is_what_the_test_thinks(make_video):
    # control for the rotation tests: the mp4's track header holds the 90 degree matrix
    content = make_video(rotation=90).read_bytes()
    start = content.index(b"tkhd") + 4 + 40
    a, b, _, c, d = struct.unpack(">5i", content[start : start + 20])
    assert (a, d) == (0, 0)
    assert (abs(b), abs(c)) == (65536, 65536)


def test_a_stride_gives_every_nth_frame_with_its_own_number_and_time(make_video):
    frames = list(VideoFile(make_video(n=10, fps=10), stride=4).frames())
    assert [f.index for f in frames] == [0, 4, 8]
    assert [f.time_s for f in frames] == pytest.approx([0.0, 0.4, 0.8])
    assert abs(int(frames[1].image[-1, -1, 0]) - grey_level(4)) < 4
