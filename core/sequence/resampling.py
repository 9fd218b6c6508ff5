"""A sequence at a constant frame rate, for formats that know nothing else."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.filters.runs import median_step_s
from core.pose.types import FloatArray
from core.sequence.pose_sequence import ARRAY_SHAPES, PoseSequence

FALLBACK_HZ: Final = 30.0
_SAME_RATE: Final = 0.02
_BESIDE_S: Final = 0.002
"""Containers round times to milliseconds: so far beside its place in the grid, a frame is still at its place."""
_BRIDGE_STEPS: Final = 2.5


def frame_rate_hz(sequence: PoseSequence) -> float:
    """Return the usual frame rate: the source's own figure where the times agree with it."""
    step_s = median_step_s(sequence.time_s)
    nominal = sequence.meta.get("fps")
    if not isinstance(nominal, (int, float)) or not nominal > 0:
        nominal = None
    if not np.isfinite(step_s):
        return float(nominal or FALLBACK_HZ)
    rate = 1.0 / step_s
    return float(nominal) if nominal is not None and abs(nominal / rate - 1) < _SAME_RATE else rate


def on_grid(sequence: PoseSequence, rate_hz: float | None = None) -> PoseSequence:
    """Return the sequence with frames at exactly `rate_hz`; the sequence itself when its frames are there already.

    Frames near their place are moved there as they are. Otherwise positions are interpolated linearly between
    neighbours up to 2.5 frames apart; places without neighbours are empty (NaN), as frames of nobody are.

    Args:
        sequence: T frames.
        rate_hz: Frames per second; None keeps the usual rate.
    """
    rate = rate_hz or frame_rate_hz(sequence)
    time_s = sequence.time_s
    if not len(time_s):
        return sequence
    place = (time_s - time_s[0]) * rate
    nearest = np.rint(place).astype(np.int64)
    n = int(nearest[-1]) + 1
    grid_s = time_s[0] + np.arange(n) / rate
    beside = np.abs(time_s - grid_s[nearest])
    if np.all(np.diff(nearest) == 1) and beside.max() <= _BESIDE_S:
        return sequence if beside.max() < 1e-9 else replace(sequence, time_s=grid_s)
    if np.all(np.diff(nearest) >= 1) and beside.max() <= _BESIDE_S:
        arrays: dict[str, Any] = {
            name: _placed(getattr(sequence, name), nearest, n) for name in ARRAY_SHAPES if name != "time_s"
        }
    else:
        grid_s = grid_s[grid_s <= time_s[-1] + _BESIDE_S]
        reach = _BRIDGE_STEPS * max(median_step_s(time_s), 1.0 / rate)
        arrays = {
            name: _between(time_s, getattr(sequence, name), grid_s, reach) for name in ARRAY_SHAPES if name != "time_s"
        }
    arrays["visibility"] = np.nan_to_num(arrays["visibility"])
    index = np.interp(grid_s, time_s, sequence.frame_index.astype(float))
    arrays["frame_index"] = np.rint(index).astype(np.int64)
    return replace(sequence, time_s=grid_s, **arrays)


def _placed(values: FloatArray, places: FloatArray, n: int) -> FloatArray:
    result = np.full((n, *values.shape[1:]), np.nan, dtype=np.float32)
    result[places] = values
    return result


def _between(time_s: FloatArray, values: FloatArray, grid_s: FloatArray, reach_s: float) -> FloatArray:
    after = np.clip(np.searchsorted(time_s, grid_s, side="right"), 1, max(len(time_s) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(time_s) - 1)
    span = time_s[after] - time_s[before]
    weight = np.clip((grid_s - time_s[before]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    weight = weight.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)
    first, last = values[before].astype(np.float32), values[after].astype(np.float32)
    mixed = np.where(weight == 0, first, np.where(weight == 1, last, first * (1 - weight) + last * weight))
    mixed[span > reach_s] = np.nan
    return mixed
