"""Bring the catalogues of `app/translations` up to date with the window's texts: python -m app.catalogue.

`pyside6-lupdate` finds what is in `tr("…")`; texts that wait in tables until they are shown are named here.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from app import help_dialog as help
from app.actions import ACTIONS, MENUS
from app.analysis import measure_plots, measures_view
from app.analysis.angles import KINDS, AnglePlot
from app.analysis.bone_plot import BoneLengthPlot
from app.analysis.bones import ROWS
from app.analysis.plots import QUARTERS, AzimuthPlot, BoneCVPlot, ConfidencePlot, ElevationPlot
from app.capture.send_live import KINDS as SEND_KINDS
from app.export import choices_form as export_choices
from app.export import formats_list as export_formats
from app.export import stage_video
from app.export.saving import JOINTS
from app.inspector import joint_table
from app.jobs.closing import IF_STOPPED
from app.jobs.panel import EMPTY_WORDS
from app.jobs.row import STOP_WORDS
from app.language import CATALOGUES
from app.library import start_page
from app.refiners import models_dialog as models
from app.refiners.comparison import FIGURES
from app.session.state import SessionState
from app.stage.filming_camera import DIRECTIONS
from app.stage.options import COMPARISONS, SWITCHES, TRAILS
from app.stage.orbit import PRESETS as PRESETS_3D
from app.take.processing_panel import QUALITY_WORDS
from app.theme import SCHEMES
from app.training import convert_dialog as convert
from app.training import data_table
from app.training import studio_dialog as studio
from app.training.job import PRESETS
from core.analysis.measures import title
from core.exporters import EXPORTERS
from core.filters import FILTERS
from core.take.listing import AnalysisState

_PLOTS: Final = (AzimuthPlot, ElevationPlot, ConfidencePlot, BoneCVPlot, BoneLengthPlot, AnglePlot)
_ROOT: Final = CATALOGUES.parents[1]


def table_texts() -> tuple[str, ...]:
    """Return the texts that are in no call of `tr`, each once."""
    return tuple(dict.fromkeys(text for text in _table_texts() if text))


def _table_texts() -> Iterator[str]:
    for spec in ACTIONS:
        yield from (spec.text, spec.tip, (spec.tip or spec.text).rstrip("…"))
    yield from (*MENUS, *(scheme.capitalize() for scheme in SCHEMES), *(state.value for state in SessionState))
    for pair in (
        *help.GESTURES,
        *help.GESTURES_ELSEWHERE,
        *JOINTS.values(),
        *((preset.name, preset.about) for preset in PRESETS),
    ):
        yield from pair
    yield from (help.PANELS, help.IN_3D, help.ELSEWHERE, *(text for _, text in help.KEYS_OF_PANELS))
    yield from (start_page.HINT, *(state.value for state in AnalysisState))
    yield from (help.ABOUT, studio.ABOUT, *convert.KINDS.values(), *convert.ABOUT.values(), EMPTY_WORDS)
    yield from (*STOP_WORDS.values(), "Cancel", *IF_STOPPED.values(), *QUALITY_WORDS.values())
    yield from (*data_table.COLUMNS, *models.COLUMNS, *joint_table.COLUMNS, *(figure.label for figure in FIGURES))
    for axes in export_choices.AXES:
        yield from (axes.text, axes.about)
    yield from (*(title for title, _ in export_formats.GROUPS), export_formats.OTHERS)
    yield from (*export_formats.OF_VIDEO.values(), *(exporter.description for exporter in EXPORTERS.values()))
    yield from (kind.description for kind in FILTERS.values())
    yield from (name.replace("_", " ").capitalize() for name in (*ROWS, *KINDS))
    yield from (*QUARTERS, *(preset.capitalize() for preset in PRESETS_3D))
    yield from (
        *DIRECTIONS,
        *COMPARISONS.values(),
        *SWITCHES.values(),
        *TRAILS.values(),
        *stage_video.PATHS.values(),
        *SEND_KINDS.values(),
    )
    yield from (*measure_plots.AXIS_OF.values(), *measures_view.COLUMNS, *(title(n) for n in measures_view.NAMES))
    for plot in _PLOTS:
        yield from (plot.UNIT, *(text for text, _ in plot.SERIES.values()))


def sources() -> list[Path]:
    """Return the files with texts of the window."""
    return sorted((_ROOT / "app").rglob("*.py"))


def update(catalogue: Path) -> None:
    """Run lupdate: every text of today, and none that is gone; new ones are marked unfinished."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables.py"
        tables.write_text("".join(f"tr({text!r})\n" for text in table_texts()), encoding="utf-8")
        files = [str(path) for path in (*sources(), tables)]
        _run("pyside6-lupdate", "-locations", "none", "-no-obsolete", *files, "-ts", str(catalogue))


def untranslated(catalogue: Path) -> list[str]:
    """Return the texts that show in English: those for which `catalogue`, brought up to date, has nothing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(catalogue, folder))
        update(copy)
        messages = ElementTree.parse(copy).getroot().iter("message")  # noqa: S314 our own
        return [
            m.findtext("source", "")
            for m in messages
            if (found := m.find("translation")) is None or found.get("type") == "unfinished"
        ]


def _run(tool: str, *arguments: str) -> None:
    subprocess.run([str(Path(sys.executable).with_name(tool)), *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 Qt's tool


def main(arguments: Sequence[str]) -> int:
    """Bring every catalogue up to date and compile it; --check only names what is missing, and fails if anything is."""
    is_complete = True
    for catalogue in sorted(CATALOGUES.glob("*.ts")):
        if "--check" not in arguments:
            update(catalogue)
            _run("pyside6-lrelease", "-nounfinished", str(catalogue), "-qm", str(catalogue.with_suffix(".qm")))
        for text in untranslated(catalogue):
            is_complete = False
            print(f"{catalogue.name}: {text!r} is not translated", file=sys.stderr)
    return 1 if "--check" in arguments and not is_complete else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
