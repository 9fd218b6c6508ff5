"""`bench`: how fast this machine runs it, as ratios within one run."""

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Measure speed here: the pipeline against a bare MediaPipe loop, the time after MediaPipe, the refiner.

The JSON has a table of figures per bench and "misses", the bars that were not met. Exit code 0 also then.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("bench", help=_HELP)(bench)


def bench(
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run one: pipeline, after_mediapipe or refiner; all if left out.")
    ] = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(metavar="VIDEO", help="The clip to run on; the sample that comes along if left out.")
    ] = None,
    variant: Annotated[str, typer.Option(metavar="NAME", help="Pose model: lite, full or heavy.")] = "full",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE.onnx", help="The refiner; the one that comes along if left out.")
    ] = None,
) -> None:
    """Thin layer over `core.bench.run_bench`."""
    from core.bench import SAMPLE, run_bench
    from core.settings import DEFAULT_REFINER, Settings

    run_bench(only, json_path, video or SAMPLE, Settings(variant=variant, refiner=str(model or DEFAULT_REFINER)))
