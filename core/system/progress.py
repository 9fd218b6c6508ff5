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

    done: int = 0
    total: int | None = None
    unit: str = "frames"
    item: str = ""
    phase: str = ""
    eta_s: float | None = None

    def line(self, **more: Any) -> str:
        """Return the JSON line, in ASCII; what is NaN becomes null. `more` may not change what the fields say."""
        return event_line(PROGRESS, **(more | asdict(self)))

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "Progress | None":
        """Read what `line` wrote, parsed; None for any other object."""
        done, total, eta_s = (message.get(name) for name in ("done", "total", "eta_s"))
        if message.get("event") != PROGRESS or not isinstance(done, int) or not isinstance(total, int | None):
            return None
        unit, item, phase = (str(message.get(name, "")) for name in ("unit", "item", "phase"))
        left_s = _number(eta_s)
        return cls(done, total, unit, item, phase, left_s if math.isfinite(left_s) else None)


@dataclass(frozen=True)
class TrainingProgress:
    """Where a training run stands; figures are NaN until they are known.

    Attributes:
        epoch: Finished epochs.
        n_epochs: Of the whole run.
        step: Finished steps.
        n_steps: Of the whole run.
        losses: The unweighted parts and their weighted sum, `total`, of the last step.
        val_depth_mm: Mean |depth error| of the body joints after refinement.
        val_raw_depth_mm: The same of raw MediaPipe.
        val_azimuth_deg: Median azimuth error.
        eta_s: Seconds that the rest will take at the present speed.
    """

    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    losses: dict[str, float]
    val_depth_mm: float
    val_raw_depth_mm: float
    val_azimuth_deg: float
    eta_s: float

    @property
    def loss(self) -> float:
        """The weighted sum of the losses."""
        return _number(self.losses.get("total"))

    def line(self) -> str:
        """Return the JSON line: a line of `Progress` in steps, and all fields of this."""
        return Progress(self.step, self.n_steps, "steps", eta_s=self.eta_s).line(**asdict(self))

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "TrainingProgress | None":
        """Read what `line` wrote, parsed; None for any other object."""
        if message.get("event") != PROGRESS or not isinstance(message.get("n_epochs"), int):
            return None
        losses = message.get("losses")
        table: dict[str, Any] = {"losses": {}}
        if isinstance(losses, dict):
            table["losses"] = {name: _number(value) for name, value in losses.items()}
        table |= {name: int(message.get(name) or 0) for name in ("epoch", "n_epochs", "step", "n_steps")}
        for name in ("val_depth_mm", "val_raw_depth_mm", "val_azimuth_deg", "eta_s"):
            table[name] = _number(message.get(name))
        return cls(**table)


def event_line(event: str, **fields: Any) -> str:
    """Return a JSON line of any kind, in ASCII; what is NaN becomes null."""
    return json.dumps({"event": event, **{name: _without_nan(value) for name, value in fields.items()}})


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
