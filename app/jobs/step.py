"""What a job consists of: runs of the program's own command line, or functions run in a thread."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.language import tr


@dataclass(frozen=True)
class Command:
    """One run of `main.py`.

    Attributes:
        what: Names it in messages: "The training".
        arguments: After `main.py`.
        after_stop: Whether it runs though the user stopped the step before: the export of a stopped training.
        needs: A file without which it is skipped, None for none.
    """

    what: str
    arguments: tuple[str, ...]
    after_stop: bool = False
    needs: Path | None = None


@dataclass(frozen=True)
class Work:
    """A function that is called in a thread and raises NdrError; it cannot be stopped once it runs.

    Attributes:
        what: Names it in messages: "The recording".
        function: Its result is not used.
    """

    what: str
    function: Callable[[], Any]
    after_stop: bool = False
    needs: Path | None = None


Step = Command | Work


@dataclass(frozen=True)
class Progress:
    """How far a step is.

    Attributes:
        done: Of `total`, in whatever it counts.
        total: 0 when it cannot be known.
        text: What is being done, "" when there is nothing to say.
        eta_s: Seconds that the step itself expects to take yet; NaN when it does not tell.
    """

    done: int = 0
    total: int = 0
    text: str = ""
    eta_s: float = float("nan")


_COUNTS = (("step", "n_steps"), ("n_done", "n_frames"), ("frame", "n_frames"), ("n_settled", "n_videos"))
"""Pairs of names that the subcommands give how much is done, and of how much."""


def progress_of(message: dict[str, Any]) -> Progress | None:
    """Read the progress from a JSON line of any subcommand; None when it does not tell."""
    for done_name, total_name in _COUNTS:
        done, total = message.get(done_name), message.get(total_name)
        if isinstance(done, int) and (isinstance(total, int) or (total is None and total_name in message)):
            eta_s = message.get("eta_s")
            return Progress(done, total or 0, _text(message), eta_s if isinstance(eta_s, (int, float)) else math.nan)
    return None


def _text(message: dict[str, Any]) -> str:
    if isinstance(message.get("n_epochs"), int):
        return tr("Epoch {epoch} of {n_epochs}", epoch=message.get("epoch"), n_epochs=message["n_epochs"])
    for name in ("video", "sequence", "file"):
        if isinstance(message.get(name), str) and message[name]:
            return str(message[name])
    return ""
