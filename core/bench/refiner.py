"""The refiner with nothing beside it, one pose at a time and in batches."""

import time

import numpy as np

from core.bench.clip import Bench, Figures
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray
from core.refinement.onnx_session import CPU

_CALLS, _BATCH = 2000, 1024
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)


def people(n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (n, 17, 3) poses, (n, 17) visibility, (n, 17, 2) pixels that nobody has."""
    poses = np.random.default_rng(0).normal(0.0, 0.3, (n, N_JOINTS, 3)).astype(np.float32)
    return poses, np.ones((n, N_JOINTS), np.float32), poses[..., :2] * 300


def refiner_alone(bench: Bench) -> Figures:
    """Time the refiner: one pose at a time, and per pose in batches of growing size."""
    poses, seen, flat = people(_BATCH)
    times = []
    for i in range(bench.warm_up + bench.scaled(_CALLS, 20)):
        k = i % _BATCH
        started = time.perf_counter()
        bench.refiner.refine(poses[k], seen[k], flat[k])
        times.append(time.perf_counter() - started)
    us = np.array(times[bench.warm_up :]) * 1e6
    per_pose = {n: batch_seconds(bench, n) / n * 1e6 for n in BATCHES if n <= bench.scaled(max(BATCHES))}
    return {
        "p50_us": float(np.percentile(us, 50)),
        "p99_us": float(np.percentile(us, 99)),
        "us_per_pose_in_batch": {str(n): value for n, value in per_pose.items()},
        "batch_1024_poses_per_s": 1e6 / per_pose.get(_BATCH, float("nan")),
        "provider": bench.refiner.provider,
    }


def batch_seconds(bench: Bench, n: int) -> float:
    """Return the shortest time of a few calls with n poses.

    On the CPU it is this thread's own time, in which the whole session runs, so that other programs do not count.
    """
    clock = time.thread_time if bench.refiner.provider == CPU else time.perf_counter
    arrays = people(n)
    bench.refiner.refine_batch(*arrays)
    best = float("inf")
    for _ in range(max(bench.rounds, 64 // n)):
        started = clock()
        bench.refiner.refine_batch(*arrays)
        best = min(best, clock() - started)
    return best
