"""Time-normalised cycles: each stretched to 0 to 100 %, their mean, and how far they scatter."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.analysis.cycles import Cycle
from core.pose.metrics import masked_mean
from core.pose.types import FloatArray

PERCENT: Final = np.linspace(0.0, 100.0, 101)
_LONGEST_HOLE: Final = 0.1
"""Of a cycle; over a longer stretch that was not seen nothing is drawn."""


@dataclass(frozen=True)
class Band:
    """What a measure does in the course of a cycle.

    Attributes:
        mean: (101,) at PERCENT; NaN where fewer than two cycles are known.
        sd: (101,) standard deviation between cycles, n - 1.
        n: How many cycles were known at least in part.
    """

    mean: FloatArray
    sd: FloatArray
    n: int


def normalised(time_s: FloatArray, values: FloatArray, cycles: tuple[Cycle, ...]) -> FloatArray:
    """Return (n_cycles, 101) values at PERCENT of each cycle, linear between frames; NaN where nothing was seen.

    Args:
        time_s: (T,) increasing.
        values: (T,) NaN where not seen.
        cycles: n of them.
    """
    known = np.isfinite(values)
    result = np.full((len(cycles), len(PERCENT)), np.nan)
    if known.sum() < 2:
        return result
    seen_s, seen = time_s[known], values[known]
    for row, cycle in zip(result, cycles, strict=True):
        wanted = cycle.start_s + PERCENT / 100.0 * cycle.duration_s
        after = np.searchsorted(seen_s, wanted - 1e-9)
        hole = seen_s[np.clip(after, 0, len(seen_s) - 1)] - seen_s[np.clip(after - 1, 0, len(seen_s) - 1)]
        frame_s = float(np.median(np.diff(time_s)))
        near = hole <= max(_LONGEST_HOLE * cycle.duration_s, 1.5 * frame_s)
        inside = (wanted >= seen_s[0] - 1e-9) & (wanted <= seen_s[-1] + 1e-9)
        row[:] = np.where(near & inside, np.interp(wanted, seen_s, seen), np.nan)
    return result


def band(curves: FloatArray) -> Band:
    """Return mean and standard deviation of (n, 101) normalised curves."""
    known = np.isfinite(curves)
    count = known.sum(axis=0)
    mean = masked_mean(curves, axis=0) if len(curves) else np.full(len(PERCENT), np.nan)
    squares = np.where(known, (curves - mean) ** 2, 0.0).sum(axis=0)
    is_enough = count >= 2
    sd = np.sqrt(np.divide(squares, count - 1, out=np.full(len(PERCENT), np.nan), where=is_enough))
    return Band(np.where(is_enough, mean, np.nan), sd, int(known.any(axis=1).sum()))
