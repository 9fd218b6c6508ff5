"""`doctor`: what this machine has, and what to do about what is missing."""

from typing import Annotated

import typer

_HELP = """Look at this machine: versions, models, GPU and ONNX providers that truly load, OpenGL, cameras, training.

Nothing is changed or fetched. Exit code: 0 when videos can be processed here, 1 when something for that is missing.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("doctor", help=_HELP)(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """Thin layer over `core.doctor.checks.run_doctor`."""
    from core.doctor.checks import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json))
