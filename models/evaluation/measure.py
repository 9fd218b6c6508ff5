"""How good a refiner is on pair files, against MediaPipe itself.

Each file is one time-ordered stream. A refiner sees MediaPipe's joints, their visibility and their pixels, in order,
and never the truth, the camera or `K`. Twelve body joints are scored, hip-centred, in the view-ray frame; where the
truth knows no hips, all are centred on the middle of the shoulders. Joint
metrics are means over a stream, then over streams weighted by their frames; viewpoint figures go over all frames.

Must not import torch: whoever has an exported refiner can evaluate it.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from core.errors import DataError, ModelError
from core.pose import metrics
from core.pose.geometry import azimuth_elevation, level_viewpoint_direction, on_known_root
from core.pose.skeleton import BODY, COCO_NAMES
from core.pose.types import FloatArray
from core.refinement.mirrored import MirroredRefiner
from core.refinement.refiner import DepthRefiner, Refinement
from core.sequence.pairs import Pairs, load_pairs
from core.system.files.atomic import write_text

_MM: Final = 1000.0
N_AZIMUTH_BINS: Final = 12
JOINT_METRICS: Final = (
    "mpjpe_mm", "depth_mm", "pa_mpjpe_mm", "n_mpjpe_mm", "bone_cv", "bone_bias_pct", "accel_mm", "worse_2cm_pct",
)  # fmt: skip
UNCERTAINTY_METRICS: Final = ("within_1_sigma_pct", "within_2_sigma_pct")
VIEWPOINT_METRICS: Final = ("azimuth_median_deg", "azimuth_p95_deg", "azimuth_flip_pct", "elevation_median_deg")


class Refines(Protocol):
    """What is evaluated: `core.refinement.refiner.DepthRefiner`, or a baseline."""

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the refinement of N poses of one stream, in order."""


@runtime_checkable
class RefinesStreams(Protocol):
    """A refiner that looks back by itself, given all poses of a stream at once."""

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """Return the refinement of N poses in the order of time, none of which sees the future."""


@runtime_checkable
class Remembers(Protocol):
    """A refiner with memory: fed one frame after the other, told when a stream begins."""

    def reset(self) -> None:
        """Forget the past."""

    def refine(
        self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None, *, time_s: float
    ) -> Refinement:
        """Return the refinement of the next pose."""


Measured = Refines | RefinesStreams | Remembers
"""Whatever can be measured."""


@dataclass(frozen=True)
class Stream:
    """One evaluated file; frames without any body joint to score are gone.

    Attributes:
        raw: (N, 17, 3) metres, about the root that the truth knows: mid-hip, or the middle of the shoulders.
        refined: (N, 17, 3).
        truth: (N, 17, 3); NaN = unknown.
        frame_index: (N,).
        azimuth_deg: (N,) true; NaN = unknown.
        elevation_deg: (N,).
        direction: (N, 3) the refiner's camera direction, subject frame.
        uncertainty_m: (N, 17) the standard deviation of the depth error that it expects; NaN = it does not say.
    """

    raw: FloatArray
    refined: FloatArray
    truth: FloatArray
    frame_index: npt.NDArray[np.integer]
    azimuth_deg: FloatArray
    elevation_deg: FloatArray
    direction: FloatArray
    uncertainty_m: FloatArray

    def __len__(self) -> int:
        return len(self.raw)


