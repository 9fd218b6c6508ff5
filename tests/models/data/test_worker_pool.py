"""Worker processes end with the command that started them, and say nothing."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.system.files.program import ROOT

pytestmark = pytest.mark.kill

COMMAND = """
import os, sys, time
from models.data.worker_pool import worker_pool

if __name__ != "__main__":
    print("importing", flush=True)
    time.sleep({import_s})

def work(_):
    print("at work", os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    with worker_pool(2) as pool:
        futures = [pool.submit(work, n) for n in range(6)]
        try:
            futures[0].result()
        except KeyboardInterrupt:
            print("stopping", flush=True)
            sys.exit(130)
"""


@pytest.fixture
def start(tmp_path: Path):
    """Return a function that starts a command with two workers, which take some seconds to import."""
    running = []

    def start_command(import_s: float) -> subprocess.Popen[str]:
        script = tmp_path / "command.py"
        script.write_text(COMMAND.format(import_s=import_s))
        root = ROOT
        process = subprocess.Popen(
            [sys.executable, str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start_command
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches a process group in another way there")
@pytest.mark.parametrize(("import_s", "until"), [(2.0, "importing"), (0.0, "at work")])
def test_ctrl_c_ends_workers_in_silence(start, import_s: float, until: str) -> None:
    process = start(import_s)
    while not process.stdout.readline().startswith(until):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    said, complaints = process.communicate(timeout=300)
    assert complaints == ""
    assert process.returncode == 130
    assert "stopping" in said


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_killed_command_leaves_no_workers(start) -> None:
    process = start(0.0)
    workers = []
    while len(workers) < 2:
        line = process.stdout.readline()
        assert line
        if line.startswith("at work"):
            workers.append(int(line.split()[-1]))
    process.kill()
    end = time.monotonic() + 300
    while alive := [worker for worker in workers if _lives(worker)]:
        assert time.monotonic() < end, alive
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
