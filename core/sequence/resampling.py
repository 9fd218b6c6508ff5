"""A sequence at a constant frame rate, for formats that know nothing else."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.filters.runs import median_step_s
from core.pose.frame_rate import constant_rate
from core.pose.gaps import GAP_S, stream_starts
from core.pose.types import FloatArray
from core.sequence.pose_sequence import ARRAY_SHAPES, PoseSequence

FALLBACK_HZ: Final = 30.0
MOST_ROWS: Final = 4
"""Rows per frame of the source that nobody has asked for."""
SHORTENED: Final = "pauses_shortened_s"
"""The entry of `meta` that says by how much pauses were shortened, seconds."""
_SAME_RATE: Final = 0.02
_SAME: Final = 1e-5
_TICK_S: Final = 1e-3
_MOST_OF_MEAN: Final = 2.0
_BESIDE_S: Final = 0.002
"""Containers round times to milliseconds: so far beside its place in the grid, a frame is still at its place."""
_BRIDGE_STEPS: Final = 2.5


def frame_rate_hz(sequence: PoseSequence) -> float:
    """Return the usual frame rate: the source's own figure where the times agree with it."""
    time_s = sequence.time_s
    step_s = median_step_s(time_s)
    nominal: Any = sequence.meta.get("fps")
    if not isinstance(nominal, (int, float)) or not nominal > 0:
        nominal = None
    if not np.isfinite(step_s):
        return float(nominal or FALLBACK_HZ)
    steps = np.diff(time_s)
    parts = np.split(np.arange(len(time_s)), np.flatnonzero(stream_starts(time_s)[1:]) + 1)
    constant = constant_rate([(part, time_s[part]) for part in parts], _TICK_S, [nominal])
    if constant is not None:
        is_said = nominal is not None and abs(constant.rate_hz / nominal - 1.0) < _SAME
        return float(nominal) if is_said else constant.rate_hz
    rate = 1.0 / step_s
    if nominal is not None and abs(nominal / rate - 1) < _SAME_RATE:
        return float(nominal)
    moving = steps[steps <= GAP_S]  # bursts of frames must not set the rate of all
    return min(rate, _MOST_OF_MEAN / float(moving.mean())) if len(moving) else rate


def resampled_evenly(sequence: PoseSequence, rate_hz: float | None = None) -> PoseSequence:
    """Return the sequence with frames at exactly `rate_hz`; the sequence itself when its frames are there already.

    Frames near their place are moved there as they are. Otherwise positions are interpolated linearly between
    neighbours up to 2.5 frames apart; places without neighbours are empty (NaN), as frames of nobody are.

    Args:
        sequence: T frames.
        rate_hz: Frames per second; None keeps the usual rate, and there are at most `MOST_ROWS` times as many frames:
            longer pauses are shortened, by what `meta` says under `SHORTENED`, and then the rate is lowered.
    """
    if not len(sequence.time_s):
        return sequence
    rate = rate_hz or frame_rate_hz(sequence)
    if rate_hz is None:
        sequence, rate = _bounded(sequence, rate)
    time_s = sequence.time_s
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
    return replace(sequence, time_s=grid_s, looks=None, **arrays)  # no format with a constant rate holds them


def _bounded(sequence: PoseSequence, rate_hz: float) -> tuple[PoseSequence, float]:
    """Return the sequence with pauses so short, and a rate so low, that it has `MOST_ROWS` rows a frame at most."""
    time_s = sequence.time_s
    most_steps = MOST_ROWS * len(time_s) - 1
    if (time_s[-1] - time_s[0]) * rate_hz <= most_steps:
        return sequence, rate_hz
    steps = np.diff(time_s)
    order = np.sort(steps)
    # the longest that a step may be for all of them to fit: those below it are kept, the others cut down to it
    kept_s = np.r_[0.0, np.cumsum(order)[:-1]]
    limits = (most_steps / rate_hz - kept_s) / np.arange(len(order), 0, -1)
    fitting = limits[limits <= order]
    limit_s = max(float(fitting[0]) if len(fitting) else np.inf, GAP_S)
    shorter = np.minimum(steps, limit_s)
    lost_s = float((steps - shorter).sum())
    moved = replace(
        sequence,
        time_s=np.r_[time_s[0], time_s[0] + np.cumsum(shorter)],
        meta={**sequence.meta, **({SHORTENED: round(lost_s, 3)} if lost_s > 0 else {})},
    )
    return moved, min(rate_hz, most_steps / float(shorter.sum()))


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
