"""What takes cost: analysis beside `process`, the window while it is analysed, and an hour of video that was.

The hour is the clip over and over, with a key frame each second as cameras write them, and with what was seen of the
clip over and over; looking at an hour would take an hour.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from PySide6.QtWidgets import QApplication

from app.bench.gui import _patiently, _turn, late_beats, longest_wait
from app.bench.screenshot import isolated
from app.main import create_application
from app.session.session import Session
from app.session.state import SessionState
from app.window import MainWindow
from core.bench.clip import Bench, Figures
from core.detection.looks import Look
from core.errors import SettingsError
from core.settings import Settings
from core.sources import VideoFile
from core.system.files.append_only import RecordWriter
from core.system.files.program import MAIN
from core.system.memory import resident_mib
from core.take.content import content_hash
from core.take.detections import Completed, DetectionReader, layout, records_of
from core.take.instrument import Instrument
from core.take.store import TakeStore
from core.take.take import Processing

_HOUR_S: Final = 3600.0
_N_SCRUBS: Final = 200
_STALL_S: Final = 60.0
_FPS: Final = 30
_PATIENCE_S: Final = 600.0


def takes(bench: Bench) -> Figures:
    """Measure takes.

    Returns:
        `analysis_ratio`: speed of `analyse` over that of `process` on the clip, each a program of its own, median of
        the rounds, which alternate; `stall_p99_ms`: as of the bench of the window, while an analysis runs beside it;
        of the hour: `first_s`: until its poses are made for the first time; `again_s`: until they are there when it is
        opened again; `scrub_p50_ms`, `scrub_p99_ms`: from a seek to another place to its packet; `resident_mib` of the
        window with it; `minutes`.

    Raises:
        SettingsError: A part of it fails.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with isolated(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ratios = [_analysis_ratio(bench, folder / str(n)) for n in range(bench.rounds)]
        n_times = max(round(_HOUR_S * bench.scale * _FPS / len(VideoFile(bench.video).frame_times_s())), 2)
        hour = _over_and_over(bench.video, folder / "hour.mp4", n_times)
        app = create_application("dark")
        stalls_ms, seconds = _stalls(bench, app, hour, TakeStore(folder / "analysed"))
        store = TakeStore(folder / "takes")
        _keep_over_and_over(bench, hour, store, n_times)
        figures = _an_hour(app, hour, store, bench.scaled(_N_SCRUBS, 10))
    return {
        "analysis_ratio": statistics.median(ratios),
        "stall_p99_ms": longest_wait(stalls_ms, 1000 * seconds, 0.01),
        **figures,
    }


def _analysis_ratio(bench: Bench, folder: Path) -> float:
    """Return how long `process` takes over how long `analyse` does."""
    folder.mkdir()
    looks = ("--looks", bench.pose_model.variant)
    analysed_s = _seconds_of("analyse", str(bench.video), "--take", str(folder / "take"), *looks)
    processed_s = _seconds_of("process", str(bench.video), "-o", str(folder / "out"), "--format", "npz", *looks)
    return processed_s / analysed_s


def _seconds_of(*arguments: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 this program
        [sys.executable, str(MAIN), *arguments], capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    if done.returncode:
        raise SettingsError(f"'{arguments[0]}' fails: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}.")
    return time.perf_counter() - started


def _over_and_over(clip: Path, path: Path, n_times: int) -> Path:
    """Write a clip n times into one video; it is encoded once."""
    once = path.with_name("once.mp4")
    with av.open(str(once), "w") as target:
        stream: Any = target.add_stream("libx264", rate=_FPS, options={"g": str(_FPS), "bf": "0", "preset": "veryfast"})
        for n, frame in enumerate(VideoFile(clip).frames()):
            picture = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
            if not n:
                stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
            picture.pts, picture.time_base = n, Fraction(1, _FPS)
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    with av.open(str(once)) as source, av.open(str(path), "w") as target:
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        copied: Any = target.add_stream_from_template(source.streams.video[0])
        step, n_packets = int(1 / _FPS / source.streams.video[0].time_base), len(packets)
        for n in range(n_times * n_packets):
            packet = packets[n % n_packets]
            again = av.Packet(bytes(packet))
            again.pts = again.dts = n * step
            again.time_base, again.is_keyframe, again.stream = packet.time_base, packet.is_keyframe, copied
            target.mux(again)
    return path


def _keep_over_and_over(bench: Bench, hour: Path, store: TakeStore, n_times: int) -> None:
    """Make the hour's take of what is seen in the clip."""
    looks = (Look(bench.pose_model.variant),)
    instrument = Instrument((looks[0].name,), {bench.pose_model.variant: bench.pose_model.sha256})
    seen_in = store.root / "clip"
    _seconds_of("analyse", str(bench.video), "--take", str(seen_in), "--looks", looks[0].name)
    seen = DetectionReader(instrument.path(seen_in)).read()
    place, take = store.open(hour, _processing(looks))
    path, n = instrument.path(place.folder), len(seen)
    writer = RecordWriter(
        path,
        layout(1),
        {**instrument.meta(), "content": content_hash(hour), "image_size": list(seen.image_size)},
    )
    for repeat in range(n_times):
        index = np.arange(repeat * n, (repeat + 1) * n)
        writer.add(records_of(replace(seen, time_s=index / _FPS, frame_index=index)))
    writer.close()
    Completed(n_times * n, fps=float(_FPS)).save(path)
    place.save(take)


def _processing(looks: tuple[Look, ...]) -> Processing:
    return Processing(looks=looks[0].name)


def _stalls(bench: Bench, app: QApplication, hour: Path, store: TakeStore) -> tuple[list[float], float]:
    """Return how late the window was, ms, while the hour plays that is analysed beside it, and for how many seconds."""
    window, seconds = _window(store), max(_STALL_S * bench.scale, 3.0)
    window.open(hour)
    session = window.session
    _until(app, lambda: session.open_take is not None and session.open_take.n_done > 0)
    take, stalls_ms = session.open_take, late_beats(app, seconds)
    if take is None or take.is_analysed or session.state != SessionState.PLAYING:
        raise SettingsError("The hour did not play beside its analysis.")
    window.close()
    shutil.rmtree(store.root)
    return stalls_ms, seconds


def _an_hour(app: QApplication, hour: Path, store: TakeStore, n_scrubs: int) -> Figures:
    window = _window(store)
    first_s = _seconds_until_known(app, window, hour)
    window.session.close()
    again_s = _seconds_until_known(app, window, hour)
    window.session.pause()
    duration_s, random = window.session.duration_s or 0.0, np.random.default_rng(0)
    took_ms = [_scrub_ms(app, window, float(s)) for s in random.uniform(0.0, 0.99 * duration_s, n_scrubs)]
    figures = {
        "first_s": first_s,
        "again_s": again_s,
        "scrub_p50_ms": float(np.percentile(took_ms, 50)),
        "scrub_p99_ms": float(np.percentile(took_ms, 99)),
        "resident_mib": resident_mib(),
        "minutes": duration_s / 60,
    }
    window.close()
    return figures


def _window(store: TakeStore) -> MainWindow:
    window = MainWindow(Session(Settings(quality="fast"), takes=store))
    window.resize(1280, 720)
    window.show()
    return window


def _seconds_until_known(app: QApplication, window: MainWindow, video: Path) -> float:
    """Return how long it takes from opening to a picture with all poses known."""
    started = time.perf_counter()
    window.open(video)
    session = window.session

    def is_known() -> bool:
        take = session.open_take
        return take is not None and take.is_analysed and session.state == SessionState.PLAYING

    _until(app, is_known)
    return time.perf_counter() - started


def _scrub_ms(app: QApplication, window: MainWindow, time_s: float) -> float:
    """Return how long it takes from a seek to the packet of that place."""
    session, transport = window.session, window.session.transport
    if transport is None:
        raise SettingsError("The window lost its video.")
    started = time.perf_counter()
    transport.seek(time_s)
    _until(app, lambda: abs(session.position_s - time_s) <= 1.5 / _FPS)
    return 1000 * (time.perf_counter() - started)


def _until(app: QApplication, is_so: Callable[[], bool]) -> None:
    for _ in _patiently():
        _turn(app)
        if is_so():
            return
    raise SettingsError("The window does not come to an end.")
