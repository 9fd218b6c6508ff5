"""How many frames a second this machine makes of some looks: measured once on the sample clip and remembered."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from core.detection.bundle import PoseModel, cache_folder
from core.detection.looks import Look, look_names
from core.detection.looks_detector import LooksDetector, open_detector
from core.files.atomic import write_text
from core.files.documents import parse_json
from core.pose.types import Frame
from core.system.processors import n_cores

_N_WARM: Final = 4
_N_TIMED: Final = 16


def look_rate(
    looks: Sequence[Look],
    models: Callable[[str], PoseModel],
    sample: Callable[[int], Sequence[Frame]],
    *,
    is_live: bool,
    report: Callable[[str], None] = lambda _: None,
) -> float:
    """Return frames per second, from the cache or measured now, which takes a second or two.

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
    known = _load(path)
    key = _key(looks, models, is_live=is_live)
    if key not in known:
        report(f"Measuring once how fast this machine is with {look_names(looks)}.")
        known = {**_load(path), key: _measure(looks, models, sample(_N_WARM + _N_TIMED), is_live=is_live)}
        write_text(path, json.dumps(known, indent=1))
    return known[key]


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
