"""Short holes are filled, long ones stay empty; samples that jump away for a moment are holes too."""

import numpy as np

from core.filters.runs import median_step_s
from core.pose.types import FloatArray

_CONTEXT = 4
_MEDIAN_S = 0.35


def fill_gaps(time_s: FloatArray, values: FloatArray, max_gap_s: float) -> FloatArray:
    """Return (T, C) values with holes of up to `max_gap_s` interpolated; longer holes and the ends stay NaN.

    The length of a hole is the time between the known samples around it. The curve between them is monotone cubic
    (PCHIP), which does not overshoot.

    Args:
        time_s: (T,) increasing, seconds.
        values: (T, C); a row with a NaN is a hole.
        max_gap_s: Longest hole to fill, seconds; 0 fills none.
    """
    known = np.asarray(np.isfinite(values).all(axis=1))
    result = np.where(known[:, None], values, np.nan)
    places = np.flatnonzero(known)
    if len(places) < 2 or max_gap_s <= 0:
        return result
    spans = np.diff(places)
    is_short = (spans > 1) & (np.diff(time_s[places]) <= max_gap_s)
    for before, after in zip(places[:-1][is_short], places[1:][is_short], strict=True):
        from scipy.interpolate import PchipInterpolator  # slow to import, and every start of the program passes here

        near = places[(places > before - _CONTEXT) & (places < after + _CONTEXT)]
        hole = slice(int(before) + 1, int(after))
        result[hole] = PchipInterpolator(time_s[near], values[near], axis=0)(time_s[hole])
    return result


def reject_outliers(time_s: FloatArray, values: FloatArray, gate: float) -> FloatArray:
    """Return (T, C) values in which rows farther than `gate` from the running median are NaN.

    The median is taken over a third of a second, so what jumps away and back within a sixth is rejected, a
    movement that stays is not.

    Args:
        time_s: (T,) increasing, seconds.
        values: (T, C).
        gate: Distance in the units of `values`.
    """
    known = np.asarray(np.isfinite(values).all(axis=1))
    result = np.where(known[:, None], values, np.nan)
    step_s = median_step_s(time_s)
    size = 2 * round(_MEDIAN_S / step_s / 2) + 1 if np.isfinite(step_s) else 1
    if size < 3 or known.sum() < size:
        return result
    from scipy.ndimage import median_filter

    middle = median_filter(values[known], size=(size, 1), mode="nearest")
    distance = np.linalg.norm(values[known] - middle, axis=1)
    result[np.flatnonzero(known)[distance > gate]] = np.nan
    return result
