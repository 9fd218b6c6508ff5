"""Repetitions found by themselves: which measure repeats most clearly, and where each cycle begins and ends.

For every measure that moves enough: peaks with a prominence of 40 % of its range (scipy), boundaries where the curve
has come back to its level at rest (hysteresis: a return counts only below half of the range, so that a tremor on the
way is none), then a test: cycles must be alike, in shape, length and height, and the *whole body* must repeat in them.
Fewer than three are no repetition: two similar movements happen by chance.

Figures were chosen on films of people who repeat and of people who do not: docs/analysis.md.
"""

from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from core.analysis.bands import normalised
from core.analysis.cycles import Cycle, Cycles
from core.analysis.measures import MEASURES, METRES, Series, unit
from core.pose.types import FloatArray

LEAST: Final = 3
"""Repetitions; fewer are not believed."""

_LEAST_RANGE: Final = {"°": 20.0, METRES: 0.10}
_FULL_RANGE: Final = {"°": 60.0, METRES: 0.40}
_PROMINENCE, _RETURN, _REST, _PASSED, _CLOSE = 0.4, 0.5, 0.08, 0.15, 0.25
_SHORTEST_S, _LONGEST_HOLE_S, _SMOOTH_S = 0.3, 0.5, 0.08
_LEAST_ALIKE, _LEAST_BODY = 0.8, 0.55
_LEGS: Final = ("hip", "knee", "ankle", "step")
_OF_ARMS: Final = 0.7
"""Where arms repeat as clearly as legs do, it is the legs that carry the movement."""
_NEVER: Final = ("rotation", "shoulder_plane")
"""Angles with holes and noise of their own, in which nobody looks for repetitions."""


def find_cycles(series: Series) -> Cycles | None:
    """Return the repetitions in the measure that shows them best; None where there are none.

    Args:
        series: As seen; NaN is bridged over half a second at most.
    """
    best: tuple[float, Cycles] | None = None
    for name in MEASURES:
        if not name.endswith(_NEVER):
            found = cycles_of(series, name)
            if found is not None:
                score = _score(series, found)
                if best is None or score > best[0]:
                    best = score, found
    return None if best is None else best[1]


def cycles_of(series: Series, name: str) -> Cycles | None:
    """Return the repetitions in one measure; None where there are none."""
    found = [c for run in _runs(series.time_s, series.values[name]) for c in _of_run(*run, _range(series, name), name)]
    kept = _alike(series, name, found)
    n_whole = sum(cycle.is_whole for cycle in kept)
    if len(kept) < LEAST or n_whole < LEAST - 1:
        return None
    cycles = Cycles(name, tuple(kept))
    return cycles if repeatability(series, cycles) >= _LEAST_BODY else None


def repeatability(series: Series, cycles: Cycles) -> float:
    """Return how much of what the body does in the course of a cycle is the same in each: 1 all of it, 0 chance.

    One minus the variance between cycles over the variance in all, over the measures that move, each by its range; NaN
    counts as not moving. As the intraclass correlation of Shrout and Fleiss 1979, case 1.
    """
    shares, weights = [0.0], [1e-9]
    for name, values in series.values.items():
        curves = normalised(series.time_s, values, cycles.whole)
        curves = curves[:, np.isfinite(curves).all(axis=0)]
        spread = float(np.ptp(curves)) if curves.size else 0.0
        if curves.shape[1] < 50 or spread < _LEAST_RANGE[unit(name)] or name.endswith(_NEVER):
            continue
        between = float(curves.var(axis=0, ddof=1).mean())
        shares.append(1.0 - between / max(float(curves.var()), 1e-12))
        weights.append(min(spread / _FULL_RANGE[unit(name)], 1.0))
    return float(np.average(shares, weights=weights))


def _score(series: Series, found: Cycles) -> float:
    own = Series(series.time_s, {found.measure: series.values[found.measure]})
    _, spread = _range(series, found.measure)
    covered = sum(cycle.duration_s for cycle in found.cycles) / max(float(np.ptp(series.time_s)), 1e-9)
    whose = 1.0 if any(part in found.measure for part in _LEGS) else _OF_ARMS
    return whose * repeatability(own, found) * min(abs(spread) / _FULL_RANGE[unit(found.measure)], 1.0) * covered


def _range(series: Series, name: str) -> tuple[float, float]:
    """Return the level of rest and how far the measure goes from there, negative where it goes down."""
    known = series.values[name][np.isfinite(series.values[name])]
    if len(known) < 5:
        return 0.0, 0.0
    low, middle, high = np.percentile(known, [5.0, 50.0, 95.0])
    is_down = unit(name) == METRES and high - middle < middle - low
    return (float(high), float(low - high)) if is_down else (float(low), float(high - low))


