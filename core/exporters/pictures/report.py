"""The report of one sequence as a picture: viewpoint, bone-length CV and, with truth, error over time."""

import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from core.pose.bone_lengths import rolling_variation
from core.pose.metrics import bone_cv, bone_lengths, masked_mean
from core.pose.palette import RAW, REFINED, TRUTH, hex_colour
from core.pose.seen import joints_of, seen_landmarks
from core.pose.skeleton import BONES, COCO_NAMES
from core.pose.types import FloatArray
from core.sequence.pose_sequence import PoseSequence
from core.sequence.truth import Truth, errors_mm, figures
from core.system.files.atomic import atomic_path
from core.system.files.names import for_plot

_RAW, _REFINED, _TRUTH = hex_colour(RAW), hex_colour(REFINED), hex_colour(TRUTH)
_TITLE_LETTERS = 110
_SIDES = {0: "front", 90: "its right", 180: "behind", 270: "its left"}


def save_report(sequence: PoseSequence, path: Path, truth: Truth | None = None) -> None:
    """Write the report as PNG, atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    n_panels = 3 if truth is None else 4
    figure = Figure(figsize=(10, 2.1 * n_panels + 0.8), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(n_panels, 1, sharex=True)
    figure.suptitle(_title(sequence), fontsize=12)
    _draw_azimuth(axes[0], sequence, truth)
    _draw_elevation(axes[1], sequence, truth)
    _draw_bone_cv(axes[2], sequence)
    if truth is not None:
        _draw_error(axes[3], sequence, truth)
    axes[-1].set_xlabel("time, s")
    for ax in axes:
        ax.grid(True, alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
        ax.margins(x=0.01)
    figure.align_ylabels(axes)
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # not every script is in the font: boxes
        canvas.print_png(str(temporary))


def unwrap_deg(angles_deg: FloatArray) -> FloatArray:
    """Return (T,) angles without jumps at 0/360, each piece starting in [0, 360); NaN stays NaN."""
    result = np.array(angles_deg, dtype=float)
    known = np.isfinite(result)
    result[known] = np.unwrap(result[known], period=360.0)
    return result


def _title(sequence: PoseSequence) -> str:
    name = for_plot(str(sequence.meta.get("source", "")))
    found = f"{int(sequence.is_found.sum())} of {len(sequence)} frames with a person"
    partial = ", interrupted" if sequence.meta.get("partial") else ""
    seen = seen_landmarks(sequence.landmarks_px, sequence.visibility, sequence.image_size)
    never = np.flatnonzero(~joints_of(seen)[sequence.is_found].any(axis=0)) if sequence.is_found.any() else ()
    unseen = f"; never seen: {', '.join(COCO_NAMES[i].replace('_', ' ') for i in never)}" if len(never) else ""
    return textwrap.fill(f"{name}: {found}{partial}{unseen}" if name else f"{found}{partial}{unseen}", _TITLE_LETTERS)


def _draw_azimuth(ax: Any, sequence: PoseSequence, truth: Truth | None) -> None:
    azimuth = sequence.angles_deg[0]
    predicted = unwrap_deg(azimuth)
    if truth is not None:
        # the prediction is drawn on the truth's turn, so that what is seen between them is the error
        true = unwrap_deg(truth.azimuth_deg)
        error = (azimuth - truth.azimuth_deg + 180.0) % 360.0 - 180.0
        predicted = np.where(np.isfinite(true), true + error, predicted)
        ax.plot(sequence.time_s, true, color=_TRUTH, lw=1.2, ls="--", label="truth", zorder=3)
    _plot(ax, sequence, predicted, _REFINED, "predicted")
    ax.set_ylabel("azimuth, °")
    low, high = ax.get_ylim()
    if high - low < 60:
        ax.set_ylim((low + high) / 2 - 30, (low + high) / 2 + 30)
        ax.yaxis.set_major_locator(MultipleLocator(15))
    else:
        ax.yaxis.set_major_locator(MultipleLocator(180 if high - low > 540 else 90 if high - low > 150 else 45))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _side(value)))


def _side(angle_deg: float) -> str:
    angle = round(angle_deg) % 360
    return f"{_SIDES[angle]} {angle}" if angle in _SIDES else str(angle)


def _draw_elevation(ax: Any, sequence: PoseSequence, truth: Truth | None) -> None:
    if truth is not None:
        ax.plot(sequence.time_s, truth.elevation_deg, color=_TRUTH, lw=1.2, ls="--", label="truth", zorder=3)
    _plot(ax, sequence, sequence.angles_deg[1], _REFINED, "predicted")
    ax.set_ylabel("elevation, °")
    low, high = ax.get_ylim()
    if high - low < 30:
        ax.set_ylim((low + high) / 2 - 15, (low + high) / 2 + 15)


def _draw_bone_cv(ax: Any, sequence: PoseSequence) -> None:
    seen = joints_of(seen_landmarks(sequence.landmarks_px, sequence.visibility, sequence.image_size))
    for joints, colour, name in ((sequence.raw_m, _RAW, "raw"), (sequence.joints_m, _REFINED, "refined")):
        lengths = np.where(seen[:, BONES].all(axis=2), bone_lengths(joints.astype(float)), np.nan)
        label = f"{name}: {masked_mean(bone_cv(lengths)) * 100:.1f} % overall"
        _plot(ax, sequence, rolling_variation(sequence.time_s, lengths) * 100, colour, label)
    ax.set_ylabel("bone-length CV, %")
    ax.set_ylim(bottom=0)


def _draw_error(ax: Any, sequence: PoseSequence, truth: Truth) -> None:
    for joints, colour, name in ((sequence.raw_m, _RAW, "raw"), (sequence.joints_m, _REFINED, "refined")):
        overall = figures(joints, truth)
        label = f"{name}: {overall.mpjpe_mm:.0f} mm mean,\n  {overall.depth_mm:.0f} mm in depth"
        _plot(ax, sequence, errors_mm(joints, truth), colour, label)
    ax.set_ylabel("error, mm")
    ax.set_ylim(bottom=0)


def _plot(ax: Any, sequence: PoseSequence, values: FloatArray, colour: str, label: str) -> None:
    # a lone value between gaps makes no line
    known = np.isfinite(values)
    is_alone = known & ~np.r_[False, known[:-1]] & ~np.r_[known[1:], False]
    ax.plot(sequence.time_s, values, color=colour, lw=1.6, label=label)
    ax.plot(sequence.time_s[is_alone], values[is_alone], ".", color=colour)
