"""Files of every container with times that are rounded, missing, joined or cut: how many frames, and when."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.sources import VideoFile

CASES = Path(__file__).parents[4] / "shared" / "cases"


def read(path, **options):
    source = VideoFile(path, **options)
    frames = list(source.frames())
    return source, np.array([frame.time_s for frame in frames])


def assert_even(times_s, n, rate_hz):
    assert len(times_s) == n
    np.testing.assert_allclose(times_s, np.arange(n) / rate_hz, atol=1e-6)


@pytest.mark.parametrize("fps", [60, 120, 240, Fraction(30000, 1001)])
@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov", "a.avi", "a.ts", "a.webm"])
def test_a_constant_rate_is_exact_in_every_container(make_video, fps, name):
    codec = {"a.avi": "mpeg4", "a.webm": "libvpx"}.get(name, "libx264")
    stream_options = {"deadline": "realtime"} if name == "a.webm" else {"g": "12"}
    source, times_s = read(make_video(name, n=60, fps=fps, codec=codec, stream_options=stream_options))
    assert source.fps == pytest.approx(float(fps), rel=1e-9)
    assert source.n_frames == 60
    assert_even(times_s, 60, float(fps))
    assert not source.warnings


@pytest.mark.parametrize("scale", [100, 600, 1000])
def test_a_quicktime_time_base_too_coarse_for_240_hz_loses_nothing(retimed, scale):
    tick = Fraction(1, scale)

    def rounded(number, _packet):
        return (max(int(number * scale / 240), 0),) * 2

    try:
        path = retimed(
            "a.mov", rounded, n=120, fps=240, tick=tick, options={"video_track_timescale": str(scale)}, bf="0"
        )
    except av.error.FFmpegError:
        pytest.skip("the muxer refuses times that repeat")
    source, times_s = read(path)
    assert source.fps == pytest.approx(240)
    assert_even(times_s, 120, 240)


def test_joined_transport_streams_go_on_at_the_frame_distance(make_video):
    parts = [make_video(f"{i}.ts", n=20, fps=25).read_bytes() for i in range(3)]
    path = make_video("joined.ts", n=1)
    path.write_bytes(b"".join(parts))
    source, times_s = read(path)
    assert_even(times_s, 60, 25)
    assert len(source.warnings) == 1
    assert "step back 2 times" in source.warnings[0]
    assert source.time_repairs == {"steps_back": 2}


@pytest.mark.parametrize("ahead", [2**32, 95_443_000])
@pytest.mark.parametrize("name", ["a.mkv", "a.nut"])
def test_a_jump_of_a_day_costs_no_day(retimed, name, ahead):
    def jump(number, packet):
        shift = ahead if number >= 30 else 0
        return packet.pts + shift, None if packet.dts is None else packet.dts + shift

    source, times_s = read(retimed(name, jump))
    assert_even(times_s, 60, 30)
    assert source.duration_s == pytest.approx(2.0)
    assert "jump ahead once" in source.warnings[0]
    assert source.time_repairs["jumps"] == 1


def test_what_is_asked_for_of_repaired_times_is_what_is_read(retimed):
    path = retimed("a.mkv", lambda number, p: (p.pts + 10**9 * (number >= 30), p.dts))
    whole = list(VideoFile(path).frames())
    part = list(VideoFile(path, start_s=0.99, end_s=1.2).frames())
    assert [f.index for f in part] == [f.index for f in whole if 0.99 <= f.time_s < 1.2]
    assert next(VideoFile(path).frames_from(1.5)).index == 45
    assert VideoFile(path).time_before(1.5) == pytest.approx(44 / 30)


def test_an_edit_list_that_hides_frames_is_no_damage(make_video, tmp_path):
    path, cut = make_video(n=60, fps=30, stream_options={"g": "60"}), tmp_path / "cut.mp4"
    with av.open(str(path)) as given, av.open(str(cut), "w") as taken:
        stream = given.streams.video[0]
        copy = taken.add_stream_from_template(stream)
        for packet in given.demux(stream):
            if packet.dts is None:
                continue
            shift = int(1 / stream.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
            taken.mux(packet)
    source, times_s = read(cut)
    assert_even(times_s, 30, 30)
    assert source.n_frames == 30
    assert not source.warnings


def test_frames_that_an_avi_leaves_out_are_no_damage(make_video, retimed):
    path = retimed("a.avi", lambda n, p: (n + 3 * (n >= 20),) * 2, codec="mpeg4", tick=Fraction(1, 30))
    source, times_s = read(path)
    np.testing.assert_allclose(times_s, [(n + 3 * (n >= 20)) / 30 for n in range(60)], atol=1e-6)
    assert source.fps == 30
    assert not source.warnings


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_a_file_that_is_really_cut_says_so(make_video, name):
    options = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = make_video(name, n=60, codec="mpeg4", options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    source, times_s = read(path)
    assert 5 < len(times_s) < 55
    assert f"a{path.suffix} breaks off: {len(times_s)} of its 60 frames could be read." in source.warnings


def test_of_several_pictures_the_default_one_is_taken(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = []
        for size, is_default in ((32, False), (64, True)):
            stream = container.add_stream("libx264", rate=10)
            stream.width = stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.disposition = stream.disposition.default if is_default else type(stream.disposition)(0)
            streams.append(stream)
        for stream in streams:
            for _ in range(4):
                image = np.zeros((stream.height, stream.width, 3), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(stream.encode())
    assert VideoFile(path).size_px == (64, 64)


def test_slow_motion_has_the_times_of_its_camera(make_video):
    path = make_video(n=60, fps=30)
    source, times_s = read(path, capture_hz=240.0)
    assert_even(times_s, 60, 240)
    assert (source.fps, source.played_hz) == (240.0, pytest.approx(30.0))
    assert len(read(path, capture_hz=240.0, start_s=0.1, end_s=0.2)[1]) == 24


@pytest.mark.parametrize(
    ("name", "n", "rate_hz", "warning"),
    [
        ("hfr120.mkv", 240, 120.0, ""),
        ("neg.mkv", 60, 30.0, "30 of its 60 frames have no usable one"),
        ("trimmed_copy.mp4", 60, 30.0, ""),
        ("leaves.mp4", 180, 30.0, ""),
    ],
)
def test_the_awkward_files_of_others(name, n, rate_hz, warning):
    path = CASES / name
    if not path.is_file():
        pytest.skip("these files do not come with the program")
    source, times_s = read(path)
    assert source.fps == rate_hz
    assert_even(times_s, n, rate_hz)
    assert len(source.warnings) == bool(warning)
    assert all(warning in sentence for sentence in source.warnings)


def test_the_avi_of_others_has_its_55_frames():
    path = CASES / "dropped.avi"
    if not path.is_file():
        pytest.skip("these files do not come with the program")
    source, times_s = read(path)
    assert (len(times_s), source.n_frames, source.warnings, source.fps) == (55, 55, [], 30.0)
    assert times_s[-1] == pytest.approx(59 / 30)
