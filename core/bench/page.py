"""The speed of a run as a page of the documentation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.bench.bars import BARS
from core.system.files.atomic import write_text

_HEAD = """# Speed

`make bench` makes this page, `speed.json` with every figure, and the picture. What is compared was measured in turn in
one run on one machine, so ratios hold elsewhere too; seconds and milliseconds are this machine's. The networks named
after others are of their size only, with random weights: they are there to be timed. `post_processing` fills gaps,
rejects outliers, filters and finds joint angles in space; Sports2D, itself, does the same in the image.
"""


def write_page(document: Mapping[str, Any], path: Path) -> None:
    """Write the bars with what was reached, the worst miss, and all figures.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, render_page(document))


def render_page(document: Mapping[str, Any]) -> str:
    """Return the page as Markdown."""
    machine = document["machine"]
    lines = [
        _HEAD,
        f"Measured on {machine['processor'] or 'an unnamed processor'}, {machine['n_cores']} cores, "
        f"Python {machine['python']}, {machine['system']}; load of the machine before: {machine['load_before']}. "
        f"All of it took {sum(document['seconds'].values()) / 60:.0f} minutes.",
        "",
        "## Bars",
        "",
        "| bench | figure | bar | reached | |",
        "|---|---|---|---|---|",
    ]
    for bar in BARS:
        value = document.get(bar.bench, {}).get(bar.figure)
        state = "not measured" if value is None else "missed" if bar.miss(document) else "met"
        side = "≥" if bar.is_least else "≤"
        lines.append(f"| {bar.bench} | {bar.figure} | {side} {bar.limit:g} | {_cell(value)} | {state} |")
    worst = document["worst_miss"]
    lines += ["", f"Worst miss: {worst}." if worst else "Every bar that was measured is met."]
    lines += [f"Not measured: {name}: {reason.rstrip('.')}." for name, reason in document["skipped"].items()]
    lines += ["", "## All figures", "", "| bench | figure | value |", "|---|---|---|"]
    for bench, figures in document.items():
        if bench in ("machine", "skipped", "seconds") or not isinstance(figures, Mapping):
            continue
        lines += [f"| {bench} | {name} | {_cell(value)} |" for name, value in figures.items()]
    lines += ["", "![How cost grows](speed.png)", ""] if "growth" in document else [""]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_cell(item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)
