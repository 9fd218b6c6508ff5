"""The look at a set of pairs as one HTML file: nothing to install, nothing to fetch, easy to send."""

import base64
import tempfile
from collections.abc import Sequence
from html import escape
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console

from core.pose.metrics import masked_mean
from core.pose.skeleton import COCO_NAMES
from core.pose.types import FloatArray
from core.system.files.atomic import write_text
from models.evaluation.inspection import draw_report, mean_joint_depth_mm, summary_table, worst_frames
from models.evaluation.inspection_worst import draw_worst
from models.evaluation.pair_checks import check
from models.evaluation.pair_facts import PairFacts

_N_PICTURED: Final = 8
_APART: Final = 30
_N_FILES: Final = 500
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; color: #1d2126; }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse }
td, th { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid #d4d9df }
td:first-child, th:first-child { text-align: left } img { max-width: 100% }
pre { overflow-x: auto; background: #f4f6f8; padding: .6rem; border-radius: 6px; line-height: 1.25 }
.good { color: #00714f } .bad { color: #a33a1d }
@media (prefers-color-scheme: dark) {
  body { background: #16191d; color: #e8eaed } pre { background: #1e2227 } td, th { border-color: #333a42 }
  img { background: #fff; border-radius: 6px } .good { color: #35c9a5 } .bad { color: #f0855a }
}
"""


def write_html(facts: Sequence[PairFacts], target: Path, title: str) -> None:
    """Write the report: counts, faults in words, the charts, the worst frames drawn, a row per file.

    Raises:
        OutputError: It cannot be written.
        DataError: A file has changed meanwhile.
    """
    problems = check(facts)
    verdict = (
        "<ul>" + "".join(f'<li class="bad">{escape(problem)}</li>' for problem in problems) + "</ul>"
        if problems
        else '<p class="good">No problems found.</p>'
    )
    with tempfile.TemporaryDirectory() as folder:
        charts, worst = Path(folder) / "charts.png", Path(folder) / "worst.png"
        draw_report(facts, charts)
        drawn = draw_worst(worst_frames(facts, _N_PICTURED, _APART), facts, worst)
        pictures = [_image(charts), _image(worst) if drawn else "<p>No frame has ground truth.</p>"]
    write_text(
        target,
        f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p>MediaPipe against the ground truth, 12 body joints, hip-centred, view-ray frame, millimetres.</p>
<pre>{escape(_table_text(facts))}</pre>
<h2>Faults</h2>
{verdict}
<h2>Charts</h2>
{pictures[0]}
<h2>Worst frames</h2>
<p>Truth in colour (blue left, orange right), MediaPipe in grey; as the camera sees it, and from the
side.</p>
{pictures[1]}
<h2>Depth error per joint</h2>
{_joints(facts)}
<h2>Files</h2>
{_files(facts)}
</body></html>
""",
    )


def _image(path: Path) -> str:
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{path.stem}" src="data:image/png;base64,{encoded}">'


def _table_text(facts: Sequence[PairFacts]) -> str:
    buffer = StringIO()
    Console(file=buffer, width=140, color_system=None).print(summary_table(facts))
    return buffer.getvalue()


def _joints(facts: Sequence[PairFacts]) -> str:
    rows = "".join(
        f"<tr><td>{name.replace('_', ' ')}</td><td>{value:.0f} mm</td></tr>"
        for name, value in zip(COCO_NAMES, mean_joint_depth_mm(facts), strict=True)
    )
    return f"<table><tr><th>joint</th><th>mean |depth| error</th></tr>{rows}</table>"


def _files(facts: Sequence[PairFacts]) -> str:
    rows = "".join(
        f"<tr><td>{escape(f.path.name)}</td><td>{escape(f.split)}</td><td>{f.n_frames}</td><td>{_mean(f.error_mm)}</td>"
        f"<td>{_mean(f.depth_mm)}</td><td>{f.swapped_share:.0%}</td></tr>"
        for f in facts[:_N_FILES]
    )
    more = f"<p>and {len(facts) - _N_FILES} more</p>" if len(facts) > _N_FILES else ""
    heads = "<tr><th>file</th><th>split</th><th>frames</th><th>MPJPE</th><th>depth</th><th>sides exchanged</th></tr>"
    return f"<table>{heads}{rows}</table>{more}"


def _mean(values: FloatArray) -> str:
    mean = float(masked_mean(values))
    return f"{mean:.0f}" if mean == mean else "-"
