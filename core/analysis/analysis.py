"""A motion's measures and its cycles: what table, report and window show alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.analysis.cycles import Cycles
from core.analysis.measures import DEGREES, MEASURES, METRES, Series, measures_of_motion, unit
from core.analysis.repetitions import find_cycles
from core.analysis.statistics import statistics
from core.errors import DataError, SettingsError, brief
from core.sequence.prepared import PreparedMotion

META: Final = "cycles"
"""Where the facts of the take, in the meta of a sequence, have the cycles that a person corrected."""

_SUFFIX: Final = {METRES: "m", DEGREES: "deg"}
CYCLE_COLUMNS: Final = (
    "cycle", "start_s", "end_s", "duration_s", "is_whole",
    *(f"{name}_{what}_{_SUFFIX[unit(name)]}" for name in MEASURES for what in ("min", "max", "range")),
)  # fmt: skip


@dataclass(frozen=True)
class Analysis:
    """What is known of a motion.

    Attributes:
        series: Its measures over time.
        cycles: Its repetitions; None where there are none.
    """

    series: Series
    cycles: Cycles | None


def analyse_motion(motion: PreparedMotion) -> Analysis:
    """Return measures and cycles; those that a person corrected, where the motion's meta has them.

    Raises:
        DataError: What it has of cycles makes no sense.
    """
    series = measures_of_motion(motion)
    corrected = cycles_of_meta(motion.sequence.meta)
    return Analysis(series, find_cycles(series) if corrected is None else corrected if corrected.cycles else None)


def cycles_of_meta(meta: Mapping[str, Any]) -> Cycles | None:
    """Return the cycles that a sequence's meta holds, None where it holds none.

    Raises:
        DataError: They make no sense.
    """
    take = meta.get("take")
    table = take.get(META) if isinstance(take, dict) else None
    if table is None:
        return None
    try:
        return Cycles.from_table(table)
    except (SettingsError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"The cycles that the recording holds cannot be read: {brief(error)}") from error


def cycle_rows(series: Series, cycles: Cycles | None) -> Iterator[list[str]]:
    """Yield the rows of CYCLE_COLUMNS, one a cycle; an empty cell is a measure that was not seen."""
    for number, cycle in enumerate(cycles.cycles if cycles else (), start=1):
        inside = series.between(cycle.start_s, cycle.end_s)
        row = [str(number), *(f"{t:.3f}" for t in (cycle.start_s, cycle.end_s, cycle.duration_s)), str(+cycle.is_whole)]
        for name in MEASURES:
            found = statistics(inside.time_s, inside.values[name])
            row += ["" if value != value else f"{value:.4g}" for value in (found.low, found.high, found.range)]
        yield row
