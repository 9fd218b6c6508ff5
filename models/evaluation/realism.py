"""MediaPipe's errors on one set of pairs beside those on another: whether rendered people are as hard as real ones.

The error is MediaPipe minus truth, hip-centred, in the view-ray frame; depth positive away from the camera. Bias is
its mean and spread its standard deviation about that mean, over frames. Joints without truth are left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.geometry import on_known_root
from core.pose.metrics import masked_mean
from core.pose.skeleton import BODY, COCO_NAMES
from core.pose.types import FloatArray
from core.sequence.pairs import load_pairs
from core.system.files.atomic import write_text

N_BINS: Final = 12
BIN_NAMES: Final = tuple(f"{360 * i // N_BINS}-{360 * (i + 1) // N_BINS}" for i in range(N_BINS))
JOINT_NAMES: Final = tuple(COCO_NAMES[joint].replace("_", " ") for joint in BODY)
_MM: Final = 1000.0
_FEWEST_FRAMES: Final = 10  # in a bin, for its figures to be shown
_LEGEND: Final = (
    "MediaPipe's error on {a} and on {b}, in mm: hip-centred, view-ray frame, depth positive away from the camera; "
    "bias: mean, spread: standard deviation about it, depth: mean absolute error of depth, across: mean error across "
    "the view ray. In each cell {a} / {b}."
)


@dataclass(frozen=True)
class Errors:
    """MediaPipe's errors on a set of pairs.

    Attributes:
        name: As shown.
        difference_mm: (N, 12, 3) error of the body joints; NaN where there is no truth.
        azimuth_bin: (N,) number of the bin of 30 degrees that the camera truly was in; -1 = unknown.
    """

    name: str
    difference_mm: FloatArray
    azimuth_bin: npt.NDArray[np.integer]

    def where(self, azimuth_bin: int) -> "Errors":
        """Return the frames of one bin."""
        inside = self.azimuth_bin == azimuth_bin
        return Errors(self.name, self.difference_mm[inside], self.azimuth_bin[inside])

    def bin_counts(self) -> npt.NDArray[np.integer]:
        """Return the (12,) frames in each azimuth bin."""
        return np.bincount(self.azimuth_bin[self.azimuth_bin >= 0], minlength=N_BINS)

    def bias_mm(self) -> FloatArray:
        """Return the (12,) mean depth error of each joint."""
        return masked_mean(self.difference_mm[..., 2], axis=0)

    def spread_mm(self) -> FloatArray:
        """Return the (12,) standard deviation of the depth error of each joint."""
        return np.sqrt(masked_mean((self.difference_mm[..., 2] - self.bias_mm()) ** 2, axis=0))

    def depth_mm(self) -> FloatArray:
        """Return the (N, 12) absolute depth error."""
        return np.abs(self.difference_mm[..., 2])

    def across_mm(self) -> FloatArray:
        """Return the (N, 12) error across the view ray."""
        return np.asarray(np.linalg.norm(self.difference_mm[..., :2], axis=-1))

    def mpjpe_mm(self) -> FloatArray:
        """Return the (N, 12) distance."""
        return np.asarray(np.linalg.norm(self.difference_mm, axis=-1))


def errors_of_pairs(files: Sequence[Path], name: str) -> Errors:
    """Read MediaPipe's errors.

    Raises:
        DataError: A file is damaged, or no frame has both a pose and truth.
    """
    differences, bins = [], []
    for path in files:
        pairs = load_pairs(path)
        raw, truth = pairs.corrupted.astype(float), pairs.ground_truth.astype(float)
        truth, raw = on_known_root(truth, raw)
        difference = (raw - truth)[:, BODY]
        known = np.asarray(np.isfinite(difference).all(axis=2)).any(axis=1)
        azimuth = pairs.azimuth[known].astype(float)
        number = np.where(np.isfinite(azimuth), np.nan_to_num(azimuth) % 360 // (360 / N_BINS), -1)
        differences.append(_MM * difference[known])
        bins.append(number.astype(int))
    if not sum(map(len, bins)):
        raise DataError(f"No frame of {name} has both a pose and the truth of a body joint; there is no error to see.")
    return Errors(name, np.concatenate(differences), np.concatenate(bins))


def matched_mean(values: FloatArray, of: Errors, like: Errors) -> float:
    """Return the mean of (N, ...) values of `of` as if its cameras stood around people as those of `like` do.

    Bins that `of` lacks do not count; NaN if it lacks all.
    """
    weights = like.bin_counts() / max(like.bin_counts().sum(), 1)
    means = np.array([masked_mean(values[of.azimuth_bin == number]) for number in range(N_BINS)])
    known = np.isfinite(means) & (weights > 0)
    return float((means[known] * weights[known]).sum() / weights[known].sum()) if known.any() else float("nan")


def write_realism(path: Path, a: Errors, b: Errors, command: str) -> None:
    """Write the comparison as Markdown: in all, per joint, per azimuth, and the bias of each joint per azimuth.

    Raises:
        OutputError: The file cannot be written.
    """
    parts = [
        f"# MediaPipe's errors: {a.name} and {b.name}",
        _LEGEND.format(a=a.name, b=b.name),
        _table(("", "frames", "MPJPE", "depth", "across"), overall_rows(a, b)),
        "## Per joint",
        _table(("", "bias", "spread", "depth", "across"), joint_rows(a, b)),
        "## Per azimuth of the camera",
        _table(("degrees", "frames", "MPJPE", "depth", "bias", "spread"), azimuth_rows(a, b)),
        "## Depth bias of each joint per azimuth",
        _table(("", *BIN_NAMES), bias_rows(a, b)),
        f"Made by `{command}`.",
    ]
    write_text(path, "\n\n".join(parts) + "\n")


def overall_rows(a: Errors, b: Errors) -> list[list[str]]:
    """Return the figures of each set, and those of `a` with the azimuths of `b`."""
    measures = ("mpjpe_mm", "depth_mm", "across_mm")
    rows = [
        [s.name, f"{len(s.azimuth_bin):,}", *(f"{masked_mean(getattr(s, m)()):.1f}" for m in measures)] for s in (a, b)
    ]
    matched = [f"{matched_mean(getattr(a, m)(), a, b):.1f}" for m in measures]
    return [*rows, [f"{a.name}, at the azimuths of {b.name}", "", *matched]]


def joint_rows(a: Errors, b: Errors) -> list[list[str]]:
    """Return bias, spread, depth and across of each body joint."""
    columns = [
        (s.bias_mm(), s.spread_mm(), masked_mean(s.depth_mm(), axis=0), masked_mean(s.across_mm(), axis=0))
        for s in (a, b)
    ]
    return [
        [name, *(_both(x[joint], y[joint]) for x, y in zip(*columns, strict=True))]
        for joint, name in enumerate(JOINT_NAMES)
    ]


def azimuth_rows(a: Errors, b: Errors) -> list[list[str]]:
    """Return the figures over all body joints in each bin; bias and spread are means over joints, bias by size."""
    rows = []
    for number, name in enumerate(BIN_NAMES):
        inside = [s.where(number) for s in (a, b)]
        counts = " / ".join(f"{len(s.azimuth_bin):,}" for s in inside)
        values = [
            (
                masked_mean(s.mpjpe_mm()), masked_mean(s.depth_mm()),
                masked_mean(np.abs(s.bias_mm())), masked_mean(s.spread_mm()),
            )
            if len(s.azimuth_bin) >= _FEWEST_FRAMES else [np.nan] * 4
            for s in inside
        ]  # fmt: skip
        rows.append([name, counts, *(_both(x, y) for x, y in zip(*values, strict=True))])
    return rows


def bias_rows(a: Errors, b: Errors) -> list[list[str]]:
    """Return the depth bias of each joint in each bin."""
    tables = [bias_by_azimuth(s) for s in (a, b)]
    return [
        [name, *(_both(x, y) for x, y in zip(tables[0][joint], tables[1][joint], strict=True))]
        for joint, name in enumerate(JOINT_NAMES)
    ]


def bias_by_azimuth(errors: Errors) -> FloatArray:
    """Return the (12 joints, 12 bins) depth bias, mm; NaN for bins with hardly a frame."""
    return _by_azimuth(errors, Errors.bias_mm)


def spread_by_azimuth(errors: Errors) -> FloatArray:
    """Return the (12 joints, 12 bins) depth spread, mm; NaN for bins with hardly a frame."""
    return _by_azimuth(errors, Errors.spread_mm)


def _by_azimuth(errors: Errors, measure: Callable[[Errors], FloatArray]) -> FloatArray:
    columns = []
    for number in range(N_BINS):
        inside = errors.where(number)
        enough = len(inside.azimuth_bin) >= _FEWEST_FRAMES
        columns.append(measure(inside) if enough else np.full(len(JOINT_NAMES), np.nan))
    return np.stack(columns, axis=1)


def _both(a: float, b: float) -> str:
    return " / ".join(f"{value:.0f}" if np.isfinite(value) else "-" for value in (a, b))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
