"""Cycles of a movement as a table: a row per repetition, with its times and how far every measure goes in it.

Columns: `cycle`, `start_s`, `end_s`, `duration_s`, `is_whole` (0: the recording begins or ends within it), then the
smallest and largest value and range of each measure with its unit. A recording without repetitions has no rows.
docs/analysis.md says what a repetition is.
"""

from pathlib import Path

from core.analysis.analysis import analyse_motion, save_cycle_table
from core.sequence.prepared import PreparedMotion


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the table atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    found = analyse_motion(motion)
    save_cycle_table(found.series, found.cycles, path)
