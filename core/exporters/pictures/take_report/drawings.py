"""Curves, bands and figures of a report, in matplotlib."""

from typing import Any, Final

import numpy as np

from core.analysis.bands import PERCENT, band, normalised
from core.analysis.measures import title, unit
from core.exporters.pictures.take_report.contents import Contents, Table, sides
from core.pose.palette import LEFT, MIDDLE, RIGHT, edge_colour, hex_colour
from core.pose.skeleton import EDGES, LANDMARK_TO_COCO
from core.pose.types import FloatArray

INK, MUTED, GRID, ACCENT, UNSEEN = "#1d2126", "#5f6873", "#d4d9df", "#008f68", "#e6e8eb"
COLOURS: Final = {"left": "#0072b2", "right": "#d9650a", "": ACCENT}
_FEET: Final = ((27, 29), (29, 31), (27, 31), (28, 30), (30, 32), (28, 32))


def plain(ax: Any) -> None:
    """Take away what is no information."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(GRID)
    ax.tick_params(colors=MUTED, labelsize=8)
    ax.grid(True, color=GRID, lw=0.5, alpha=0.7)
    ax.set_axisbelow(True)


def draw_curve(ax: Any, what: Contents, kind: str, *, has_legend: bool) -> None:
    """Draw a measure over time, left and right, with its repetitions; where it was not seen is grey."""
    series, cycles = what.analysis.series, what.analysis.cycles
    plain(ax)
    for i, cycle in enumerate(cycles.cycles if cycles else ()):
        ax.axvspan(cycle.start_s, cycle.end_s, color=ACCENT, alpha=0.10 if i % 2 else 0.05, lw=0)
        ax.axvline(cycle.start_s, color=ACCENT, lw=0.5, alpha=0.6)
        ax.axvline(cycle.end_s, color=ACCENT, lw=0.5, alpha=0.6)
    values = [series.values[name] for name, _ in sides(kind)]
    if len(series.time_s):
        nothing = ~np.isfinite(values).any(axis=0)
        low, high = series.time_s[0], series.time_s[-1]
        ax.set_xlim(low, max(high, low + 0.1))
        ax.fill_between(
            series.time_s, 0, 1, where=nothing, step="mid", transform=ax.get_xaxis_transform(), color=UNSEEN, lw=0,
            label="not seen" if nothing.any() else None,
        )  # fmt: skip
    for (_, side), curve in zip(sides(kind), values, strict=True):
        ax.plot(series.time_s, curve, color=COLOURS[side], lw=1.3, label=side or None)
    ax.set_title(title(kind), loc="left", fontsize=9, color=INK)
    ax.set_ylabel(unit(sides(kind)[0][0]), color=MUTED, fontsize=8, rotation=0, labelpad=8)
    if has_legend and ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper right", bbox_to_anchor=(1.0, 1.22), ncols=3, frameon=False, fontsize=8, labelcolor=INK)


def draw_band(ax: Any, what: Contents, kind: str) -> None:
    """Draw mean and standard deviation over the course of a repetition, left against right."""
    plain(ax)
    cycles = what.analysis.cycles
    whole = cycles.whole if cycles else ()
    for name, side in sides(kind):
        curves = normalised(what.analysis.series.time_s, what.analysis.series.values[name], whole)
        found = band(curves)
        ax.plot(PERCENT, curves.T, color=COLOURS[side], lw=0.4, alpha=0.35)
        ax.fill_between(PERCENT, found.mean - found.sd, found.mean + found.sd, color=COLOURS[side], alpha=0.22, lw=0)
        ax.plot(PERCENT, found.mean, color=COLOURS[side], lw=1.6, label=f"{side} (n = {found.n})".strip())
    ax.set_xlim(0, 100)
    ax.set_title(f"{title(kind)}, {unit(sides(kind)[0][0])}", loc="left", fontsize=9, color=INK)


def draw_figure(ax: Any, what: Contents, time_s: float, view: str) -> None:
    """Draw the person at a moment, seen from where the camera is or from their right; only what was seen."""
    motion = what.motion
    row = int(np.abs(motion.time_s - time_s).argmin())
    points = motion.points(slice(row, row + 1))[0]
    flat = _from_side(points) if view == "side" else points[:, :2]
    ax.set_axis_off()
    ax.set_aspect("equal")
    if not np.isfinite(flat).any():
        ax.text(0.5, 0.5, "not seen", ha="center", va="center", color=MUTED, fontsize=8, transform=ax.transAxes)
        return
    landmarks = LANDMARK_TO_COCO
    lines = [(landmarks[a], landmarks[b], hex_colour(edge_colour(a, b))) for a, b in EDGES.tolist()]
    lines += [(a, b, hex_colour(LEFT if a % 2 else RIGHT)) for a, b in _FEET]
    for a, b, colour in lines:
        shade = "#8f98a3" if colour == hex_colour(MIDDLE) else colour
        ax.plot(flat[[a, b], 0], flat[[a, b], 1], color=shade, lw=2.4, solid_capstyle="round")
    ax.set_xlim(-0.75, 0.75)
    ax.set_ylim(-1.05, 1.0)


def draw_table(ax: Any, table: Table, *, size: float = 8.0, first: float = 0.15) -> None:
    """Write a table into axes of their own, a line of the page a row."""
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    n_columns = len(table.header)
    step = (1.0 - first) / max(n_columns - 1, 1)
    right = [first + step * i for i in range(1, n_columns)]
    n_lines = len(table.rows) + 2
    ax.set_ylim(n_lines, 0)
    for x, text in zip(right, table.header[1:], strict=True):
        ax.text(x, 0.75, text, ha="right", va="bottom", fontsize=size - 1, color=MUTED, linespacing=1.1)
    ax.axhline(0.95, color=MUTED, lw=0.6)
    for i, row in enumerate(table.rows):
        y = i + 1.5
        weight = "bold" if row[0] == "mean" else "normal"
        ax.text(0.0, y, row[0], va="center", fontsize=size, color=INK, weight=weight)
        for x, text in zip(right, row[1:], strict=True):
            ax.text(x, y, text, ha="right", va="center", fontsize=size, color=INK, weight=weight)
        ax.axhline(i + 2, color=GRID, lw=0.4)


def _from_side(points: FloatArray) -> FloatArray:
    """Return (33, 2) as seen from the person's right: forward is to the right."""
    hips = points[23] - points[24]
    across = np.array([hips[0], 0.0, hips[2]])
    length = float(np.linalg.norm(across))
    if not np.isfinite(length) or length < 1e-6:
        return np.full((len(points), 2), np.nan)
    left = across / length
    forward = np.cross(left, [0.0, 1.0, 0.0])
    return np.column_stack([points @ forward, points[:, 1]])
