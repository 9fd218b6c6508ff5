"""Several videos at once, in real processes."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from core.exporters import EXPORTERS
from core.settings import ROOT, SAMPLE

pytestmark = pytest.mark.program


def command(*args):
    return [sys.executable, "main.py", "process", *map(str, args)]


@pytest.fixture
def videos(tmp_path):
    paths = [tmp_path / "in" / f"{name}.mp4" for name in ("a", "b")]
    paths[0].parent.mkdir()
    for path in paths:
        shutil.copyfile(SAMPLE, path)
    return paths


def test_two_videos_at_once_are_the_same_as_in_turn_and_a_bad_one_stops_none(videos, tmp_path, tiny_refiner_path):
    bad = videos[0].with_name("bad.mp4")
    bad.write_text("no video")
    ends = {}
    for jobs in (1, 2):
        args = [*videos, bad, "-o", tmp_path / f"out{jobs}", "--end", "0.3", "--model", tiny_refiner_path, "-j", jobs]
        ends[jobs] = subprocess.run(command(*args), cwd=ROOT, capture_output=True, text=True, check=False)
        assert ends[jobs].returncode == 2
        assert ends[jobs].stderr.count("bad.mp4 is not a video") == 1
        assert "Traceback" not in ends[jobs].stderr
    for name in ("a", "b"):
        one, two = (EXPORTERS["npz"].load(tmp_path / f"out{jobs}" / f"{name}.npz") for jobs in (1, 2))
        assert len(one) == 9
        assert one.equals(two)


@pytest.mark.kill
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_keeps_what_every_process_has_done(videos, tmp_path, tiny_refiner_path):
    out = tmp_path / "out"
    args = command(*videos, "-o", out, "--model", tiny_refiner_path, "-f", "npz,mp4", "-j", 2)
    with subprocess.Popen(
        args, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and sum(p.stat().st_size > 0 for p in out.glob(".*.part.mp4")) < 2:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the children too
        stdout, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert stdout.count("partial") == 2
    for name in ("a", "b"):
        assert EXPORTERS["npz"].load(out / f"{name}.npz").meta["partial"] is True


def test_no_process_at_all_is_refused(run, videos, tmp_path):
    code, _, errors = run("process", videos[0], "-o", tmp_path, "-j", 0)
    assert code == 2
    assert "give --jobs 1 or more" in errors
