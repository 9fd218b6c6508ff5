"""Nothing leaves this machine: what the program asks the network for, counted by strace, is nothing.

Every connection and every packet to another machine fails here before it is made, so nothing leaves while this runs,
even where the program is broken, and a machine without a network sees the same: who wants to report, looks up a name.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from core.detection.bundle import load_pose_model
from core.errors import ModelError
from core.system.files.program import ROOT
from models.data.motion.types import MOTION_JOINTS
from tests.models.data.conftest import swinging

pytestmark = pytest.mark.program

CALLS = "connect,sendto,sendmsg,sendmmsg"
PEER = re.compile(r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|AF_INET6, )\"([^\"]+)\"")
LOOPBACK = re.compile(r"127\.|::1$")
DNS = "53"
WINDOW = """
import os, signal, time
from PySide6.QtCore import QTimer
from app.main import create_application, run_window

def family(pid):
    yield pid
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in open(f"/proc/{pid}/task/{task}/children").read().split():
            yield from family(int(child))

def has_mediapipe(pid):
    try:
        return "libmediapipe" in open(f"/proc/{pid}/maps").read()
    except OSError:  # it has just ended
        return False

since, started = [], time.monotonic()
def look():  # a take is analysed in a child process: MediaPipe has five seconds from when it is there
    if not since and any(map(has_mediapipe, family(os.getpid()))):
        since.append(time.monotonic())
    if time.monotonic() > (since[0] + 5 if since else started + 60):
        os.kill(os.getpid(), signal.SIGINT)

create_application()
timer = QTimer(interval=300)
timer.timeout.connect(look)
timer.start()
code = run_window("assets/sample.mp4", True)
raise SystemExit(code or not since)
"""
TALKATIVE = """
import os, sys
import core.system.telemetry as telemetry
del os.environ["ORT_DISABLE_TELEMETRY"]
os.putenv = lambda *_: None
import onnxruntime
onnxruntime.disable_telemetry_events = lambda: None
import main
sys.argv = ["main.py", *sys.argv[1:]]
main.main()
"""


def require_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-o", os.devnull, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace is not allowed here")


class Watched:
    """Commands run under strace in a home of their own, with the caches of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        cache = self.home / ".cache"
        cache.mkdir(parents=True)
        for path in (Path(platformdirs.user_cache_dir(name)) for name in ("neural-depth-refinement", "anny")):
            if path.exists():
                (cache / path.name).symlink_to(path)

    def run(self, *arguments: str) -> list[str]:
        """Return where the command wanted to send something: `address:port`, once for every call."""
        trace = self.folder / "trace"
        environment = {key: value for key, value in os.environ.items() if key not in ("CI", "XDG_CACHE_HOME")}
        environment |= {"HOME": str(self.home), "QT_QPA_PLATFORM": "offscreen", "no_proxy": "*"}
        strace = ["strace", "-f", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", f"inject={CALLS}:error=ENETUNREACH"]
        command = [*strace, "-o", str(trace), sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        peers = [match.groups() for line in trace.read_text().splitlines() if (match := PEER.search(line))]
        return [f"{address}:{port}" for port, address in peers if port == DNS or not LOOPBACK.match(address)]

    @property
    def reports(self) -> list[Path]:
        """What was written to be reported, or to be known by."""
        return list(self.home.glob(".cache/Microsoft/**/*"))


@pytest.fixture
def watched(tmp_path):
    require_strace()
    load_pose_model()
    return Watched(tmp_path)


def process(out):
    return ("process", "assets/sample.mp4", "-o", str(out), "--format", "npz", "--end", "1")


def test_who_may_report_home_would_be_seen(watched, tmp_path):
    asked = watched.run("-c", TALKATIVE, *process(tmp_path / "out"))
    assert any(peer.endswith(f":{DNS}") for peer in asked)
    assert watched.reports


def test_process_asks_the_network_for_nothing(watched, tmp_path):
    asked = watched.run("main.py", *process(tmp_path / "out"))
    print(f"process: {len(asked)} network requests")
    assert asked == []
    assert watched.reports == []


def test_the_window_asks_the_network_for_nothing(watched):
    asked = watched.run("-c", WINDOW)
    print(f"window: {len(asked)} network requests")
    assert asked == []
    assert watched.reports == []


def test_the_studio_asks_the_network_for_nothing(watched, tmp_path):
    from models.data.studio.renderer import Renderer

    try:
        Renderer().close()
    except ModelError as error:
        pytest.skip(str(error))
    joints, _ = swinging(90)
    motion = tmp_path / "motion.npz"
    np.savez(motion, joint_names=np.array(MOTION_JOINTS), fps=np.array(30.0), swing=joints)
    pairs = tmp_path / "pairs"
    asked = watched.run(
        "main.py", "studio", "--motion", str(motion), "-o", str(pairs), "--frames", "40", "--size", "320"
    )
    assert list(pairs.rglob("*.npz"))
    print(f"studio: {len(asked)} network requests")
    assert asked == []
    assert watched.reports == []
