"""How much work goes into a pose, in the user's words, and which looks that is."""

from collections.abc import Callable
from typing import Final

from core.detection.looks import Look, parse_looks

AUTOMATIC: Final = "automatic"
LOOKS_OF: Final = {
    "fast": parse_looks("full"),
    "balanced": parse_looks("heavy,full"),
    "best": parse_looks("heavy,heavy-mirrored,full,full-mirrored"),
}
"""Quality → its looks, the slowest first."""
QUALITIES: Final = (*LOOKS_OF, AUTOMATIC)
_LADDER: Final = (LOOKS_OF["best"], LOOKS_OF["balanced"], parse_looks("full,full-mirrored"), LOOKS_OF["fast"])
"""What is tried for a live picture, the most accurate first."""
_ROOM: Final = 1.15
"""How much faster than the camera looks must be, for the refiner, the window and what else runs."""


def carried_looks(source_hz: float, rate_of: Callable[[tuple[Look, ...]], float]) -> tuple[Look, ...]:
    """Return the most accurate looks at a live picture that this machine carries; one look if it carries none.

    Args:
        source_hz: Frames per second that come.
        rate_of: Looks → frames per second that this machine makes of them (`core.detection.look_rates`).
    """
    carried = (looks for looks in _LADDER[:-1] if rate_of(looks) >= _ROOM * source_hz)
    return next(carried, _LADDER[-1])
