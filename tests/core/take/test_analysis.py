import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from core.errors import DataError, OutputError, SourceError
from core.system.files.program import MAIN, SAMPLE
from core.take.analysis import analyse
from core.take.content import content_hash
from core.take.detections import Completed, DetectionReader, joined
from tests.faults.conftest import full_disk


def test_every_frame_is_looked_at_once_and_kept(make_video, tmp_path, instrument, detector, make_detector):
    video, told = make_video(n=20), []
    done = analyse(
        video, tmp_path / "t", instrument, make_detector, "c", progress=lambda n, expected: told.append((n, expected))
    )
    assert (done.n_frames, done.n_new, done.is_complete) == (20, 20, True)
    assert detector.seen == list(range(20))
    assert told[0] == (0, 20)
    assert told[-1] == (20, 20)
    again = analyse(video, tmp_path / "t", instrument, make_detector, "c")
    assert (again.n_frames, again.n_new, again.is_complete) == (20, 0, True)
    assert len(detector.seen) == 20
    reader = DetectionReader(instrument.path(tmp_path / "t"))
    seen = reader.read()
    np.testing.assert_array_equal(seen.frame_index, np.arange(20))
    np.testing.assert_allclose(seen.time_s, np.arange(20) / 10, atol=1e-9)
    assert seen.image_size == (64, 48)
    assert reader.completed == Completed(20, fps=10.0)
    assert len(reader.read()) == 0


def test_what_was_broken_off_goes_on_where_it_was(make_video, tmp_path, instrument, detector, make_detector):
    video = make_video(n=40)
    stopped = analyse(video, tmp_path, instrument, make_detector, "c", stop=lambda: len(detector.seen) >= 25)
    assert (stopped.n_frames, stopped.is_complete) == (25, False)
    reader = DetectionReader(instrument.path(tmp_path))
    first = reader.read()
    assert (len(first), reader.completed) == (25, None)
    done = analyse(video, tmp_path, instrument, make_detector, "c")
    assert (done.n_frames, done.n_new, done.is_complete) == (40, 15, True)
    whole = joined(first, reader.read())
    np.testing.assert_array_equal(whole.frame_index, np.arange(40))
    assert reader.completed.resumed_at == (25,)
    # a second of frames before it is looked at again so that the tracking finds the person, the rest is not
    assert detector.seen == [*range(25), *range(14, 40)]


def test_a_torn_record_is_looked_at_again(make_video, tmp_path, instrument, detector, make_detector):
    video = make_video(n=20)
    analyse(video, tmp_path, instrument, make_detector, "c", stop=lambda: len(detector.seen) >= 10)
    path = instrument.path(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    assert len(DetectionReader(path).read()) == 9
    assert analyse(video, tmp_path, instrument, make_detector, "c").n_new == 11
    np.testing.assert_array_equal(DetectionReader(path).read().frame_index, np.arange(20))


def test_detections_of_another_video_are_not_gone_on_with(make_video, tmp_path, instrument, make_detector):
    analyse(make_video(n=20), tmp_path, instrument, make_detector, "c")
    other = analyse(make_video("other.mp4", n=8), tmp_path, instrument, make_detector, "d")
    assert (other.n_frames, other.n_new) == (8, 8)
    assert len(DetectionReader(instrument.path(tmp_path)).read()) == 8


def test_one_program_at_a_time(make_video, tmp_path, instrument, detector, make_detector):
    video = make_video(n=5)
    inner = []

    def progress(_done, _expected):
        if not inner:
            inner.append(None)
            inner[0] = analyse(video, tmp_path, instrument, make_detector, "c")

    assert analyse(video, tmp_path, instrument, make_detector, "c", progress=progress).is_complete
    assert inner[0].is_busy
    assert detector.seen == list(range(5))


def test_a_full_disk_is_one_sentence_and_keeps_what_is_there(make_video, tmp_path, instrument, make_detector):
    video = make_video(n=20)
    with full_disk(8000), pytest.raises(OutputError, match="Cannot write"):
        analyse(video, tmp_path, instrument, make_detector, "c")
    kept = len(DetectionReader(instrument.path(tmp_path)).read())
    assert 0 < kept < 20
    assert analyse(video, tmp_path, instrument, make_detector, "c").n_new == 20 - kept


def test_what_is_no_video_leaves_nothing_that_is_complete(tmp_path, instrument, make_detector):
    (tmp_path / "x.mp4").write_bytes(b"nothing")
    with pytest.raises(SourceError):
        analyse(tmp_path / "x.mp4", tmp_path / "t", instrument, make_detector, "c")
    with pytest.raises(DataError, match="holds no detections"):
        DetectionReader(instrument.path(tmp_path / "t"))


@pytest.mark.kill
def test_a_killed_analysis_loses_nothing_that_it_told_of(tmp_path):
    """The real command on the real clip, killed as hard as can be."""
    folder = tmp_path / "take"
    command = [sys.executable, str(MAIN), "analyse", str(SAMPLE), "--take", str(folder), "--looks", "full"]
    telling, quiet = [*command, "--json-progress"], subprocess.DEVNULL
    with subprocess.Popen(telling, stdout=subprocess.PIPE, text=True, stderr=quiet) as process:
        try:
            for line in process.stdout:
                if '"done": 60' in line:
                    break
        finally:
            os.kill(process.pid, signal.SIGKILL)
    (path,) = folder.glob("*.detections")
    kept = len(DetectionReader(path).read())
    assert kept >= 60
    time.sleep(0.1)
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"240 frames, {240 - kept} of them now" in ended.stdout
    reader = DetectionReader(path)
    np.testing.assert_array_equal(reader.read().frame_index, np.arange(240))
    assert reader.completed.n_frames == 240


def test_the_same_file_is_known_under_any_name(tmp_path):
    a, b = tmp_path / "a.mp4", tmp_path / "b.mp4"
    content = bytearray(np.random.default_rng(0).bytes(9_000_000))
    a.write_bytes(content)
    b.write_bytes(content)
    assert content_hash(a) == content_hash(b)
    content[70_000:200_000] = bytes(130_000)
    b.write_bytes(content)
    assert content_hash(a) != content_hash(b)
    b.write_bytes(content[:-1])
    with pytest.raises(SourceError, match="cannot be read"):
        content_hash(tmp_path / "c.mp4")
