"""A look at a set of pairs: a table in the terminal and a picture, before hours of training are spent on it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.table import Table

from core.pose.metrics import masked_mean
from core.pose.skeleton import COCO_NAMES
from core.pose.types import FloatArray
from core.system.files.atomic import atomic_path
from models.evaluation.pair_facts import PairFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_WORST: Final = 10
_BIN_DEG: Final = 30
_SPLIT_COLOURS: Final = {"train": "#4477aa", "val": "#ccbb44", "test": "#ee6677"}
_OTHER_COLOUR: Final = "#888888"


def summary_table(facts: Sequence[PairFacts]) -> Table:
    """Return a row per split: counts, MediaPipe's errors, frames with sides exchanged, bone-length CV of the truth."""
    table = Table(title="Pairs, and MediaPipe's errors in mm", title_justify="left")
    table.add_column("split")
    for column in ("files", "frames", "truth", "subjects", "clips", "MPJPE", "depth", "swapped", "true CV"):
        table.add_column(column, justify="right")
    for split, group in [*_by_split(facts).items(), ("all", list(facts))]:
        error, depth = _joined(group, "error_mm"), _joined(group, "depth_mm")
        swapped = masked_mean([f.swapped_share for f in group])
        table.add_row(
            split,
            str(len(group)),
            f"{sum(f.n_frames for f in group):,}",
            f"{np.isfinite(error).sum():,}",
            *(str(len({str(f.meta.get(key)) for f in group})) for key in ("subject", "sequence")),
            f"{masked_mean(error):.1f}",
            f"{masked_mean(depth):.1f}",
            f"{swapped:.1%}",
            f"{masked_mean([f.truth_bone_cv for f in group]):.1%}",
        )
    return table


def worst_frames(facts: Sequence[PairFacts], n: int = N_WORST, apart: int = 1) -> list[tuple[float, str, int]]:
    """Return the frames with the largest raw MPJPE: (mm, file name, frame_index), worst first.

    Args:
        facts: Of the files to search.
        n: How many at most.
        apart: Least distance of two frames of a file, so that one bad second does not fill the list.
    """
    candidates: list[tuple[float, str, int]] = []
    for f in facts:
        taken: list[int] = []
        known = np.flatnonzero(np.isfinite(f.error_mm))
        for row in known[np.argsort(f.error_mm[known])[::-1]]:
            frame = int(f.frame_index[row])
            if all(abs(frame - other) >= apart for other in taken):
                taken.append(frame)
                candidates.append((float(f.error_mm[row]), f.path.name, frame))
            if len(taken) == n:
                break
    return sorted(candidates, reverse=True)[:n]


def draw_report(facts: Sequence[PairFacts], target: Path) -> None:
    """Write the picture: counts, viewpoints, errors per joint and per azimuth, visibility, worst frames.

    Raises:
        OutputError: It cannot be written.
    """
    # a figure of its own instead of pyplot: no display is needed and no global state is touched
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 10), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(3, 3)
    _draw_counts(axes[0, 0], facts)
    _draw_azimuth(axes[0, 1], facts)
    _draw_elevation(axes[0, 2], facts)
    _draw_per_joint(axes[1, 0], facts)
    _draw_per_azimuth(axes[1, 1], facts)
    _draw_errors(axes[1, 2], facts)
    _draw_visibility(axes[2, 0], facts)
    _draw_missing(axes[2, 1], facts)
    _draw_worst(axes[2, 2], facts)
    n_frames = sum(f.n_frames for f in facts)
    figure.suptitle(f"{len(facts):,} pair files, {n_frames:,} frames: MediaPipe against the truth")
    with atomic_path(target) as temporary:
        figure.savefig(temporary, dpi=100)


def _by_split(facts: Sequence[PairFacts]) -> dict[str, list[PairFacts]]:
    groups: dict[str, list[PairFacts]] = defaultdict(list)
    for f in facts:
        groups[f.split].append(f)
    known = [name for name in _SPLIT_COLOURS if name in groups]
    return {name: groups[name] for name in [*known, *sorted(groups.keys() - set(known))]}


def _joined(facts: Sequence[PairFacts], name: str) -> FloatArray:
    return np.concatenate([getattr(f, name) for f in facts]) if facts else np.zeros(0)


