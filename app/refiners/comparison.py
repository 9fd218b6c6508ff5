"""A new refiner beside the present one, from what `evaluate --json` wrote."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from app.language import tr
from app.refiners.library import model_name
from core.system.files.documents import parse_json


@dataclass(frozen=True)
class Figure:
    """One line of the comparison.

    Attributes:
        key: In the result of `evaluate`.
        label: Shown.
        unit: Shown after the number.
        decimals: Shown.
        factor: From the unit of the result to the one shown.
    """

    key: str
    label: str
    unit: str
    decimals: int = 1
    factor: float = 1.0


FIGURES: Final = (
    Figure("depth_mm", "Depth error", "mm"),
    Figure("mpjpe_mm", "Joint error (MPJPE)", "mm"),
    Figure("bone_cv", "Bone-length variation", "%", factor=100.0),
    Figure("bone_bias_pct", "Bone-length bias", "%"),
    Figure("azimuth_median_deg", "Azimuth error, median", "°"),
    Figure("elevation_median_deg", "Elevation error, median", "°"),
    Figure("worse_2cm_pct", "Frames made worse by 2 cm", "%"),
)
"""What matters most first; less is better in every line."""


@dataclass(frozen=True)
class Measurement:
    """What `evaluate` measured on one data set.

    Attributes:
        n_frames: Frames measured.
        raw: Figure key → MediaPipe's own; NaN = unknown.
        refined: Figure key → the refiner's.
    """

    n_frames: int
    raw: dict[str, float]
    refined: dict[str, float]

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a result; None when it is not there or is none."""
        try:
            table = parse_json(path.read_text(encoding="utf-8"))
            raw = {**table["raw"], **table["viewpoint_raw"]}
            refined = {**table["refined"], **table["viewpoint"]}
            return cls(int(table["n_frames"]), _known(raw), _known(refined))
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Comparison:
    """Figures over all data sets, weighted by their frames; figure key → value, NaN = unknown.

    Attributes:
        on: What was measured on.
        n_frames: Frames in all.
        current_name: The present refiner's name, "" when it was not measured.
        raw: MediaPipe's own figures.
        current: The present refiner's.
        new: The new refiner's.
    """

    on: str
    n_frames: int
    current_name: str
    raw: dict[str, float]
    current: dict[str, float]
    new: dict[str, float]

    @classmethod
    def of(cls, new: list[Measurement], current: list[Measurement], current_model: Path, on: str) -> Self:
        """Put measurements on the same data sets together; `current` may be empty."""
        return cls(
            on=on,
            n_frames=sum(m.n_frames for m in new),
            current_name=model_name(current_model) if current else "",
            raw=_mean([(m.n_frames, m.raw) for m in new]),
            current=_mean([(m.n_frames, m.refined) for m in current]),
            new=_mean([(m.n_frames, m.refined) for m in new]),
        )

    @property
    def is_better(self) -> bool:
        """Whether the new refiner has the smaller depth error, or there is none to compare with."""
        return not self.new["depth_mm"] >= self.current["depth_mm"]

    @property
    def verdict(self) -> str:
        """One sentence for those who do not read tables."""
        new, current, raw = (table["depth_mm"] for table in (self.new, self.current, self.raw))
        if not math.isfinite(new):
            return tr("The depth error could not be measured.")
        against_raw = tr("MediaPipe's is {raw:.1f} mm", raw=raw)
        if not math.isfinite(current):
            return tr("Its depth error is {new:.1f} mm; {against_raw}.", new=new, against_raw=against_raw)
        share = abs(new - current) / current
        if share < 0.005:
            return tr(
                "Its depth error is the same as that of the model in use, {new:.1f} mm; {against_raw}.",
                new=new,
                against_raw=against_raw,
            )
        how = tr("smaller") if new < current else tr("larger")
        return tr(
            "Its depth error is {share:.0%} {how} than that of the model in use; {against_raw}.",
            share=share,
            how=how,
            against_raw=against_raw,
        )


def _mean(tables: list[tuple[int, dict[str, float]]]) -> dict[str, float]:
    means = {}
    for figure in FIGURES:
        known = [(n, table[figure.key]) for n, table in tables if math.isfinite(table[figure.key])]
        n_all = sum(n for n, _ in known)
        means[figure.key] = sum(n * value for n, value in known) / n_all if n_all else math.nan
    return means


def _known(table: dict[str, Any]) -> dict[str, float]:
    return {f.key: float(v) if (v := table.get(f.key)) is not None else math.nan for f in FIGURES}
