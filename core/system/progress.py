"""How far long work is: the one vocabulary of every command, of the window's jobs, and of the JSON lines between them.

A line is an object with `event`, which names its kind. "progress" has the fields of `Progress`; what else a command has
to say of its work is in the same object under names of its own. "done" says how an item, or all of it, ended.
"""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Final

PROGRESS: Final = "progress"
ENDED: Final = "done"


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes:
        done: How many are done.
        total: Of how many; None while that is not known. Estimated for videos: `done` may pass it.
        unit: What is counted, in the plural: "frames", "videos", "clips", "steps".
        item: The file, video or recording that is at work, as it is shown; "" for none or many.
        phase: What is done with it, where that is not the main thing: "drawing".
        eta_s: Seconds that it expects to take yet; None when it cannot tell.
    """

    done: int
    total: int | None = None
    unit: str = "frames"
    item: str = ""
    phase: str = ""
    eta_s: float | None = None

    def line(self, **more: Any) -> str:
        """Return the JSON line, in ASCII; what is NaN becomes null."""
        return event_line(PROGRESS, **asdict(self), **more)

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "Progress | None":
        """Read what `line` wrote, parsed; None for any other object."""
        done, total, eta_s = (message.get(name) for name in ("done", "total", "eta_s"))
        if message.get("event") != PROGRESS or not isinstance(done, int) or not isinstance(total, int | None):
            return None
        unit, item, phase = (str(message.get(name, "")) for name in ("unit", "item", "phase"))
        is_known = isinstance(eta_s, int | float) and math.isfinite(eta_s)
        return cls(done, total, unit, item, phase, float(eta_s) if is_known and eta_s is not None else None)


def event_line(event: str, **fields: Any) -> str:
    """Return a JSON line of any kind, in ASCII; what is NaN becomes null."""
    return json.dumps({"event": event, **{name: _without_nan(value) for name, value in fields.items()}})


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
