"""Is a refiner better than another on real people: every set of them counts once, and most must not get worse.

A gain on one set is easily chance, and a mean over frames is the gain of the longest clip. So the relative depth error
is taken per set (a person's variants together), and a refiner is kept if the mean over sets falls by 2 % and two of
three sets do not get worse.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.detection.bundle import VARIANTS
from core.detection.looks import Look, look_names
from core.refinement.refiner import DepthRefiner
from core.refinement.refiner_files import refiner_path
from core.sequence.pairs import load_pairs
from core.system.files.atomic import write_text
from models.baselines.raw import Raw
from models.evaluation.fused import evaluate_looks, look_of
from models.evaluation.measure import Measured, evaluate_pairs

Row = Callable[[str], Measured]
"""MediaPipe variant → what refines its joints."""
RAW: Final = "MediaPipe"
_LEAST_GAIN: Final = 0.02
_NOT_WORSE: Final = 2 / 3


@dataclass(frozen=True)
class Figure:
    """What was measured of one row on one variant of one set: frames, MPJPE and mean |depth error| in mm."""

    n_frames: int
    mpjpe_mm: float
    depth_mm: float


@dataclass(frozen=True)
class Verdict:
    """A row beside another.

    Attributes:
        depth: Set → depth error relative to the other's, mean over the set's variants.
        mpjpe: Set → MPJPE, likewise.
    """

    depth: dict[str, float]
    mpjpe: dict[str, float]

    @property
    def mean_depth(self) -> float:
        """The mean over sets."""
        return float(np.mean(list(self.depth.values())))

    @property
    def mean_mpjpe(self) -> float:
        """The mean over sets."""
        return float(np.mean(list(self.mpjpe.values())))

    @property
    def n_not_worse(self) -> int:
        """Sets whose depth error does not rise."""
        return sum(value <= 1.0 for value in self.depth.values())

    @property
    def is_kept(self) -> bool:
        """Whether the change is worth having."""
        enough = math.ceil(_NOT_WORSE * len(self.depth) - 1e-9)
        return self.mean_depth <= 1 - _LEAST_GAIN and self.n_not_worse >= enough

    def __str__(self) -> str:
        change = f"depth {100 * (self.mean_depth - 1):+.1f} %, MPJPE {100 * (self.mean_mpjpe - 1):+.1f} %"
        return f"{'keep' if self.is_kept else 'drop'}: {change}, {self.n_not_worse} of {len(self.depth)} sets no worse"


@dataclass(frozen=True)
class Choice:
    """What was measured: set → variant → row → figure."""

    figures: dict[str, dict[str, dict[str, Figure]]]

    @property
    def rows(self) -> list[str]:
        """The rows, MediaPipe first."""
        return list(next(iter(next(iter(self.figures.values())).values())))

    def verdict(self, row: str, against: str) -> Verdict:
        """Return how a row does beside another."""
        return Verdict(self._relative(row, against, "depth_mm"), self._relative(row, against, "mpjpe_mm"))

    def _relative(self, row: str, against: str, name: str) -> dict[str, float]:
        return {
            label: float(np.mean([getattr(rows[row], name) / getattr(rows[against], name) for rows in by.values()]))
            for label, by in self.figures.items()
        }


def same_for_all(measured: Measured) -> Row:
    """Return the row of what refines every variant."""
    return lambda _variant: measured


def refiner_row(path: Path) -> tuple[str, Row]:
    """Return the name and row of a refiner, which may have others for some variants beside it (`refiner_path`).

    Raises:
        ModelError: A refiner cannot be loaded.
    """
    main = DepthRefiner(path)
    own = {variant: DepthRefiner(file) for variant in VARIANTS if (file := refiner_path(path, variant)) != path}
    return main.card.name, lambda variant: own.get(variant, main)


def by_look(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each look.

    Raises:
        DataError: A file is damaged.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        found[look_of(load_pairs(path))].append(path)
    return dict(sorted(found.items()))


def measure_choice(
    sets: Mapping[str, Sequence[Path]],
    rows: Mapping[str, Row],
    looks: Sequence[Sequence[Look]] = (),
    on_progress: Callable[[str], None] = lambda _: None,
) -> Choice:
    """Measure every row on every variant of every set; MediaPipe itself is the first row.

    Args:
        sets: Name → pair files.
        rows: Name → what refines each variant.
        looks: Sets of looks whose mean is measured, in the place of single variants; () measures the variants, and
            leaves out what was seen in a mirror.
        on_progress: Told what is going on.

    Raises:
        DataError: A file is damaged, or a set has nothing to measure.
    """
    figures: dict[str, dict[str, dict[str, Figure]]] = {}
    for label, files in sets.items():
        figures[label] = {}
        measures: dict[str, Callable[[Row], dict[str, Any]]] = {
            look_names(some): partial(_fused, files, some) for some in looks
        } or {
            look: partial(_single, chosen, look)
            for look, chosen in by_look(files).items() if not Look.from_name(look).is_mirrored
        }  # fmt: skip
        for seen, measure in measures.items():
            figures[label][seen] = {}
            for name, row in {RAW: same_for_all(Raw()), **rows}.items():
                on_progress(f"Measuring {name} on {label}, {seen}")
                result = measure(row)
                figures[label][seen][name] = Figure(
                    result["n_frames"], result["refined"]["mpjpe_mm"], result["refined"]["depth_mm"]
                )
    return Choice(figures)


def _single(files: Sequence[Path], variant: str, row: Row) -> dict[str, Any]:
    return evaluate_pairs(files, row(variant))


def _fused(files: Sequence[Path], looks: Sequence[Look], row: Row) -> dict[str, Any]:
    return evaluate_looks(files, looks, row)


def by_subject(sets: Mapping[str, Sequence[Path]]) -> dict[str, list[Path]]:
    """Return a set for every person in the sets, named after both.

    Raises:
        DataError: A file is damaged.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for label, files in sets.items():
        for path in files:
            found[f"{label} {load_pairs(path).meta.get('subject', '?')}"].append(path)
    return dict(sorted(found.items()))


def table_rows(choice: Choice) -> tuple[list[str], list[list[str]]]:
    """Return the heading, and a line for each variant of each set: frames, then MPJPE / depth of every row."""
    lines = []
    for label, variants in choice.figures.items():
        for variant, rows in variants.items():
            n_frames = next(iter(rows.values())).n_frames
            found = (f"{figure.mpjpe_mm:.1f} / {figure.depth_mm:.1f}" for figure in rows.values())
            lines.append([f"{label}, {variant}", f"{n_frames:,}", *found])
    return ["", "frames", *choice.rows], lines


def verdicts(choice: Choice, against: str) -> list[str]:
    """Return a sentence for each row but the one that it is laid beside."""
    return [f"{row}: {choice.verdict(row, against)}" for row in choice.rows if row != against]


def write_choice(path: Path, choice: Choice, against: str, command: str) -> None:
    """Write the table as Markdown, atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    heading, lines = table_rows(choice)
    table = [heading, ["---", *["---:"] * (len(heading) - 1)], *lines]
    parts = [
        "MPJPE / mean |depth error|, mm. A refiner is kept if the mean of the sets' relative depth errors falls by 2 % "
        "and two of three sets do not get worse; a set counts once, with all its variants.",
        "\n".join(f"| {' | '.join(line)} |" for line in table),
        f"Against {against}:",
        "\n".join(f"- {line}" for line in verdicts(choice, against)),
        f"Made by `{command}`.",
    ]
    write_text(path, "\n\n".join(parts) + "\n")