def evaluate_pairs(
    files: Sequence[Path],
    refiner: Measured,
    on_file: Callable[[Path], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure a refiner on pair files.

    Args:
        files: Pair files, one stream each.
        refiner: What to measure; reset at the start of each file if it has a memory; it tells gaps from the times.
        on_file: Told each file before it is read.

    Returns:
        n_frames, raw, refined, viewpoint, viewpoint_raw, uncertainty, per_joint, per_azimuth_bin; NaN where nothing
        could be measured. `write_result` turns NaN into null.

    Raises:
        DataError: A file is damaged, or no file holds a frame with truth.
        ModelError: The refiner gives no joints for a pose that it was given.
    """
    streams = []
    for path in files:
        on_file(path)
        stream = run_stream(load_pairs(path), refiner, str(path))
        if len(stream):
            streams.append(stream)
    if not streams:
        raise DataError(
            f"None of the {len(files)} pair files holds a frame with both a pose and ground truth for a body joint; "
            "there is nothing to measure."
        )
    return summarise(streams)


def run_stream(pairs: Pairs, refiner: Measured, name: str = "stream") -> Stream:
    """Run the refiner causally through one stream and keep the frames that can be scored.

    Raises:
        ModelError: The refiner gives no joints for a pose that it was given.
    """
    has_pose = np.asarray(np.isfinite(pairs.corrupted).all(axis=(1, 2)))
    refinement = refine_pairs(pairs, refiner, name)
    refined = refinement.joints_m
    lost = has_pose & ~np.asarray(np.isfinite(refined[:, BODY]).all(axis=(1, 2)))
    if lost.any():
        raise ModelError(f"The refiner gives no joints for {lost.sum()} of {len(lost)} poses of {name}.")
    _, raw = on_known_root(pairs.ground_truth, pairs.corrupted)
    truth, refined = on_known_root(pairs.ground_truth, refined)
    scored = has_pose & np.asarray(np.isfinite(truth[:, BODY]).all(axis=2)).any(axis=1)
    return Stream(
        raw=raw[scored].astype(float),
        refined=refined[scored].astype(float),
        truth=truth[scored].astype(float),
        frame_index=pairs.frame_index[scored],
        azimuth_deg=pairs.azimuth[scored],
        elevation_deg=pairs.elevation[scored],
        direction=np.asarray(refinement.direction, dtype=float)[scored],
        uncertainty_m=np.asarray(refinement.uncertainty_m, dtype=float)[scored],
    )


def refine_pairs(pairs: Pairs, refiner: Measured, name: str = "stream") -> Refinement:
    """Run the refiner causally through one stream; a row for each frame.

    Raises:
        DataError: A refiner with memory is given frames that are not in the order of time.
    """
    if isinstance(refiner, DepthRefiner) and pairs.meta.get("mirrored"):
        refiner = MirroredRefiner(refiner)
    if isinstance(refiner, RefinesStreams):
        return refiner.refine_stream(
            pairs.corrupted, pairs.visibility, pairs.pose_2d, time_s=np.nan_to_num(pairs.timestamp_s)
        )
    if not isinstance(refiner, Remembers):
        return refiner.refine_batch(pairs.corrupted, pairs.visibility, pairs.pose_2d)
    step = np.diff(pairs.frame_index)
    if (step <= 0).any():
        raise DataError(f"{name}: frame_index does not rise, so it is not one stream in the order of time.")
    results = []
    for t in range(len(pairs)):
        if t == 0:
            refiner.reset()
        now = float(pairs.timestamp_s[t])
        results.append(refiner.refine(pairs.corrupted[t], pairs.visibility[t], pairs.pose_2d[t], time_s=now))
    return Refinement(
        np.stack([r.joints_m for r in results]),
        np.stack([r.direction for r in results]),
        np.stack([r.uncertainty_m for r in results]),
    )


def summarise(streams: Sequence[Stream]) -> dict[str, Any]:
    """Return the result of `evaluate_pairs` for streams that have been run."""
    raw_direction = [level_viewpoint_direction(s.raw) for s in streams]
    return {
        "n_frames": sum(len(s) for s in streams),
        "raw": _weighted([(len(s), _joint_metrics(s, s.raw)) for s in streams]),
        "refined": _weighted([(len(s), _joint_metrics(s, s.refined)) for s in streams]),
        "viewpoint": _viewpoint_metrics(streams, [s.direction for s in streams]),
        "viewpoint_raw": _viewpoint_metrics(streams, raw_direction),
        "uncertainty": _coverage(streams),
        "per_joint": _per_joint(streams),
        "per_azimuth_bin": _per_azimuth_bin(streams),
    }


def _joint_metrics(stream: Stream, joints: FloatArray) -> dict[str, float]:
    """Return JOINT_METRICS of one stream."""
    body, truth = joints[:, BODY], stream.truth[:, BODY]
    error = metrics.mpjpe(body, truth)
    raw_error = metrics.mpjpe(stream.raw[:, BODY], truth)
    true_lengths = metrics.bone_lengths(stream.truth)
    lengths = np.where(np.isfinite(true_lengths), metrics.bone_lengths(joints), np.nan)
    values = (
        _MM * metrics.masked_mean(error),
        _MM * metrics.masked_mean(metrics.depth_error(body, truth)),
        _MM * metrics.masked_mean(metrics.pa_mpjpe(body, truth)),
        _MM * metrics.masked_mean(metrics.n_mpjpe(body, truth)),
        metrics.masked_mean(metrics.bone_cv(lengths)),
        100 * metrics.masked_mean(metrics.bone_bias(lengths, true_lengths)),
        _MM * metrics.masked_mean(metrics.acceleration_error(body, truth, stream.frame_index)),
        100 * metrics.worse_share(raw_error, error),
    )
    return {name: float(np.asarray(value)) for name, value in zip(JOINT_METRICS, values, strict=True)}


def _weighted(streams: Iterable[tuple[int, dict[str, float]]]) -> dict[str, float]:
    """Return the mean of each value over streams, weighted by frames; a stream where it is NaN does not count."""
    rows = list(streams)
    result = {}
    for name in JOINT_METRICS:
        known = [(n, values[name]) for n, values in rows if math.isfinite(values[name])]
        weight = sum(n for n, _ in known)
        result[name] = sum(n * value for n, value in known) / weight if weight else math.nan
    return result


def _viewpoint_metrics(streams: Sequence[Stream], directions: Sequence[FloatArray]) -> dict[str, float]:
    azimuth, elevation = azimuth_elevation(np.concatenate(directions))
    true_azimuth = np.concatenate([s.azimuth_deg for s in streams])
    true_elevation = np.concatenate([s.elevation_deg for s in streams])
    error = metrics.azimuth_error_deg(np.rad2deg(azimuth), true_azimuth)
    elevation_error = np.abs(np.rad2deg(elevation) - true_elevation)
    values = (
        _percentile(error, 50), _percentile(error, 95), 100 * metrics.flip_share(error),
        _percentile(elevation_error, 50),
    )  # fmt: skip
    return dict(zip(VIEWPOINT_METRICS, values, strict=True))


def _percentile(values: FloatArray, percent: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else math.nan


def _coverage(streams: Sequence[Stream]) -> dict[str, float]:
    """Return how often a body joint's depth error is within one and two of the standard deviations expected for it.

    For errors as the loss assumes them, of a Laplace distribution, 75.7 % and 94.1 %: 1 - exp(-sqrt(2) k).
    """
    error = np.concatenate([np.abs(s.refined - s.truth)[:, BODY, 2] for s in streams])
    sigma = np.concatenate([s.uncertainty_m for s in streams])[:, BODY]
    known = np.isfinite(error) & np.isfinite(sigma)
    shares = (float(np.mean(error[known] <= k * sigma[known])) if known.any() else math.nan for k in (1.0, 2.0))
    return {name: 100 * share for name, share in zip(UNCERTAINTY_METRICS, shares, strict=True)}


def _per_joint(streams: Sequence[Stream]) -> dict[str, Any]:
    """Return the errors of all 17 joints; the face is here and in no other figure."""
    truth = np.concatenate([s.truth for s in streams])
    table: dict[str, Any] = {
        name: {"n_frames": int(n)}
        for name, n in zip(COCO_NAMES, np.isfinite(truth).all(axis=2).sum(axis=0), strict=True)
    }
    for kind in ("raw", "refined"):
        difference = np.concatenate([getattr(s, kind) for s in streams]) - truth
        rows = {
            "mpjpe_mm": metrics.masked_mean(np.linalg.norm(difference, axis=2), axis=0),
            "depth_mm": metrics.masked_mean(np.abs(difference[..., 2]), axis=0),
            "signed_depth_mm": metrics.masked_mean(difference[..., 2], axis=0),
        }
        for joint, name in enumerate(COCO_NAMES):
            table[name][kind] = {key: _MM * float(value[joint]) for key, value in rows.items()}
    return table


def _per_azimuth_bin(streams: Sequence[Stream]) -> dict[str, Any]:
    """Return the errors over frames by where the camera truly was, in bins of 30 degrees from 0."""
    width = 360 / N_AZIMUTH_BINS
    azimuth = np.concatenate([s.azimuth_deg for s in streams]) % 360.0
    number = np.where(np.isfinite(azimuth), np.nan_to_num(azimuth) // width, -1)
    truth = np.concatenate([s.truth[:, BODY] for s in streams])
    errors: dict[str, dict[str, FloatArray]] = {}
    for kind in ("raw", "refined"):
        joints = np.concatenate([getattr(s, kind)[:, BODY] for s in streams])
        errors[kind] = {"mpjpe_mm": metrics.mpjpe(joints, truth), "depth_mm": metrics.depth_error(joints, truth)}
    table = {}
    for index in range(N_AZIMUTH_BINS):
        inside = number == index
        table[f"{index * width:.0f}-{(index + 1) * width:.0f}"] = {
            "n_frames": int(inside.sum()),
            **{
                kind: {key: _MM * float(metrics.masked_mean(value[inside])) for key, value in values.items()}
                for kind, values in errors.items()
            },
        }
    return table


def write_result(path: Path, result: dict[str, Any]) -> None:
    """Write a result as JSON, atomically; what could not be measured (NaN) is null.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, json.dumps(_without_nan(result), indent=1, allow_nan=False) + "\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
