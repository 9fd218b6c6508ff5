"""From a camera giving an image to the window having painted it, and what the window holds while it plays.

The camera is a clip whose images carry their frame number in their pixels (`core.bench.live`), so what is timed is
what is on the screen, not what a counter says.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from app.bench.gui import _turn
from app.bench.screenshot import isolated
from app.main import create_application
from app.session.pipelines import LoadedPipeline, WindowPipeline
from app.session.session import Session
from app.window import MainWindow
from core.bench.clip import Bench, Figures
from core.bench.live import CAMERA_FPS, FakeCamera, images_of, read_stamp
from core.errors import SettingsError
from core.pose.types import Detection, Frame, ImageArray
from core.settings import Settings
from core.system.memory import resident_mib

_SECONDS: Final = 60.0
_START_S: Final = 60.0


class NumberedCamera(FakeCamera):
    """The fake camera as a source that the window opens."""

    name = "numbered camera"
    size_px: tuple[int, int]
    fps: float | None = CAMERA_FPS
    n_frames: int | None = None
    is_live = True

    def __init__(self, images: list[ImageArray]) -> None:
        super().__init__(images)
        self.size_px = (images[0].shape[1], images[0].shape[0])
        self.warnings: list[str] = []


class _Painted(QObject):
    """Notes which frame the video view paints."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._video = window.board.stage.video
        self._video.installEventFilter(self)
        self.numbers: list[int] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        packet = self._video._packet
        if event.type() == QEvent.Type.Paint and packet is not None:
            self.numbers.append(read_stamp(packet.detection.frame.image))
        return False


def display(bench: Bench) -> Figures:
    """Measure the latency to the screen and the memory of the window over a minute.

    Raises:
        SettingsError: The clip is too small, or the window shows nothing.
    """
    return watch(bench, max(_SECONDS * bench.scale, 5.0))


def watch(bench: Bench, seconds: float) -> Figures:
    """Let the window show a numbered camera for some seconds.

    Returns:
        `latency_p50_ms`, `latency_p99_ms`, `budget_ms` (one and a half frame intervals and MediaPipe's own time),
        `latency_over_budget`; `resident_mib` at the end; `growth_pct` of it since a tenth of the run, `minutes`.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    camera = NumberedCamera(images_of(bench))
    detect_s: list[float] = []

    def load(_settings: Settings, _report: object) -> LoadedPipeline:
        detector = bench.detector()
        detect = detector.detect

        def timed(frame: Frame) -> Detection:
            started = time.perf_counter()
            detection = detect(frame)
            detect_s.append(time.perf_counter() - started)
            return detection

        detector.detect = timed  # type: ignore[method-assign]  # timed where it runs
        return LoadedPipeline(WindowPipeline(detector, bench.refiner), bench.refiner.card.name, "")

    with isolated():
        app = create_application("dark")
        window = MainWindow(Session(Settings(), load=load, open_=lambda _spec: camera))
        window.resize(1280, 720)
        window.show()
        window.open(Path("0"))
        try:
            return _measured(bench, app, _Painted(window), camera, detect_s, seconds)
        finally:
            window.close()


def _measured(
    bench: Bench, app: QApplication, painted: _Painted, camera: FakeCamera, detect_s: list[float], seconds: float
) -> Figures:
    started = time.perf_counter()
    while len(painted.numbers) < bench.warm_up:
        _turn(app)
        if time.perf_counter() - started > _START_S:
            raise SettingsError("The window shows nothing of the numbered camera.")
    latencies: list[float] = []
    shown, warm_mib = -1, 0.0
    started = time.perf_counter()
    while (now := time.perf_counter()) - started < seconds:
        _turn(app)
        if painted.numbers[-1] != shown:
            shown = painted.numbers[-1]
            latencies.append(time.perf_counter() - camera.taken_at[shown])
        if not warm_mib and now - started > seconds / 10:
            warm_mib = resident_mib()
    del painted.numbers[:-1]
    median_ms, mediapipe_ms = float(np.median(latencies)) * 1e3, float(np.median(detect_s)) * 1e3
    budget_ms = 1.5 / CAMERA_FPS * 1e3 + mediapipe_ms
    return {
        "latency_p50_ms": median_ms,
        "latency_p99_ms": float(np.percentile(latencies, 99)) * 1e3,
        "mediapipe_p50_ms": mediapipe_ms,
        "budget_ms": budget_ms,
        "latency_over_budget": median_ms / budget_ms,
        "resident_mib": resident_mib(),
        "growth_pct": 100 * (resident_mib() / warm_mib - 1),
        "minutes": seconds / 60,
    }
