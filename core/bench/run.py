"""Run benches one after the other, print them, write them down."""

import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from core.bench.bars import BARS
from core.bench.clip import Bench, Figures
from core.bench.page import write_page
from core.bench.registry import BENCHES, OWN_PROCESS, load_bench
from core.detection.bundle import load_pose_model
from core.errors import NdrError, SettingsError
from core.refinement.refiner import DepthRefiner
from core.system.files.atomic import write_text
from core.system.files.program import DEFAULT_REFINER, MAIN
from core.system.processors import n_cores

_SCALE_LEAST = 1e-3


def run_bench(
    only: str | None,
    json_path: Path | None,
    video: Path,
    variant: str = "full",
    refiner: Path = DEFAULT_REFINER,
    *,
    scale: float = 1.0,
    plot: Path | None = None,
    page: Path | None = None,
) -> dict[str, Any]:
    """Run the benches, print a table and write the figures.

    While they run, what runs is said on stderr. Of several, those that measure memory have a process of their own.

    Args:
        only: One of BENCHES; None runs all.
        json_path: Where the JSON goes; None writes none.
        video: The clip.
        variant: Of MediaPipe.
        refiner: Its .onnx file.
        scale: 1 measures in full; less, down to 0.001, makes everything smaller, for trying out.
        plot: Where the picture of how cost grows goes; None draws none.
        page: Where the page of the documentation goes; None writes none.

    Returns:
        Bench → its figures, "machine", "skipped": bench → why it could not run here, "misses": the bars not met, one
        sentence each, "worst_miss", the one that is missed by the largest factor ("" when all hold), and "seconds":
        bench → how long it took.

    Raises:
        NdrError: Unknown bench or scale, the clip or a model cannot be read, or a file cannot be written, which is
            found after the figures are printed.
    """
    if only is not None and only not in BENCHES:
        raise SettingsError(f"There is no bench '{only}'; choose one of {', '.join(BENCHES)}.")
    if not _SCALE_LEAST <= scale <= 1.0:
        raise SettingsError(f"A bench cannot be scaled to {scale:g}; give {_SCALE_LEAST:g} to 1.")
    bench = Bench(
        video,
        load_pose_model(variant),
        DepthRefiner(refiner),
        max_frames=max(round(240 * scale), 32),
        rounds=3 if scale == 1.0 else 1,
        scale=scale,
    )
    machine = _machine()
    results: dict[str, Figures] = {}
    skipped: dict[str, str] = {}
    seconds: dict[str, float] = {}
    progress = Console(stderr=True, highlight=False)
    names = tuple(BENCHES) if only is None else (only,)
    for number, name in enumerate(names, 1):
        progress.print(f"{number}/{len(names)} {name} …", end=" ")
        started = time.perf_counter()
        try:
            is_apart = only is None and name in OWN_PROCESS
            results[name] = _apart(name, bench) if is_apart else load_bench(name)(bench)
        except ModuleNotFoundError as error:
            skipped[name] = f"{error.name} is not installed here"
        except NdrError as error:
            if only is not None:
                progress.print()
                raise
            skipped[name] = str(error)
        seconds[name] = round(time.perf_counter() - started, 1)
        progress.print("skipped" if name in skipped else f"{seconds[name]:.0f} s")
    missed = [bar for bar in BARS if bar.miss(results)]
    document: dict[str, Any] = {
        **results,
        "machine": machine,
        "scale": scale,
        "seconds": seconds,
        "skipped": skipped,
        "misses": [bar.miss(results) for bar in missed],
        "worst_miss": max(missed, key=lambda bar: bar.excess(results)).miss(results) if missed else "",
    }
    _print(results, document)  # first: minutes of work must not be lost to a file that cannot be written
    if json_path is not None:
        write_text(json_path, json.dumps(_without_nan(document), indent=1, allow_nan=False))
    if plot is not None:
        from core.bench.plot import draw_growth

        draw_growth(document, plot)
    if page is not None:
        write_page(document, page)
    return document


def _apart(name: str, bench: Bench) -> Figures:
    """Run one bench in a process of its own.

    Raises:
        SettingsError: It failed there, or what it needs is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        options = ["--only", name, "--json", str(path), "--video", str(bench.video), "--scale", str(bench.scale)]
        models = ["--variant", bench.pose_model.variant, "--model", str(bench.refiner.path)]
        command = [sys.executable, str(MAIN), "bench", *options, *models]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 this program
        if ended.returncode:
            raise SettingsError((ended.stderr.strip().splitlines() or ["It broke off without a word."])[-1])
        document = json.loads(path.read_text(encoding="utf-8"))
    if name in document["skipped"]:
        raise SettingsError(document["skipped"][name])
    figures: Figures = document[name]
    return figures


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "n_cores": n_cores(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(results: Mapping[str, Figures], document: Mapping[str, Any]) -> None:
    table = Table()
    for column in ("bench", "figure", "value"):
        table.add_column(column)
    for name, figures in results.items():
        for figure, value in figures.items():
            table.add_row(name, figure, _text(value))
    console = Console()
    console.print(table)
    for name, reason in document["skipped"].items():
        console.print(f"Not measured: {name}: {reason}", soft_wrap=True, markup=False, highlight=False)
    lines = [f"Missed: {sentence}" for sentence in document["misses"]] or ["All bars measured here are met."]
    console.print("\n".join(lines), soft_wrap=True, markup=False, highlight=False)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)
