"""What a job consists of: runs of the program's own command line, or functions run in a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.language import tr
from core.system.progress import Progress, TrainingProgress


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


def doing_text(message: dict[str, Any], progress: Progress) -> str:
    """Return what is being done by what a subcommand reports; "" when it does not tell."""
    training = TrainingProgress.from_message(message)
    if training is not None:
        return tr("Epoch {epoch} of {n_epochs}", epoch=training.epoch, n_epochs=training.n_epochs)
    return progress.item
