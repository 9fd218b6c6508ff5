"""Run benches one after the other, print them, write them down."""

import json
import math
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from core.atomic import write_text
from core.bench.bars import BARS
from core.bench.clip import Bench, Figures
from core.bench.page import write_page
from core.bench.registry import BENCHES, load_bench
from core.errors import NdrError, SettingsError
from core.pose_model import load_pose_model
from core.refiner import DepthRefiner
from core.settings import Settings

_SCALE_LEAST = 1e-3


def run_bench(
    only: str | None,
    json_path: Path | None,
    video: Path,
    settings: Settings,
    *,
    scale: float = 1.0,
    plot: Path | None = None,
    page: Path | None = None,
) -> dict[str, Any]:
    """Run the benches, print a table and write the figures.

    Args:
        only: One of BENCHES; None runs all.
        json_path: Where the JSON goes; None writes none.
        video: The clip.
        settings: Pose variant and refiner.
        scale: 1 measures in full; less, down to 0.001, makes everything smaller, for trying out.
        plot: Where the picture of how cost grows goes; None draws none.
        page: Where the page of the documentation goes; None writes none.

    Returns:
        Bench → its figures, "machine", "skipped": bench → why it could not run here, "misses": the bars not met, one
        sentence each, and "worst_miss", the one that is missed by the largest factor ("" when all hold).

    Raises:
        NdrError: Unknown bench or scale, or the clip or a model cannot be read.
    """
    if only is not None and only not in BENCHES:
        raise SettingsError(f"There is no bench '{only}'; choose one of {', '.join(BENCHES)}.")
    if not _SCALE_LEAST <= scale <= 1.0:
        raise SettingsError(f"A bench cannot be scaled to {scale:g}; give {_SCALE_LEAST:g} to 1.")
    bench = Bench(
        video,
        load_pose_model(settings.variant),
        DepthRefiner(settings.refiner),
        max_frames=max(round(240 * scale), 32),
        rounds=3 if scale == 1.0 else 1,
        scale=scale,
    )
    machine = _machine()
    results: dict[str, Figures] = {}
    skipped: dict[str, str] = {}
    for name in BENCHES if only is None else (only,):
        try:
            results[name] = load_bench(name)(bench)
        except ModuleNotFoundError as error:
            skipped[name] = f"{error.name} is not installed here"
        except NdrError as error:
            if only is not None:
                raise
            skipped[name] = str(error)
    missed = [bar for bar in BARS if bar.miss(results)]
    document: dict[str, Any] = {
        **results,
        "machine": machine,
        "scale": scale,
        "skipped": skipped,
        "misses": [bar.miss(results) for bar in missed],
        "worst_miss": max(missed, key=lambda bar: bar.excess(results)).miss(results) if missed else "",
    }
    if json_path is not None:
        write_text(json_path, json.dumps(_without_nan(document), indent=1, allow_nan=False))
    if plot is not None:
        from core.bench.plot import draw_growth

        draw_growth(document, plot)
    if page is not None:
        write_page(document, page)
    _print(results, document)
    return document


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "n_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
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