def _runs(time_s: FloatArray, values: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Return even, smoothed pieces without long holes."""
    known = np.isfinite(values)
    if known.sum() < 5:
        return []
    seen_s, seen = time_s[known], values[known]
    step = float(np.median(np.diff(time_s)))
    pieces = []
    for rows in np.split(np.arange(len(seen_s)), np.flatnonzero(np.diff(seen_s) > max(_LONGEST_HOLE_S, 2 * step)) + 1):
        if seen_s[rows[-1]] - seen_s[rows[0]] < _SHORTEST_S:
            continue
        even = np.arange(seen_s[rows[0]], seen_s[rows[-1]] + step / 2, step)
        curve = np.interp(even, seen_s[rows], seen[rows])
        sigma = _SMOOTH_S / step
        pieces.append((even, gaussian_filter1d(curve, sigma) if sigma > 0.5 else curve))
    return pieces


def _of_run(time_s: FloatArray, curve: FloatArray, levels: tuple[float, float], name: str) -> list[Cycle]:
    from scipy.signal import find_peaks  # takes 60 MB, so only when it is used

    rest, spread = levels
    if abs(spread) < _LEAST_RANGE[unit(name)]:
        return []
    height = (curve - rest) / spread  # 0 at rest, 1 at the usual top
    step = float(time_s[1] - time_s[0])
    # beyond the recording lies rest, so that a top near its edge is one
    padded = np.concatenate([[0.0], height, [0.0]])
    peaks, _ = find_peaks(padded, prominence=_PROMINENCE, height=_RETURN, distance=max(_SHORTEST_S / step, 1.0))
    peaks = peaks - 1
    cycles: list[Cycle] = []
    for i, peak in enumerate(peaks):
        first = peaks[i - 1] if i else 0
        last = peaks[i + 1] if i + 1 < len(peaks) else len(height) - 1
        before, after = height[first : peak + 1], height[peak : last + 1]
        start = first + int(np.flatnonzero(before <= before.min() + _REST)[-1])
        end = peak + int(np.flatnonzero(after <= after.min() + _REST)[0])
        # towards an edge of the recording a curve that is still high has not come back
        is_whole = bool(max(height[start], height[end]) < _RETURN)
        is_passed = min(before.min(), after.min()) < _RETURN and max(before.min(), after.min()) < height[peak] - _PASSED
        if not is_whole and (not is_passed or (first > 0 and last < len(height) - 1)):
            continue
        cycles.append(Cycle(float(time_s[start]), float(time_s[end]), is_whole))
    return _joined(cycles)


def _joined(cycles: list[Cycle]) -> list[Cycle]:
    """Let neighbours share a boundary where next to no rest lies between them."""
    result: list[Cycle] = []
    for cycle in cycles:
        before = result[-1] if result else None
        if before is not None and cycle.start_s - before.end_s < _CLOSE * min(cycle.duration_s, before.duration_s):
            middle = (cycle.start_s + before.end_s) / 2
            result[-1] = Cycle(before.start_s, middle, before.is_whole)
            result.append(Cycle(middle, cycle.end_s, cycle.is_whole))
        else:
            result.append(cycle)
    return result


def _alike(series: Series, name: str, found: list[Cycle]) -> list[Cycle]:
    """Leave out what differs from the middle one in shape, length or height."""
    whole = tuple(cycle for cycle in found if cycle.is_whole)
    if len(whole) < LEAST - 1:
        return []
    curves = normalised(series.time_s, series.values[name], whole)
    middle = np.nanmedian(curves, axis=0) if np.isfinite(curves).any(axis=0).all() else np.full(curves.shape[1], np.nan)
    usual_s = float(np.median([cycle.duration_s for cycle in whole]))
    usual = float(np.ptp(middle))
    kept = []
    for cycle, curve in zip(whole, curves, strict=True):
        known = np.isfinite(curve) & np.isfinite(middle)
        if known.sum() < 50:
            continue
        is_alike = float(np.corrcoef(curve[known], middle[known])[0, 1]) >= _LEAST_ALIKE
        if is_alike and 0.5 <= cycle.duration_s / usual_s <= 2.0 and 0.5 <= np.ptp(curve[known]) / usual <= 1.8:
            kept.append(cycle)
    partial = [c for c in found if not c.is_whole and 0.4 <= c.duration_s / usual_s <= 2.0]
    return sorted((*kept, *partial))
