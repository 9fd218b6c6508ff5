"""What this machine has, and what to do about what is missing."""

import importlib
import json
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text


class State(StrEnum):
    """How a part of the machine is."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True)
class Check:
    """One part of the machine.

    Attributes:
        name: What was looked at.
        state: MISSING only where the main job (a video in, refined poses out) cannot run without it.
        found: What there is.
        advice: What to do, one sentence; "" when there is nothing to do.
    """

    name: str
    state: State
    found: str
    advice: str = ""


_PROBES = (
    ("core.doctor.machine", ("python", "packages")),
    ("core.doctor.models", ("pose_models", "refiner", "providers", "reports_home")),
    ("core.doctor.machine", ("video_encoder", "opengl_libraries", "window", "cameras")),
    ("core.doctor.models", ("training",)),
)
"""Module → its functions, in the order of the table."""


def examine() -> list[Check]:
    """Look at everything; takes some seconds, changes nothing and fetches nothing."""
    checks: list[Check] = []
    for module, names in _PROBES:
        for name in names:
            try:
                checks += getattr(importlib.import_module(module), name)()
            except ImportError as error:  # a package or a system library is missing: what a doctor is there to tell
                advice = "pip install -e . and see the README for the system's libraries."
                checks.append(Check(name, State.MISSING, f"cannot be looked at: {error}", advice))
    return checks


def run_doctor(*, as_json: bool) -> int:
    """Print what `examine` finds; return 0 when the main job can run, else 1."""
    checks = examine()
    is_able = all(check.state is not State.MISSING for check in checks)
    if as_json:
        json.dump({"ok": is_able, "checks": [asdict(check) for check in checks]}, sys.stdout, indent=1)
        print()
        return int(not is_able)
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    table.add_column(overflow="fold")
    colours = {State.OK: "green", State.NOTE: "yellow", State.MISSING: "red"}
    for check in checks:
        found = f"{check.found}\n→ {check.advice}" if check.advice else check.found
        table.add_row(Text(check.state, style=colours[check.state]), Text(check.name), Text(found))
    console = Console()
    console.print(table)
    console.print("\nVideos can be processed here." if is_able else "\nVideos cannot be processed yet: see 'missing'.")
    return int(not is_able)
