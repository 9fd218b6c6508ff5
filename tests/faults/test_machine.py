"""Machines that lack something: a display, a GPU's driver, the network, a second instance's patience."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.system.files.program import ROOT

pytestmark = pytest.mark.program


def run(*args, **environment):
    """Run Python in the repository with some variables set, or removed where None."""
    env = {**os.environ, **{k: v for k, v in environment.items() if v is not None}}
    for name in [k for k, v in environment.items() if v is None]:
        env.pop(name, None)
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


def unused_display():
    """A display that no X server of this machine serves."""
    sockets = Path("/proc/net/unix").read_text()
    return next(f":{n}" for n in range(1000, 2000) if f"/tmp/.X11-unix/X{n}" not in sockets)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
@pytest.mark.parametrize("display", [lambda: None, unused_display], ids=["none", "unused"])
def test_without_a_display_the_window_is_one_sentence(display):
    display = display()
    ended = run("main.py", DISPLAY=display, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None)
    assert ended.returncode == 2, ended.stderr
    assert "there is no display that works here" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_without_a_display_everything_else_works(tiny_refiner_path, tmp_path):
    args = ["main.py", "process", "assets/sample.mp4", "-o", tmp_path, "--end", "0.3", "--model", tiny_refiner_path]
    ended = run(
        *args, "--quality", "fast", "-f", "npz,mp4,png", DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "sample_report.png").stat().st_size > 1000


def test_a_driver_without_cuda_libraries_means_the_cpu_in_silence():
    """What most machines with a graphics card are like."""
    code = (
        "import core.refinement.onnx_session as runtime; runtime._has_cuda_driver = lambda: True\n"
        "from core.refinement.refiner import DepthRefiner\n"
        "print(DepthRefiner().provider)"
    )
    ended = run("-c", code, CUDA_VISIBLE_DEVICES="-1")
    if "CUDAExecutionProvider" in ended.stdout:
        pytest.skip("CUDA truly works here")
    assert (ended.stdout, ended.stderr) == ("CPUExecutionProvider\n", "")
