"""The report as a file: PDF of pages, or one HTML file that needs no other."""

import base64
import io
import warnings
from html import escape
from pathlib import Path
from typing import Any, Final

import cv2
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from core.analysis.analysis import analyse_motion
from core.exporters.pictures.stills import stills
from core.exporters.pictures.take_report.contents import Contents, Table, contents, moments
from core.exporters.pictures.take_report.drawings import draw_band, draw_curve, draw_figure
from core.exporters.pictures.take_report.pages import LIMITS, pages
from core.sequence.export_choices import READY_Y_UP, ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.sequence.prepared import prepare
from core.sources.reading import Reading
from core.system.files.atomic import atomic_path


def write_report(
    name: str, sequence: PoseSequence, path: Path, choices: ExportChoices, video: Path | None, reading: Reading
) -> dict[str, Any]:
    """Write a report as `core.exporters.pictures.take_report.formats` says."""
    motion = prepare(sequence, choices.over(READY_Y_UP))
    analysis = analyse_motion(motion)
    pictures = tuple(stills(sequence, video, moments(motion, analysis), reading))
    said = contents(motion, analysis, pictures)
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # not every script is in the font: boxes
        _WRITERS[name](said, temporary)
    return motion.facts()


def write_pdf(what: Contents, path: Path) -> None:
    """Write the pages."""
    about = {"Title": what.title, "Creator": "Neural Depth Refinement", "CreationDate": None}
    with PdfPages(path, metadata=about) as pdf:
        for page in pages(what):
            pdf.savefig(page)


def write_html(what: Contents, path: Path) -> None:
    """Write one file with all pictures in it; no script, nothing from elsewhere."""
    path.write_text(_PAGE.format(title=escape(what.title), body="\n".join(_parts(what))), encoding="utf-8")


_WRITERS: Final = {"pdf": write_pdf, "html": write_html}


def _parts(what: Contents) -> list[str]:
    parts = [f"<h1>{escape(what.title)}</h1>", _list(what.facts)]
    if what.pictures:
        figures = "".join(
            f'<figure><img alt="" src="data:image/jpeg;base64,{_jpeg(p.image)}"><figcaption>{p.time_s:.2f} s'
            "</figcaption></figure>"
            for p in what.pictures
        )
        parts.append(f'<div class="row">{figures}</div>')
    if what.moments_s:
        parts += ["<h2>In 3D</h2>", "<p>Above as the camera sees it, below from the right, which no camera saw.</p>"]
        parts.append(_svg(_figures(what), "The person in 3D at three moments"))
    if what.kinds:
        parts += ["<h2>Over time</h2>", _svg(_curves(what), "Measures over time, left and right")]
    if what.analysis.cycles is not None and len(what.analysis.cycles.whole) > 1 and what.kinds:
        parts += ["<h2>One repetition, mean ± SD</h2>"]
        parts.append(_svg(_bands(what), "Mean and standard deviation over the course of a repetition"))
    if what.cycles is not None:
        parts += ["<h2>Repetitions</h2>", _table(what.cycles)]
    if what.ranges.rows:
        parts += ["<h2>How far</h2>", _table(what.ranges)]
    parts += ["<h2>How it was made</h2>", _list(what.made)]
    return [*parts, *(f"<p>{escape(note)}</p>" for note in (*what.notes, LIMITS))]


def _list(rows: tuple[tuple[str, str], ...]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    note = f"<p class=note>{escape(table.note)}</p>" if table.note else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}'


def _figures(what: Contents) -> Figure:
    n = len(what.moments_s)
    figure = Figure(figsize=(2.7 * n, 5.0), facecolor="white", layout="constrained")
    axes = figure.subplots(2, n, squeeze=False)
    for view, row in zip(("front", "side"), axes, strict=True):
        for ax, time_s in zip(row, what.moments_s, strict=True):
            draw_figure(ax, what, time_s, view)
    return figure


def _curves(what: Contents) -> Figure:
    figure = Figure(figsize=(8.0, 1.6 * len(what.kinds)), facecolor="white", layout="constrained")
    axes = figure.subplots(len(what.kinds), 1, sharex=True, squeeze=False)[:, 0]
    for i, (ax, kind) in enumerate(zip(axes, what.kinds, strict=True)):
        draw_curve(ax, what, kind, has_legend=i == 0)
    axes[-1].set_xlabel("time, s", fontsize=8)
    return figure


def _bands(what: Contents) -> Figure:
    n_rows = (len(what.kinds) + 1) // 2
    figure = Figure(figsize=(8.0, 2.4 * n_rows), facecolor="white", layout="constrained")
    axes = figure.subplots(n_rows, 2, squeeze=False).ravel()
    for ax, kind in zip(axes, what.kinds, strict=False):
        draw_band(ax, what, kind)
        ax.legend(loc="upper right", frameon=False, fontsize=7)
        ax.set_xlabel("% of the repetition", fontsize=8)
    for ax in axes[len(what.kinds) :]:
        ax.set_axis_off()
    return figure


def _svg(figure: Figure, words: str) -> str:
    FigureCanvasAgg(figure)
    held = io.BytesIO()
    figure.savefig(held, format="svg", metadata={"Date": None})
    coded = base64.b64encode(held.getvalue()).decode("ascii")
    return f'<img class="whole" alt="{escape(words)}" src="data:image/svg+xml;base64,{coded}">'


def _jpeg(image: Any) -> str:
    _, held = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return base64.b64encode(held.tobytes()).decode("ascii")


_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1d2126; background: #fff; max-width: 56rem;
  margin: 2rem auto; padding: 0 1rem; }}
h1 {{ border-bottom: 2px solid #008f68; padding-bottom: .3rem; }}
h2 {{ margin-top: 2.2rem; break-after: avoid; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.4rem; }}
dt, figcaption, .note, th {{ color: #5f6873; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
.row {{ display: flex; gap: .8rem; }}
figure {{ margin: 0; flex: 1; text-align: center; }}
img {{ max-width: 100%; }}
img.whole {{ width: 100%; break-inside: avoid; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85em; width: 100%; }}
th, td {{ text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #d4d9df; font-weight: normal; }}
th:first-child, td:first-child {{ text-align: left; }}
tr {{ break-inside: avoid; }}
@media print {{ body {{ margin: 0; max-width: none; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
