"""The refiner and the baselines in one table, measured alike."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.atomic import write_text
from core.pairs import Pairs, load_pairs
from models.baselines import BASELINES
from models.evaluation import Refines, evaluate_pairs

_COLUMNS: Final = (
    ("MPJPE", "refined", "mpjpe_mm", 1),
    ("depth", "refined", "depth_mm", 1),
    ("PA", "refined", "pa_mpjpe_mm", 1),
    ("N", "refined", "n_mpjpe_mm", 1),
    ("bone CV", "refined", "bone_cv", 3),
    ("bone bias %", "refined", "bone_bias_pct", 1),
    ("accel", "refined", "accel_mm", 1),
    ("worse %", "refined", "worse_2cm_pct", 1),
    ("azimuth", "viewpoint", "azimuth_median_deg", 1),
    ("flips %", "viewpoint", "azimuth_flip_pct", 1),
    ("elevation", "viewpoint", "elevation_median_deg", 1),
)
"""Heading, group and key of a result, decimals."""

HEADINGS: Final = tuple(heading for heading, *_ in _COLUMNS)
LEGEND: Final = (
    "MPJPE, mean |depth|, PA- and N-MPJPE in mm, acceleration error in mm/frame², azimuth and elevation: median error "
    "in degrees; flips: azimuth errors over 90 degrees; worse: frames whose error grew by over 2 cm."
)


def compare(
    files: Sequence[Path],
    training: Sequence[Path],
    refiners: Mapping[str, Refines],
    on_row: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Return the result of every baseline, fitted on `training`, and of every refiner, all measured on `files`.

    Raises:
        DataError: A file is damaged, or there is nothing to fit on or to measure.
    """
    pairs: list[Pairs] = [load_pairs(path) for path in training]
    results = {}
    for name, fit in BASELINES.items():
        on_row(name)
        results[name] = evaluate_pairs(files, fit(pairs))
    for name, refiner in refiners.items():
        on_row(name)
        results[name] = evaluate_pairs(files, refiner)
    return results


def cells(result: dict[str, Any]) -> list[str]:
    """Return a row of the table, "-" where nothing could be measured."""
    values = [(result[group][key], decimals) for _, group, key, decimals in _COLUMNS]
    return [f"{value:.{decimals}f}" if math.isfinite(value) else "-" for value, decimals in values]


def write_markdown(path: Path, results: Mapping[str, dict[str, Any]], title: str, command: str) -> None:
    """Write the table as Markdown, atomically, with the command that makes it.

    Raises:
        OutputError: The file cannot be written.
    """
    header = ["", *HEADINGS]
    rows = [header, ["---", *["---:"] * len(HEADINGS)], *([name, *cells(result)] for name, result in results.items())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    n_frames = next(iter(results.values()))["n_frames"]
    write_text(path, f"# {title}\n\n{n_frames:,} frames. {LEGEND}\n\n{table}\n\nMade by `{command}`.\n")
