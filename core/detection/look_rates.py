"""How many frames a second this machine makes of some looks: measured once on the sample clip and remembered."""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from core.detection.bundle import PoseModel, cache_folder
from core.detection.looks import Look, look_names
from core.detection.looks_detector import LooksDetector, open_detector
from core.errors import OutputError
from core.pose.types import Frame
from core.system.files.atomic import write_text
from core.system.files.documents import parse_json
from core.system.processors import n_cores

_N_WARM: Final = 4
_N_TIMED: Final = 16
_BUSY: Final = 0.6
"""Processes that want to run, per core, before anything is measured."""


def look_rate(
    looks: Sequence[Look],
    models: Callable[[str], PoseModel],
    sample: Callable[[int], Sequence[Frame]],
    *,
    is_live: bool,
    report: Callable[[str], None] = lambda _: None,
) -> float:
    """Return frames per second, from the cache or measured now, which takes a second or two.

    What is measured while the machine is busy with other things holds for now and is not remembered.

    Args:
        looks: What looks.
        models: Variant → its pose model.
        sample: Returns so many frames of a person in motion; asked only when nothing is remembered.
        is_live: Whether each frame is wanted as soon as it comes; files let quick looks run ahead.
        report: Told in a sentence that it is being measured.

    Raises:
        ModelError: A pose model cannot be had.
    """
    path = cache_folder() / "look_rates.json"
    key = _key(looks, models, is_live=is_live)
    known = _load(path).get(key)
    if known is not None:
        return known
    report(f"Measuring once how fast this machine is with {look_names(looks)}.")
    was_busy = _is_busy()
    rate = _measure(looks, models, sample(_N_WARM + _N_TIMED), is_live=is_live)
    if not was_busy:
        with contextlib.suppress(OutputError):  # then it is measured again the next time
            remember_rate(path, key, rate)
    return rate


def remember_rate(path: Path, key: str, rate: float) -> None:
    """Add a rate to those in a JSON file.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, json.dumps({**_load(path), key: rate}, indent=1))


def _is_busy() -> bool:
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > _BUSY * n_cores()


def _measure(
    looks: Sequence[Look], models: Callable[[str], PoseModel], frames: Sequence[Frame], *, is_live: bool
) -> float:
    detector = open_detector(looks, models)
    try:
        for frame in frames[:_N_WARM]:
            detector.detect(frame)
        rest = frames[_N_WARM:]
        started = time.perf_counter()
        if isinstance(detector, LooksDetector) and not is_live:
            n = sum(1 for _ in detector.detect_stream(rest))
        else:
            n = sum(1 for _ in map(detector.detect, rest))
        return n / (time.perf_counter() - started)
    finally:
        detector.close()


def _key(looks: Sequence[Look], models: Callable[[str], PoseModel], *, is_live: bool) -> str:
    """Return what the rate depends on, so that another machine, model or MediaPipe is measured anew."""
    bundles = ",".join(sorted({models(look.variant).sha256[:12] for look in looks}))
    machine = hashlib.sha256(_processor().encode()).hexdigest()[:8]
    way = "live" if is_live else "file"
    return f"{look_names(looks)} {way} {bundles} mediapipe {version('mediapipe')} {n_cores()} cores {machine}"


def _processor() -> str:
    import platform

    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    return next((line for line in lines if line.startswith("model name")), platform.processor())


def _load(path: Path) -> dict[str, float]:
    """Return what is remembered; nothing when that makes no sense."""
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        return {str(key): float(rate) for key, rate in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
