"""Several videos at once, in real processes."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from core.exporters import EXPORTERS
from core.system.files.program import ROOT, SAMPLE

pytestmark = pytest.mark.program


def command(*args):
    return [sys.executable, "main.py", "process", "--quality", "fast", *map(str, args)]


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
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_every_process_has_done_is_kept(videos, tmp_path, tiny_refiner_path, number):
    out = tmp_path / "out"
    args = command(*videos, "-o", out, "--model", tiny_refiner_path, "-f", "npz,mp4", "-j", 2, "--json-progress")
    with subprocess.Popen(
        args, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        seen = set()
        while seen != {"a.mp4", "b.mp4"}:
            seen.add(json.loads(running.stdout.readline())["item"])
        os.killpg(running.pid, getattr(signal, number))  # as a terminal does: to the children too
        stdout, errors = running.communicate(timeout=300)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert stdout.count('"state": "partial"') == 2
    for name in ("a", "b"):
        assert EXPORTERS["npz"].load(out / f"{name}.partial.npz").meta["partial"] is True
    assert sorted(path.suffix for path in out.iterdir()) == [".npz", ".npz", ".toml", ".toml"]


def test_no_process_at_all_is_refused(run, videos, tmp_path):
    code, _, errors = run("process", videos[0], "-o", tmp_path, "-j", 0)
    assert code == 2
    assert "give --jobs 1 or more" in errors
