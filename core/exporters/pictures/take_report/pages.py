"""The pages of a report: A4, upright, in matplotlib."""

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from matplotlib.figure import Figure

from core.exporters.pictures.take_report.contents import Contents, Table
from core.exporters.pictures.take_report.drawings import (
    ACCENT,
    INK,
    MUTED,
    draw_band,
    draw_curve,
    draw_figure,
    draw_table,
)
from core.system.files.names import for_plot

A4: Final = (8.27, 11.69)
_LEFT, _RIGHT, _TOP = 0.09, 0.95, 0.955
_ROWS_A_PAGE: Final = 40
_ROWS_BESIDE: Final = 16
_LETTERS: Final = 96


def pages(what: Contents) -> Iterator[Figure]:
    """Yield one figure a page."""
    made = [_overview(what)]
    if what.kinds:
        made.append(_curves(what))
    if what.analysis.cycles is not None and len(what.analysis.cycles.whole) > 1 and what.kinds:
        made.append(_bands(what))
    rows = () if what.cycles is None else what.cycles.rows
    if what.cycles is not None and len(rows) > _ROWS_BESIDE:
        for begin in range(0, len(rows), _ROWS_A_PAGE):
            made.append(_cycles(Table(what.cycles.header, rows[begin : begin + _ROWS_A_PAGE], what.cycles.note)))
    made.append(_how(what))
    for i, page in enumerate(made, start=1):
        page.text(_RIGHT, 0.03, f"{i} / {len(made)}", ha="right", fontsize=8, color=MUTED)
        page.text(_LEFT, 0.03, for_plot(what.title), fontsize=8, color=MUTED)
        yield page


def _page(heading: str) -> Figure:
    page = Figure(figsize=A4, facecolor="white")
    page.text(_LEFT, _TOP, heading, fontsize=15, color=INK, weight="bold", va="top")
    page.add_artist(_line(page, _TOP - 0.03))
    return page


def _line(page: Figure, y: float) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([_LEFT, _RIGHT], [y, y], color=ACCENT, lw=1.5, transform=page.transFigure, figure=page)


def _overview(what: Contents) -> Figure:
    page = _page(for_plot(what.title))
    y = _TOP - 0.05
    for name, value in what.facts:
        page.text(_LEFT, y, name, fontsize=9, color=MUTED, va="top")
        page.text(_LEFT + 0.17, y, textwrap.fill(for_plot(value), 80), fontsize=9, color=INK, va="top")
        y -= 0.021
    width = (_RIGHT - _LEFT) / 3
    y -= 0.015
    if what.pictures:
        height = 0.29
        for i, picture in enumerate(what.pictures[:3]):
            ax = page.add_axes((_LEFT + i * width, y - height, width - 0.015, height))
            ax.imshow(picture.image)
            ax.set_axis_off()
            ax.set_title(f"{picture.time_s:.2f} s", fontsize=8, color=MUTED)
        y -= height + 0.03
    height = 0.17 if what.pictures else 0.26
    for view, words in (("front", "as the camera sees it"), ("side", "from the person's right, which no camera saw")):
        for i, time_s in enumerate(what.moments_s[:3]):
            ax = page.add_axes((_LEFT + i * width, y - height, width - 0.015, height))
            draw_figure(ax, what, time_s, view)
            if not what.pictures and view == "front":
                ax.set_title(f"{time_s:.2f} s", fontsize=8, color=MUTED)
        page.text(_LEFT, y - 0.002, f"In 3D, {words}", fontsize=8, color=MUTED, va="top")
        y -= height + 0.012
    return page


def _curves(what: Contents) -> Figure:
    page = _page("Over time")
    axes = page.subplots(len(what.kinds), 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.42})[:, 0]
    page.subplots_adjust(left=_LEFT + 0.02, right=_RIGHT, top=_TOP - 0.07, bottom=0.09)
    for i, (ax, kind) in enumerate(zip(axes, what.kinds, strict=True)):
        draw_curve(ax, what, kind, has_legend=i == 0)
    axes[-1].set_xlabel("time, s", fontsize=8, color=MUTED)
    return page


def _bands(what: Contents) -> Figure:
    page = _page("One repetition, mean ± SD")
    n_rows = (len(what.kinds) + 1) // 2
    axes = page.subplots(n_rows, 2, squeeze=False, gridspec_kw={"hspace": 0.35, "wspace": 0.2}).ravel()
    page.subplots_adjust(left=_LEFT, right=_RIGHT, top=_TOP - 0.075, bottom=0.95 - 0.29 * n_rows)
    for ax, kind in zip(axes, what.kinds, strict=False):
        draw_band(ax, what, kind)
        ax.legend(loc="upper right", frameon=False, fontsize=7)
    for ax in axes[len(what.kinds) :]:
        ax.set_axis_off()
    for ax in axes[: len(what.kinds)][-2:]:
        ax.set_xlabel("% of the repetition", fontsize=8, color=MUTED)
    return page


def _cycles(table: Table) -> Figure:
    page = _page("Repetitions")
    _put_table(page, table, _TOP - 0.05)
    return page


def _how(what: Contents) -> Figure:
    page, y = _page("In numbers, and how it was made"), _TOP - 0.06
    if what.cycles is not None and len(what.cycles.rows) <= _ROWS_BESIDE:
        y = _put_table(page, what.cycles, y) - 0.02
    if what.ranges.rows:
        y = _put_table(page, what.ranges, y) - 0.03
    for name, value in what.made:
        page.text(_LEFT, y, name, fontsize=9, color=MUTED, va="top")
        page.text(_LEFT + 0.2, y, textwrap.fill(for_plot(value), 72), fontsize=9, color=INK, va="top")
        y -= 0.021
    y -= 0.015
    for note in (*what.notes, LIMITS):
        lines = textwrap.wrap(for_plot(note), _LETTERS)
        page.text(_LEFT, y, "\n".join(lines), fontsize=9, color=INK, va="top", linespacing=1.4)
        y -= 0.017 * len(lines) + 0.008
    return page


LIMITS: Final = (
    "Angles come from one camera and a learned correction of depth: compare a person with themselves, filmed alike, "
    "rather than with a table. What was not seen has no value and is grey."
)


def _put_table(page: Figure, table: Table, top: float) -> float:
    """Write a table below `top`; return where it ends."""
    top -= 0.012 * max(cell.count("\n") for cell in table.header)  # they grow upwards
    height = 0.021 * (len(table.rows) + 2)
    ax = page.add_axes((_LEFT, top - height - 0.02, _RIGHT - _LEFT, height))
    draw_table(ax, table)
    if table.note:
        page.text(_LEFT, top - height - 0.028, table.note, fontsize=8, color=MUTED, va="top")
    return top - height - 0.05
