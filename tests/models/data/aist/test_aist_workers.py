"""Many videos at once: what happens to the others when one of them, or a worker, goes wrong."""

import os
import subprocess
import sys
from functools import partial

import pytest

from core.errors import ModelError, OutputError
from core.system.files.program import ROOT
from models.data.aist import workers
from models.data.aist.layout import parse_name
from models.data.aist.task import DONE, VideoTask
from tests.models.data.aist.aist_trouble import work

pytestmark = pytest.mark.kill


@pytest.fixture(autouse=True)
def _importable_in_children(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def tasks(tmp_path):
    made = []
    for number in range(1, 6):
        name = parse_name(f"gBR_sBM_c{number:02d}_d04_mBR0_ch01")
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(b"123")
        made.append(VideoTask(name, path, path, path, "train", 3))
    return made


def statuses(tasks, n_workers=2, **trouble):
    return {o.video[8:11]: o for o in workers.here(tasks, partial(work, trouble), n_workers)}


def test_a_video_that_kills_its_process_has_failed_and_the_others_are_done(tasks):
    told = statuses(tasks, c02="crash", c04=ValueError("odd"))
    assert sorted(told) == ["c01", "c02", "c03", "c04", "c05"]
    assert {view for view, outcome in told.items() if outcome.status == DONE} == {"c01", "c03", "c05"}
    assert "died twice" in told["c02"].reason
    assert told["c04"].reason == "ValueError: odd"
    assert told["c04"].video_bytes == 3


def test_a_video_whose_process_was_killed_from_outside_is_tried_again(tasks, monkeypatch):
    monkeypatch.setattr(workers, "_VIDEOS_PER_PROCESS", 1)  # processes are replaced meanwhile
    assert {outcome.status for outcome in statuses(tasks, c03="crash once").values()} == {DONE}


@pytest.mark.parametrize("error", [OutputError("Cannot write a: no space."), ModelError("No model.")])
def test_what_would_befall_every_video_ends_the_run(tasks, error):
    with pytest.raises(type(error), match=str(error)):
        statuses(tasks, n_workers=1, c02=error)


def test_a_scheduler_that_is_not_there(closed_port):
    pytest.importorskip("distributed")
    address = f"tcp://127.0.0.1:{closed_port}"
    code = f"""
from models.data.aist import workers
workers._WORKERS_TIMEOUT_S = 0.3
list(workers.on_cluster([], print, "{address}"))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"SettingsError: No dask scheduler answers at {address}" in done.stderr


CLUSTER = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from distributed import Client, LocalCluster
from models.data.aist.layout import parse_name
from models.data.aist.task import VideoTask
from models.data.aist.workers import on_cluster
from tests.models.data.aist.aist_trouble import work

def main():
    folder = Path(sys.argv[1])
    tasks = []
    for number in range(1, 13):
        path = folder / f"{number}.mp4"
        path.write_bytes(b"123")
        name = parse_name(f"gBR_sBM_c01_d04_mBR0_ch{number:02d}")
        tasks.append(VideoTask(name, path, path, path, "train", 3))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        with Client(cluster) as client:
            workers = list(client.run(os.getpid).values())
        told = []
        for outcome in on_cluster(tasks, partial(work, {"c01": "slow"}), cluster.scheduler_address):
            if not told:
                os.kill(workers[0], signal.SIGKILL)
            told.append((outcome.video, outcome.status))
    print("outcomes", len(told), len(set(told)), {status for _, status in told}, flush=True)

if __name__ == "__main__":
    main()
"""


def test_a_cluster_loses_a_worker_and_no_video(tmp_path):
    """In a process of its own: dask leaves threads and an event loop behind."""
    pytest.importorskip("distributed")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, tmp_path], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout == "outcomes 12 12 {'done'}\n", done.stderr
