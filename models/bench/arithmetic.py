"""The refiner against its own arithmetic: the same operations as one matrix product at this core's peak."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bench.clip import Bench, Figures
from core.bench.refiner import batch_seconds, people
from core.refinement.onnx_session import CPU, create_session
from models.bench.onnx_graphs import count_flops, matrix_product

_SIZES = (256, 512, 1024)
_CALLS = 400
_BATCH = 1024
_LONGEST_S = 4.0


def arithmetic(bench: Bench) -> Figures:
    """Return how many times longer than its bare arithmetic the refiner takes, for one pose and for 1024."""
    content = bench.refiner.path.read_bytes()
    peak = peak_flops(bench.scaled(20, 2))
    one, many = count_flops(content, 1), count_flops(content, _BATCH)
    session = create_session(bench.refiner.path, content, [CPU])
    names = [value.name for value in session.get_inputs()]
    arrays: tuple[npt.NDArray[np.floating[Any]], ...] = people(1)
    if bench.refiner.ages_s:
        arrays = tuple(array[:, None].repeat(1 + len(bench.refiner.ages_s), axis=1) for array in arrays)
    feed = dict(zip(names, arrays, strict=True))
    one_s = median_s(lambda: session.run(None, feed), bench.scaled(_CALLS, 20))
    many_s = batch_seconds(bench, _BATCH)
    return {
        "peak_gflops": peak / 1e9,
        "mflop_per_pose": one / 1e6,
        "batch_1_us": one_s * 1e6,
        "batch_1_limit_us": one / peak * 1e6,
        "batch_1_over_limit": one_s / (one / peak),
        "batch_1024_poses_per_s": _BATCH / many_s,
        "batch_1024_limit_poses_per_s": _BATCH / (many / peak),
        "batch_1024_over_limit": many_s / (many / peak),
    }


def peak_flops(n_calls: int) -> float:
    """Return the most operations per second that one thread reaches in a single product of square matrices."""
    best = 0.0
    for size in _SIZES:
        session = create_session(Path("product.onnx"), matrix_product(size, size, size), [CPU])
        feed = {"a": np.random.default_rng(1).normal(size=(size, size)).astype(np.float32)}
        seconds = median_s(partial(session.run, None, feed), n_calls)
        best = max(best, 2.0 * size**3 / seconds)
    return best


def median_s(call: Callable[[], Any], n_calls: int) -> float:
    """Return the median time of a call that is repeated for up to a few seconds, the first one left out.

    It is this thread's own time, in which a session of one thread runs, so that other programs do not count.
    """
    call()
    times: list[float] = []
    while len(times) < n_calls and sum(times) < _LONGEST_S:
        started = time.thread_time()
        call()
        times.append(time.thread_time() - started)
    return float(np.median(times))
