"""Several looks at the same frames, each refined by itself and averaged, measured like one."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.detection.looks import Look
from core.errors import DataError
from core.pose.geometry import mid_hip, on_known_root
from core.pose.skeleton import BODY
from core.refinement.fusion import fuse
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs, load_pairs
from models.evaluation.measure import Measured, Stream, refine_pairs, summarise


def look_of(pairs: Pairs) -> str:
    """Return which look a pair file is of: full, heavy-mirrored."""
    return Look(str(pairs.meta.get("pose_variant", "?")), bool(pairs.meta.get("mirrored", False))).name


def evaluate_looks(
    files: Sequence[Path], looks: Sequence[Look], refiner_of: Callable[[str], Measured]
) -> dict[str, Any]:
    """Measure the mean of refined looks, as `evaluate_pairs` measures one; frames that any look saw count.

    Args:
        files: Pair files of all looks; those of one sequence, camera and subject are of the same frames.
        looks: Which ones to average; files of others are left alone.
        refiner_of: MediaPipe variant → what refines it.

    Raises:
        DataError: A file is damaged, or a look is missing.
    """
    recordings: dict[tuple[str, ...], dict[str, Pairs]] = defaultdict(dict)
    wanted = [look.name for look in looks]
    for path in files:
        pairs = load_pairs(path)
        if (look := look_of(pairs)) in wanted:
            claim = tuple(str(pairs.meta.get(key, path.stem)) for key in ("dataset", "subject", "sequence", "camera"))
            recordings[claim][look] = pairs
    streams = []
    for claim, by_look in recordings.items():
        if missing := [name for name in wanted if name not in by_look]:
            raise DataError(f"There are no pairs of the look {', '.join(missing)} for {' '.join(claim)}.")
        streams.append(fused_stream(by_look, refiner_of))
    if not any(map(len, streams)):
        raise DataError(f"No frame of the {len(files)} pair files has a pose of {', '.join(wanted)} and ground truth.")
    return summarise([stream for stream in streams if len(stream)])


def fused_stream(by_look: Mapping[str, Pairs], refiner_of: Callable[[str], Measured]) -> Stream:
    """Refine each look by itself and average those that saw a frame; the truth is that of the first that did."""
    frames = np.unique(np.concatenate([pairs.frame_index for pairs in by_look.values()]))
    n, n_looks = len(frames), len(by_look)
    joints, raw = np.full((n_looks, n, 17, 3), np.nan), np.full((n_looks, n, 17, 3), np.nan)
    direction, sigma = np.full((n_looks, n, 3), np.nan), np.full((n_looks, n, 17), np.nan)
    truth, angles = np.full((n, 17, 3), np.nan), np.full((n, 2), np.nan)
    for number, (name, pairs) in enumerate(by_look.items()):
        rows = np.searchsorted(frames, pairs.frame_index)
        found = refine_pairs(pairs, refiner_of(Look.from_name(name).variant), name)
        joints[number, rows], direction[number, rows], sigma[number, rows] = (
            found.joints_m, found.direction, found.uncertainty_m,
        )  # fmt: skip
        raw[number, rows] = pairs.corrupted - mid_hip(pairs.corrupted)[:, None]
        is_new = np.isnan(truth[rows]).all(axis=(1, 2))
        truth[rows[is_new]] = pairs.ground_truth[is_new]
        angles[rows[is_new]] = np.stack([pairs.azimuth, pairs.elevation], axis=1)[is_new]
    answer = fuse(Refinement(joints, direction, sigma))
    middle = fuse(Refinement(raw, direction, sigma)).joints_m
    _, middle = on_known_root(truth, middle)
    true, refined = on_known_root(truth, answer.joints_m)
    has_truth = np.asarray(np.isfinite(true[:, BODY]).all(axis=2)).any(axis=1)
    scored = np.asarray(np.isfinite(refined).all(axis=(1, 2))) & has_truth
    return Stream(
        raw=middle[scored],
        refined=refined[scored],
        truth=true[scored],
        frame_index=frames[scored],
        azimuth_deg=angles[scored, 0],
        elevation_deg=angles[scored, 1],
        direction=np.asarray(answer.direction, dtype=float)[scored],
        uncertainty_m=np.asarray(answer.uncertainty_m, dtype=float)[scored],
    )
