"""Cycles of a movement (squats, strides, strokes): what one is, correcting them by hand, and a text for files."""

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from core.analysis.measures import MEASURES
from core.errors import SettingsError

_MOST: Final = 10_000


@dataclass(frozen=True, order=True)
class Cycle:
    """One repetition.

    Attributes:
        start_s: Where it begins, seconds of the source.
        end_s: Where it ends.
        is_whole: False where the recording begins or ends in the middle of it: counted, but in no mean.
    """

    start_s: float
    end_s: float
    is_whole: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and self.start_s < self.end_s):
            raise SettingsError(f"A cycle must end after it begins, not from {self.start_s} s to {self.end_s} s.")

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Cycles:
    """The repetitions of a movement, in the order of time; none overlaps another.

    Attributes:
        measure: Name of MEASURES in which they were found.
        cycles: One after the other; two that share a boundary have the very same time there.
        by_hand: Whether a person has corrected them.
    """

    measure: str
    cycles: tuple[Cycle, ...]
    by_hand: bool = False

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise SettingsError(f"There is no measure '{str(self.measure)[:60]}' to find cycles in.")
        if len(self.cycles) > _MOST:
            raise SettingsError(f"There are {len(self.cycles)} cycles; {_MOST} is the most.")
        object.__setattr__(self, "cycles", tuple(sorted(self.cycles)))
        for before, after in itertools.pairwise(self.cycles):
            if after.start_s < before.end_s:
                raise SettingsError(f"Two cycles overlap at {after.start_s:.2f} s.")

    def __len__(self) -> int:
        return len(self.cycles)

    @property
    def whole(self) -> tuple[Cycle, ...]:
        """Those that are in the recording from beginning to end."""
        return tuple(cycle for cycle in self.cycles if cycle.is_whole)

    @property
    def boundaries_s(self) -> tuple[float, ...]:
        """Every beginning and end, each once, in the order of time."""
        return tuple(sorted({time for cycle in self.cycles for time in (cycle.start_s, cycle.end_s)}))

    def with_boundary(self, time_s: float) -> Self:
        """Return them with one boundary more: a cycle is cut in two, or one more begins or ends at the nearest one."""
        if time_s in self.boundaries_s:
            return self
        for cycle in self.cycles:
            if cycle.start_s < time_s < cycle.end_s:
                halves = (replace(cycle, end_s=time_s), replace(cycle, start_s=time_s))
                return self._changed(remove=(cycle,), add=halves)
        if not self.cycles:
            return self
        nearest = min(self.boundaries_s, key=lambda each: abs(each - time_s))
        return self._changed(add=(Cycle(min(nearest, time_s), max(nearest, time_s)),))

    def without_boundary(self, time_s: float) -> Self:
        """Return them without a boundary: the two cycles that share it become one, one that nobody shares goes."""
        touching = [cycle for cycle in self.cycles if time_s in (cycle.start_s, cycle.end_s)]
        joined: tuple[Cycle, ...] = ()
        if len(touching) == 2:
            joined = (Cycle(touching[0].start_s, touching[1].end_s, all(cycle.is_whole for cycle in touching)),)
        return self._changed(remove=tuple(touching), add=joined)

    def with_moved(self, from_s: float, to_s: float) -> Self:
        """Return them with a boundary at another time; it stops short of the boundaries beside it.

        A cycle that was cut off and is given a boundary by hand is whole.
        """
        others = [time for time in self.boundaries_s if time != from_s]
        below = max((time for time in others if time < from_s), default=-math.inf)
        above = min((time for time in others if time > from_s), default=math.inf)
        if not below < to_s < above:
            return self
        changed = tuple(cycle for cycle in self.cycles if from_s in (cycle.start_s, cycle.end_s))
        moved = tuple(
            Cycle(to_s if c.start_s == from_s else c.start_s, to_s if c.end_s == from_s else c.end_s) for c in changed
        )
        return self._changed(remove=changed, add=moved)

    def with_cycle(self, start_s: float, end_s: float) -> Self:
        """Return them with a cycle of a person's own; those that it overlaps go."""
        gone = tuple(cycle for cycle in self.cycles if cycle.start_s < end_s and cycle.end_s > start_s)
        return self._changed(remove=gone, add=(Cycle(start_s, end_s),))

    def table(self) -> dict[str, Any]:
        """Return them as a file has them."""
        rows = [[c.start_s, c.end_s, c.is_whole] for c in self.cycles]
        return {"measure": self.measure, "by_hand": self.by_hand, "cycles": rows}

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Read what `table` gave. SettingsError, KeyError, TypeError, ValueError where it is none."""
        cycles = tuple(Cycle(float(start), float(end), bool(whole)) for start, end, whole in table["cycles"])
        return cls(str(table["measure"]), cycles, bool(table["by_hand"]))

    def _changed(self, *, remove: tuple[Cycle, ...] = (), add: tuple[Cycle, ...] = ()) -> Self:
        kept = tuple(cycle for cycle in self.cycles if cycle not in remove)
        return replace(self, cycles=(*kept, *add), by_hand=True)
