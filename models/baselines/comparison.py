"""The refiner and the baselines in one table, measured alike."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.refinement.refiner import DepthRefiner
from core.refinement.stream_refiner import StreamRefiner
from core.sequence.pairs import Pairs, load_pairs
from core.system.files.atomic import write_text
from models.baselines import BASELINES
from models.baselines.blend import Blend
from models.data.pose_pool import Poses
from models.evaluation.measure import Refines, RefinesStreams, Remembers, evaluate_pairs

if TYPE_CHECKING:
    from models.baselines.fitting import Training

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
    "in degrees; flips: azimuth errors over 90 degrees; worse: frames whose error grew by over 2 cm; live: with "
    "memory, bone lengths held and joints smoothed."
)


@dataclass(frozen=True)
class ComparisonTable:
    """What was measured.

    Attributes:
        results: Data set → row → result of `evaluate_pairs`.
        trainings: Row → how its network was trained, for the baselines that are networks.
    """

    results: dict[str, dict[str, dict[str, Any]]]
    trainings: "dict[str, Training]" = field(default_factory=dict)


def compare(
    sets: Mapping[str, Sequence[Path]],
    training: Sequence[Path],
    refiner: DepthRefiner,
    *,
    beside: Sequence[DepthRefiner] = (),
    n_samples: int = 0,
    poses: Poses | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> ComparisonTable:
    """Measure every baseline, fitted on `training`, and the refiner: by itself, half and half, and as it runs live.

    Args:
        sets: Name → pair files to measure on.
        training: Pair files that baselines are fitted on.
        refiner: What is compared.
        beside: Other refiners, such as earlier ones: a row each.
        n_samples: Frames that each network among the baselines sees in training; 0 leaves them out, and torch.
        poses: Pose pool for those networks.
        on_progress: Told what is going on.

    Raises:
        DataError: A file is damaged, or there is nothing to fit on or to measure.
    """
    pairs: list[Pairs] = [load_pairs(path) for path in training]
    rows: dict[str, Refines | RefinesStreams | Remembers] = {name: fit(pairs) for name, fit in BASELINES.items()}
    trainings: dict[str, Training] = {}
    if n_samples:
        from models.baselines.learned import fit_learned

        learned = fit_learned(pairs, n_samples, poses, lambda name, share: on_progress(f"Training {name}: {share:.0%}"))
        rows |= learned.refiners
        trainings = learned.trainings
    del pairs
    name = refiner.card.name
    rows |= {other.card.name: other for other in beside}
    rows[name] = refiner
    rows[f"half {name}, half MediaPipe"] = Blend(refiner, 0.5, 0.5)
    rows[f"{name}, live"] = StreamRefiner(refiner, smooth=True)
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for label, files in sets.items():
        results[label] = {}
        for row, measured in rows.items():
            on_progress(f"Measuring {row} on {label}")
            results[label][row] = evaluate_pairs(files, measured)
    return ComparisonTable(results, trainings)


def cells(result: dict[str, Any]) -> list[str]:
    """Return a row of the table, "-" where nothing could be measured."""
    values = [(result[group][key], decimals) for _, group, key, decimals in _COLUMNS]
    return [f"{value:.{decimals}f}" if math.isfinite(value) else "-" for value, decimals in values]


def write_markdown(path: Path, comparison: ComparisonTable, title: str, command: str) -> None:
    """Write a table per data set as Markdown, atomically, then how the networks were trained and the command.

    Raises:
        OutputError: The file cannot be written.
    """
    parts = [f"# {title}", LEGEND]
    for label, results in comparison.results.items():
        n_frames = next(iter(results.values()))["n_frames"]
        rows = [[name, *cells(result)] for name, result in results.items()]
        parts += [f"## {label}: {n_frames:,} frames", _markdown_table(["", *HEADINGS], rows)]
    if comparison.trainings:
        rows = [
            [name, f"{t.n_parameters:,}", f"{t.n_samples:,}", f"{t.samples_per_s:,.0f}"]
            for name, t in comparison.trainings.items()
        ]
        parts += ["## Training of the baselines", _markdown_table(["", "parameters", "samples", "samples/s"], rows)]
    write_text(path, "\n\n".join([*parts, f"Made by `{command}`."]) + "\n")


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
