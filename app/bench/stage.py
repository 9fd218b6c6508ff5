"""What the 3D view costs: the window on a clip as fast as it goes, with the view and without it, in turn."""

import os
import statistics
import sys
import time
from typing import Final

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.bench.gui import _loaded, _turn, _window_fps
from app.bench.screenshot import isolated
from app.main import create_application
from app.session.session import Session
from app.window import MainWindow
from core.bench.clip import Bench, Figures
from core.settings import Settings

_PAINTS: Final = 60


def stage(bench: Bench) -> Figures:
    """Measure the pipeline's speed with the stage and without it.

    The window asks for a picture 30 times a second; the camera that filmed stands in the view with its picture.

    Returns:
        `fps_ratio`: with the view over without it, median of the rounds, which alternate; `fps` and `fps_without`;
        `paint_ms`: what one picture of the view takes, median.

    Raises:
        SettingsError: The clip is too short, or the window shows nothing.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with isolated():
        app = create_application("dark")
        window = MainWindow(Session(Settings(), load=lambda _settings, _report: _loaded(bench)))
        window.resize(1280, 720)
        window.show()
        dock, rates = window.board.docks["skeleton"], {True: [0.0], False: [0.0]}
        paint_ms = 0.0
        for turn in range(2 * bench.rounds):
            is_shown = turn % 2 == 0
            # not hidden: the video would have its room, and larger pictures cost more
            dock.is_seen = is_shown
            window.board.skeleton.show_scene(None)
            _turn(app)
            rates[is_shown].append(_window_fps(bench, app, window))
            if is_shown:
                window.board.skeleton.fit(with_camera=True)
                paint_ms = _paint_ms(app, window)
        window.close()
    shown, hidden = rates[True][1:], rates[False][1:]
    return {
        "fps_ratio": statistics.median(a / b for a, b in zip(shown, hidden, strict=True)),
        "fps": statistics.median(shown),
        "fps_without": statistics.median(hidden),
        "paint_ms": paint_ms,
    }


def _paint_ms(app: QApplication, window: MainWindow) -> float:
    """Return how long the view takes to paint what it shows last."""
    picture, took = QPixmap(window.board.skeleton.size()), []
    for _ in range(_PAINTS):
        started = time.perf_counter()
        window.board.skeleton.render(picture)
        took.append(1e3 * (time.perf_counter() - started))
        _turn(app)
    return statistics.median(took)
