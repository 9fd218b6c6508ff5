"""Time what Sports2D does with a 2D pose after detection; runs in a Python that has it, and needs nothing of ours.

Usage: sports2d_peer.py POSES.npz ROUNDS, with the arrays `pixels` (T, n_keypoints, 2), `names` and `fps`; prints JSON.
The functions are those that its `process_fun` calls, in its order and with the values of its demo configuration: gaps
up to 100 frames interpolated, Hampel filter, zero-phase Butterworth filter (order 4, 6 Hz), angles, and the same three
steps for the angles. Nearly all of the time is its Hampel filter, a loop in Python over a pandas column, so the time
without it is told too.
"""

import contextlib
import importlib
import importlib.metadata
import json
import statistics
import sys
import time
from functools import partial
from typing import Any

import numpy as np

_LARGEST_GAP = 100
_CONFIG = {"filtering": {"butterworth": {"order": 4, "cut_off_frequency": 6}}}


def _clean(common: Any, filtering: Any, table: Any, fps: float, *, has_hampel: bool) -> Any:
    table = table.apply(common.interpolate_zeros_nans, axis=0, args=[_LARGEST_GAP, "linear"])
    if has_hampel:
        table = table.apply(filtering.hampel_filter, axis=0, args=[round(7 * fps / 30), 2])
    return table.apply(filtering.filter1d, axis=0, args=[_CONFIG, "butterworth", fps])


def main() -> None:
    """Print version, angles per frame, and median microseconds per frame with the Hampel filter and without."""
    with contextlib.redirect_stdout(sys.stderr):
        process = importlib.import_module("Sports2D.process")
        common, filtering = importlib.import_module("Pose2Sim.common"), importlib.import_module("Pose2Sim.filtering")
        pandas = importlib.import_module("pandas")
    with np.load(sys.argv[1]) as archive:
        pixels, names, fps = archive["pixels"], archive["names"].tolist(), float(archive["fps"])
    angles = [name for name, (keypoints, *_) in common.angle_dict.items() if set(keypoints) <= set(names)]
    toes = [names.index(name) for name in ("LBigToe", "LHeel", "RBigToe", "RHeel")]
    ids = list(range(len(names)))
    clean = partial(_clean, common, filtering)

    def work(*, has_hampel: bool) -> float:
        started = time.process_time()
        tables = (pandas.DataFrame(pixels[..., axis]) for axis in (0, 1))
        x, y = (clean(table, fps, has_hampel=has_hampel).to_numpy() for table in tables)
        rows = [
            process.compute_angles_for_person(*xy, "auto", True, ids, names, angles, common.angle_dict, toes)[1]
            for xy in zip(x, y, strict=True)
        ]
        clean(pandas.DataFrame(np.unwrap(np.array(rows), period=180, axis=0)), fps, has_hampel=has_hampel)
        return (time.process_time() - started) / len(pixels) * 1e6

    told = {"version": importlib.metadata.version("sports2d"), "n_angles": len(angles)}
    for name, has_hampel in (("us_per_frame", True), ("us_per_frame_without_hampel", False)):
        told[name] = statistics.median(work(has_hampel=has_hampel) for _ in range(int(sys.argv[2])))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
