"""What joint angles over time say in a few numbers: range of motion, and how alike the two sides are."""

from dataclasses import dataclass

import numpy as np

from core.pose.angles.joint_angles import ANGLE_NAMES, PAIRED_ANGLES
from core.pose.types import FloatArray

_LOW, _HIGH = 2.0, 98.0


@dataclass(frozen=True)
class AngleRange:
    """How far one angle goes; NaN when it is never known.

    Attributes:
        low_deg: 2nd percentile over time: single bad frames do not count.
        high_deg: 98th percentile.
    """

    low_deg: float
    high_deg: float

    @property
    def range_deg(self) -> float:
        """From the lowest to the highest."""
        return self.high_deg - self.low_deg


def angle_range(values_deg: FloatArray) -> AngleRange:
    """Return the range of (T,) angles, NaN left out."""
    known = values_deg[np.isfinite(values_deg)]
    if not len(known):
        return AngleRange(float("nan"), float("nan"))
    low, high = np.percentile(known, [_LOW, _HIGH])
    return AngleRange(float(low), float(high))


def symmetry_index(right: AngleRange, left: AngleRange) -> float:
    """Return the difference of the sides' ranges against their mean, percent, positive when the right goes farther.

    0 is symmetric, 200 means that one side does not move at all; NaN when neither does.

    Source: Robinson, Herzog, Nigg 1987.
    """
    mean = (right.range_deg + left.range_deg) / 2
    return 100.0 * (right.range_deg - left.range_deg) / mean if mean > 1e-9 else float("nan")


def summarise(angles_deg: FloatArray) -> dict[str, dict[str, float | None]]:
    """Return range of motion and symmetry by name, for a file; None for what is unknown.

    Args:
        angles_deg: (T, 24) of `core.pose.angles.joint_angles.ANGLE_NAMES`.
    """
    ranges = {name: angle_range(angles_deg[:, i]) for i, name in enumerate(ANGLE_NAMES)}
    result = {
        name: {"low_deg": _rounded(r.low_deg), "high_deg": _rounded(r.high_deg), "range_deg": _rounded(r.range_deg)}
        for name, r in ranges.items()
    }
    for name in PAIRED_ANGLES:
        index = symmetry_index(ranges[f"right_{name}"], ranges[f"left_{name}"])
        result[name] = {"symmetry_index_percent": _rounded(index)}
    return result


def _rounded(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
