"""Open, play, seek, switch and close again and again, and see what is left: python -m app.bench.soak [--cycles 400].

With real models on real files. Exit code 1 when a thread or file handle is left over, or the memory grows at a pace
of more than one percent in 200 cycles, the first ones, in which caches fill, left out. The pace is that of a line
through all readings, because single ones swing by more than what is looked for; fewer than 400 tell little.
"""

import argparse
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from scipy.stats import theilslopes

from app.bench.screenshot import isolated
from app.main import create_application, create_window
from app.session.session import Session
from app.session.state import SessionState
from app.window import MainWindow
from core.system.files.program import SAMPLE
from core.system.memory import resident_mib

_PATIENCE_S: Final = 120.0
_MOST_GROWTH: Final = 0.01
_WARM_SHARE: Final = 0.25
_CYCLES: Final = 200


@dataclass(frozen=True)
class Left:
    """What the process holds at a moment.

    Attributes:
        n_threads: Of Python.
        n_handles: Open files and sockets; -1 where the system does not tell.
        resident_mib: Memory.
    """

    n_threads: int
    n_handles: int
    resident_mib: float


def soak(app: QApplication, videos: list[Path], n_cycles: int, say: Callable[[str], None]) -> list[Left]:
    """Go through the cycles and return what was held after each."""
    held = []
    for cycle in range(n_cycles):
        _cycle(app, videos)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
        gc.collect()
        held.append(Left(threading.active_count(), _n_handles(), resident_mib()))
        say(f"{cycle + 1}/{n_cycles}: {held[-1]}")
    return held


def _is_past(session: Session, version: int) -> bool:
    return session.track.version > version


def _cycle(app: QApplication, videos: list[Path]) -> None:
    window = create_window(refinement=True)
    window.show()
    session = window.session
    for video in videos:
        window.open(video)
        _wait(app, lambda: session.state == SessionState.PLAYING and session.position_s > 0, window)
        before = session.track.version
        window.transport.seek((session.duration_s or 0.0) / 2)
        _wait(app, partial(_is_past, session, before), window)
    window.close_at_once()
    window.deleteLater()


def verdict(held: list[Left]) -> list[str]:
    """Return a sentence for each kind of thing that is left over; the first quarter of the cycles is for warming up."""
    warm, last = held[max(int(len(held) * _WARM_SHARE) - 1, 0)], held[-1]
    said = []
    if last.n_threads > warm.n_threads:
        said.append(f"Threads left over: {last.n_threads - warm.n_threads}.")
    if last.n_handles > warm.n_handles:
        said.append(f"File handles left over: {last.n_handles - warm.n_handles}.")
    if (growth := memory_growth(held)) > _MOST_GROWTH:
        said.append(f"The memory grows by {100 * growth:.1f} % in {_CYCLES} cycles, from {warm.resident_mib:.0f} MiB.")
    return said


def memory_growth(held: list[Left]) -> float:
    """Return the share by which memory grows in 200 cycles, by the median slope between any two of these.

    The first quarter is for warming up and not counted in the slope (Theil and Sen's estimate); 0 for one reading.
    """
    readings = np.array([left.resident_mib for left in held[int(len(held) * _WARM_SHARE) :]])
    if len(readings) < 2:
        return 0.0
    return float(float(theilslopes(readings).slope) * _CYCLES / readings[0])


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path, default=[SAMPLE, SAMPLE], help="played one after the other")
    parser.add_argument("--cycles", type=int, default=2 * _CYCLES)
    options = parser.parse_args(arguments)
    with isolated():
        app = create_application("dark")
        held = soak(app, options.videos, options.cycles, lambda text: print(text, flush=True))
    said = verdict(held)
    print(f"Memory: {100 * memory_growth(held):+.2f} % in {_CYCLES} cycles.")
    print("\n".join(said) or "Nothing is left over.")
    return 1 if said else 0


def _wait(app: QApplication, condition: Callable[[], bool], window: MainWindow) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        app.processEvents()
        if time.monotonic() > deadline or window.session.state == SessionState.FAILED:
            raise SystemExit(window.banner.text or "Nothing came within two minutes.")
        time.sleep(0.002)


def _n_handles() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else -1


if __name__ == "__main__":
    sys.exit(main())
