"""`bench`: how fast this machine runs it, as ratios within one run."""

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Measure speed here, each thing against its own yardstick in the same run, and name the bars that are missed.

pipeline, after_mediapipe, refiner, arithmetic, peers, offline, live, display, gui, stage, start, studio, training,
growth, pairs, gpu.
The JSON has a table of figures per bench, what was skipped and why, and "misses", the bars that were not met. Exit
code 0 also then. Everything takes about a quarter of an hour; what runs at the moment is said on stderr.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("bench", help=_HELP)(bench)


def bench(
    only: Annotated[str | None, typer.Option(metavar="NAME", help="Run one bench; all if left out.")] = None,
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
    scale: Annotated[
        float, typer.Option(metavar="SHARE", help="Measure less: 0.1 takes a tenth of the time; for trying out.")
    ] = 1.0,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw there how cost grows with frames, batch and pairs.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write there what was measured, as a page to read.")
    ] = None,
) -> None:
    """Thin layer over `core.bench.run_bench`."""
    from core.bench import run_bench
    from core.settings import Settings
    from core.system.files.program import DEFAULT_REFINER, SAMPLE

    settings = Settings(variant=variant)  # which knows what variants there are
    model = model or DEFAULT_REFINER
    run_bench(only, json_path, video or SAMPLE, settings.variant or "full", model, scale=scale, plot=plot, page=page)
