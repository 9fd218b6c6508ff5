"""What the window costs: speed beside the same loop without one, stalls of its event loop, time until it is seen.

Runs on whatever Qt platform is set; without a display on `offscreen`.
"""

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bench.screenshot import isolated
from app.main import create_application
from app.session.pipelines import LoadedPipeline, WindowPipeline
from app.session.session import Session
from app.window import MainWindow
from core.bench.clip import Bench, Figures
from core.errors import SettingsError
from core.live.loop import LiveLoop
from core.live.playback import UNPACED
from core.settings import Settings
from core.sources import VideoFile
from core.system.files.program import ROOT
from core.system.memory import resident_mib

STALL_BAR_MS: Final = 33.0
_STALL_S, _BEAT_MS = 60.0, 10
_PATIENCE_S: Final = 180.0
_SHOW_AND_QUIT: Final = """
import sys, time
sys.argv = ["main.py"]
import main
from app.main import create_application, create_window
from app.bench.screenshot import isolated
with isolated():
    app = create_application("dark")
    window = create_window(refinement=True)
    window.show()
    while not window.windowHandle().isExposed():
        app.processEvents()
    app.processEvents()
    print(time.time())
    window.close()
"""


def gui(bench: Bench) -> Figures:
    """Measure the window on a clip.

    Returns:
        `fps_ratio`: with the window over without it, the clip as fast as it goes, median of the rounds; `fps` and
        `headless_fps`; `over_stock`: with the window over a bare loop of decoding and MediaPipe's stock model;
        `stall_p99_ms`: an event that comes at any moment waits longer once in a hundred times, while
        the clip plays at its own pace; `stall_max_ms`; `window_visible_s`: from the start of Python to the first
        picture, median; `resident_mib` at the end.

    Raises:
        SettingsError: The clip is too short, or the window shows nothing.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    visible_s = [_seconds_until_visible() for _ in range(bench.rounds)]
    with isolated():
        app = create_application("dark")
        figures = _measure(bench, app)
    return {**figures, "window_visible_s": statistics.median(visible_s)}


def _measure(bench: Bench, app: QApplication) -> Figures:
    window = MainWindow(Session(Settings(), load=lambda _settings, _report: _loaded(bench)))
    window.resize(1280, 720)
    window.show()
    bare, without, with_window = [], [], []
    for _ in range(bench.rounds):
        with bench.stock_detector() as detector:
            bare.append(bench.rate(map(detector.detect, bench.frames())))
        without.append(_headless_fps(bench))
        with_window.append(_window_fps(bench, app, window))
    waits_ms, seconds = _beat(bench, app, window)
    window.close()
    return {
        "fps": statistics.median(with_window),
        "headless_fps": statistics.median(without),
        "fps_ratio": statistics.median(w / h for w, h in zip(with_window, without, strict=True)),
        "over_stock": statistics.median(w / b for w, b in zip(with_window, bare, strict=True)),
        "stall_p99_ms": longest_wait(waits_ms, 1000 * seconds, 0.01),
        "stall_max_ms": max(waits_ms, default=0.0),
        "resident_mib": resident_mib(),
    }


def longest_wait(stalls_ms: list[float], total_ms: float, share: float) -> float:
    """Return how long the unluckiest `share` of the events waits at least, ms, if they come at any moment.

    During a stall of s ms an event that comes u ms after its beginning waits s - u, so that the time in which one
    waits longer than x is the sum of max(0, s - x).

    Args:
        stalls_ms: Each stretch in which the loop did not answer.
        total_ms: The whole time.
        share: 0.01 for the 99th percentile.
    """
    stalls = np.array(stalls_ms, dtype=float)
    low, high = 0.0, float(stalls.max(initial=0.0))
    for _ in range(50):  # the time falls as x grows
        middle = (low + high) / 2
        if np.maximum(stalls - middle, 0.0).sum() > share * total_ms:
            low = middle
        else:
            high = middle
    return high


def _loaded(bench: Bench) -> LoadedPipeline:
    return LoadedPipeline(WindowPipeline(bench.detector(), bench.refiner), bench.refiner.card.name, "")


def _headless_fps(bench: Bench) -> float:
    loop = LiveLoop(VideoFile(bench.video), lambda: _loaded(bench).pipeline, lossless=True)
    loop.transport.set_speed(UNPACED)
    loop.transport.set_looping(True)
    loop.start()
    try:
        return _rate(bench, loop, lambda: time.sleep(0.005))
    finally:
        loop.stop()


def _window_fps(bench: Bench, app: QApplication, window: MainWindow) -> float:
    loop = _open(bench, app, window)
    loop.transport.set_speed(UNPACED)
    try:
        return _rate(bench, loop, lambda: _turn(app))
    finally:
        window.session.close()


def _open(bench: Bench, app: QApplication, window: MainWindow) -> LiveLoop:
    """Open the clip in the window, in a loop, and return what runs it."""
    window.actions_by_name["loop"].setChecked(True)
    window.open(bench.video)
    for _ in _patiently():
        _turn(app)
        loop = window.session._loop
        if loop is not None and loop.stats.n_processed:
            return loop
    raise SettingsError(window.banner.text or f"The window shows nothing of {bench.video.name}.")


def _rate(bench: Bench, loop: LiveLoop, wait: Callable[[], None]) -> float:
    """Return packets per second between the warm-up and as many frames as the bench uses."""
    started, n_started = 0.0, 0
    for _ in _patiently():
        wait()
        stats = loop.stats
        if stats.error:
            raise SettingsError(stats.error)
        if not started and stats.n_processed >= bench.warm_up:
            started, n_started = time.perf_counter(), stats.n_processed
        if started and stats.n_processed >= n_started + bench.max_frames - bench.warm_up:
            return (stats.n_processed - n_started) / (time.perf_counter() - started)
    raise SettingsError(f"{bench.video.name} does not play through within {_PATIENCE_S:g} s.")


def _beat(bench: Bench, app: QApplication, window: MainWindow) -> tuple[list[float], float]:
    """Return by how much each beat of a timer was late, ms, while the clip plays, and the seconds it played."""
    _open(bench, app, window)
    seconds = max(_STALL_S * bench.scale, 3.0)
    late_ms = late_beats(app, seconds)
    window.session.close()
    return late_ms, seconds


def late_beats(app: QApplication, seconds: float) -> list[float]:
    """Return by how much the beats of a timer were late, ms, of those that were, in so many seconds."""
    beats: list[float] = []
    timer = QTimer(interval=_BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start()
    QTimer.singleShot(int(seconds * 1000), app.exit)  # quit would close the window
    app.exec()
    timer.stop()
    late = [1000 * (b - a) - _BEAT_MS for a, b in itertools.pairwise(beats)]
    return [ms for ms in late if ms > 0]


def _seconds_until_visible() -> float:
    started = time.time()
    done = subprocess.run(  # noqa: S603 this program
        [sys.executable, "-c", _SHOW_AND_QUIT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode:
        raise SettingsError(f"The window does not open: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}.")
    return float(done.stdout.split()[-1]) - started


def _turn(app: QApplication) -> None:
    app.processEvents()
    time.sleep(0.001)


def _patiently() -> Iterator[None]:
    deadline = time.perf_counter() + _PATIENCE_S
    while time.perf_counter() < deadline:
        yield
