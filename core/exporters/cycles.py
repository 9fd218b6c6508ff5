"""Cycles of a movement as a table: a row per repetition, with its times and how far every measure goes in it.

Columns: `cycle`, `start_s`, `end_s`, `duration_s`, `is_whole` (0: the recording begins or ends within it), then the
smallest and largest value and range of each measure with its unit. A recording without repetitions has no rows.
docs/analysis.md says what a repetition is.
"""

import csv
from pathlib import Path

from core.analysis.analysis import CYCLE_COLUMNS, analyse_motion, cycle_rows
from core.analysis.cycles import Cycles
from core.analysis.measures import Series
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the table atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    found = analyse_motion(motion)
    write_table(found.series, found.cycles, path)


def write_table(series: Series, cycles: Cycles | None, path: Path) -> None:
    """Write the table of known cycles, atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(CYCLE_COLUMNS)
        writer.writerows(cycle_rows(series, cycles))