def _draw_counts(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    groups = _by_split(facts)
    frames = [sum(f.n_frames for f in group) for group in groups.values()]
    bars = axes.bar(list(groups), frames, color=[_SPLIT_COLOURS.get(name, _OTHER_COLOUR) for name in groups])
    axes.bar_label(bars, [f"{n:,}\n{len(group)} files" for n, group in zip(frames, groups.values(), strict=True)])
    axes.set(title="Frames per split", ylabel="frames")
    axes.margins(y=0.2)


def _draw_stacked(axes: "Axes", facts: Sequence[PairFacts], name: str, edges: FloatArray) -> None:
    groups = _by_split(facts)
    values = [v[np.isfinite(v)] for v in (_joined(group, name) for group in groups.values())]
    colours = [_SPLIT_COLOURS.get(split, _OTHER_COLOUR) for split in groups]
    axes.hist(values, edges.tolist(), stacked=True, color=colours, label=list(groups))
    axes.set_ylabel("frames")
    axes.legend()


def _draw_azimuth(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    _draw_stacked(axes, facts, "azimuth_deg", np.arange(0.0, 361.0, 15.0))
    axes.set(title="Azimuth of the camera", xlabel="degrees; 0 in front, 90 at the subject's right")
    axes.set_xticks(range(0, 361, 90))


def _draw_elevation(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    _draw_stacked(axes, facts, "elevation_deg", np.arange(-90.0, 91.0, 5.0))
    axes.set(title="Elevation of the camera", xlabel="degrees above the pelvis")


def mean_joint_depth_mm(facts: Sequence[PairFacts]) -> FloatArray:
    """Return (17,) MediaPipe's mean |depth| error of each joint, files weighted by their frames with truth."""
    weights = np.array([np.isfinite(f.error_mm).sum() for f in facts], dtype=float)
    errors = np.array([f.joint_depth_mm for f in facts])
    known = np.isfinite(errors) * weights[:, None]
    return np.asarray(np.nansum(errors * known, axis=0) / np.maximum(known.sum(axis=0), 1))


def _draw_per_joint(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    names = [name.replace("_", " ") for name in COCO_NAMES]
    axes.barh(names, mean_joint_depth_mm(facts), color=_OTHER_COLOUR)
    axes.invert_yaxis()
    axes.set(title="MediaPipe's |depth| error per joint", xlabel="mm")


def _draw_per_azimuth(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    azimuth, depth = _joined(facts, "azimuth_deg"), _joined(facts, "depth_mm")
    starts = np.arange(0, 360, _BIN_DEG)
    means = [masked_mean(depth[(azimuth >= start) & (azimuth < start + _BIN_DEG)]) for start in starts]
    axes.bar(starts + _BIN_DEG / 2, means, width=0.9 * _BIN_DEG, color=_OTHER_COLOUR)
    axes.set(title="MediaPipe's |depth| error per azimuth", xlabel="degrees", ylabel="mm", xlim=(0, 360))
    axes.set_xticks(range(0, 361, 90))


def _draw_errors(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    edges = np.arange(0, 501, 10)
    for name, label in (("error_mm", "MPJPE"), ("depth_mm", "|depth|"), ("sideways_mm", "across the ray")):
        values = _joined(facts, name)
        values = np.clip(values[np.isfinite(values)], None, edges[-1])
        axes.hist(values, edges.tolist(), histtype="step", label=f"{label}, mean {masked_mean(values):.0f} mm")
    axes.set(title="MediaPipe's error per frame", xlabel="mm (last bin: all above)", ylabel="frames")
    axes.legend()


def _draw_visibility(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    counts = np.sum([f.visibility_counts for f in facts], axis=0)
    axes.bar(np.linspace(0.025, 0.975, 20), counts / max(counts.sum(), 1), width=0.045, color=_OTHER_COLOUR)
    axes.set(title="Visibility of the joints", xlabel="visibility", ylabel="share")


def _draw_missing(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    weights = np.array([f.n_frames for f in facts], dtype=float)
    names = list(facts[0].nan_shares)
    shares = [
        100 * np.average([f.nan_shares[name] for f in facts], weights=np.maximum(weights, 1e-9)) for name in names
    ]
    bars = axes.barh([name.replace("_", " ") for name in names], shares, color=_OTHER_COLOUR)
    axes.bar_label(bars, [f"{share:.1f} %" for share in shares], padding=3)
    axes.invert_yaxis()
    axes.set(title="Missing values (NaN)", xlabel="%", xlim=(0, max(1.0, 1.25 * max(shares))))


def _draw_worst(axes: "Axes", facts: Sequence[PairFacts]) -> None:
    axes.set_title("Worst frames of MediaPipe")
    axes.axis("off")
    lines = [f"{error:5.0f} mm  {name} frame {frame}" for error, name, frame in worst_frames(facts)]
    axes.text(0, 1, "\n".join(lines), family="monospace", fontsize=9, va="top", transform=axes.transAxes)
