"""A take from end to end on a display of its own: killed in the middle, nothing is lost and nothing detected twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.exporters import npz
from core.system.files.program import ROOT, SAMPLE
from core.take.detections import Completed, DetectionReader
from core.take.store import TakeStore

pytestmark = [
    pytest.mark.kill,
    pytest.mark.program,
    pytest.mark.detect,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@pytest.fixture
def display():
    """The name of a display that nobody else uses."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture
def clip(tmp_path):
    """Eight seconds, which heavy takes longer for than a person takes to type a height."""
    return Path(shutil.copy(SAMPLE, tmp_path / "clip.mp4"))


def test_nothing_is_lost_and_nothing_detected_twice(display, clip, tmp_path):
    settings = tmp_path / "config" / "neural-depth-refinement"
    settings.mkdir(parents=True)
    (settings / "settings.toml").write_text('looks = "heavy"\n', encoding="utf-8")
    environment = {
        **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8",
        "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data"),
    }  # fmt: skip

    def walk(step):
        command = [sys.executable, "-m", "tests.app.take.take_walk", step, str(clip), str(tmp_path / "out")]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.stdout.strip(), done.stderr
        return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])

    code, said = walk("first")
    assert code == -signal.SIGKILL
    assert not said["is_analysed"]  # it was killed in the middle
    assert said["scrubbed"] == pytest.approx([0.8, 4.8, 0.16], abs=0.2)
    store = TakeStore(tmp_path / "data" / "neural-depth-refinement" / "takes")
    place, take = store.find(clip)
    assert take.subject.height_m == 1.74
    (heavy,) = place.folder.glob("heavy-*.detections")
    n_kept = len(DetectionReader(heavy).read())
    assert n_kept >= said["n_done"] >= 10

    code, said = walk("second")
    assert (code, said["height_m"]) == (0, 1.74)
    completed = Completed.load(heavy)
    seen = DetectionReader(heavy).read()
    np.testing.assert_array_equal(seen.frame_index, np.arange(completed.n_frames))  # each frame once
    assert len(completed.resumed_at) == 1
    assert completed.resumed_at[0] >= n_kept
    (full,) = place.folder.glob("full-*.detections")
    archive = next((tmp_path / "out").glob("*.npz"))
    np.testing.assert_allclose(npz.load(archive).landmarks_px, DetectionReader(full).read().landmarks_px, atol=1e-3)

    before = {path: path.stat().st_mtime_ns for path in (heavy, full)}
    code, said = walk("third")
    assert (code, said["height_m"]) == (0, 1.74)
    assert said["scrubbed"] == pytest.approx(4.0, abs=0.2)
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing was looked at
