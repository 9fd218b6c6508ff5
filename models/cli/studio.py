"""`studio`: film rendered people and write training pairs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from models.data.look_folders import LOOKS_HELP, parse_looks


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("studio")(studio)


def studio(
    motion: Annotated[
        list[Path],
        typer.Option(help="Motion file or folder (BVH, ASF/AMC, NPZ, AIST++, DeepMimic); may be repeated."),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the pairs; by default in the user's cache.")
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to film.")] = 30_000,
    seed: Annotated[
        int, typer.Option(min=0, help="Decides everything left to chance; the same seed gives the same pairs.")
    ] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that film; 0 films in this one.")] = 1,
    looks: Annotated[str, typer.Option(help=LOOKS_HELP)] = "full",
    size: Annotated[int, typer.Option(min=160, max=1920, help="Longest side of the images, pixels.")] = 640,
    json_progress: Annotated[
        bool, typer.Option("--json-progress", help="Print one JSON object per line instead of a bar.")
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Only make sample.mp4 and sample_truth.npz in the folder.")
    ] = False,
) -> None:
    """Film rendered people dancing and walking, run MediaPipe on them, and write what it saw beside the truth.

    An interrupted run is continued by the same command.

    Examples: studio --motion ~/mocap -o pairs --frames 100000 --workers 4
    studio --motion ~/mocap -o pairs --looks full,full-mirrored,heavy,heavy-mirrored

    The clip in assets was made by: studio --motion ~/mocap -o assets --sample --seed 35
    """
    from core.detection.bundle import cache_folder

    names = parse_looks(looks)
    if sample:
        from models.data.studio.sample import make_sample

        typer.echo(make_sample(motion, out or Path("assets"), seed, names[0], size))
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from core.system.progress import Progress
    from models.data.studio.run import StudioEvent, run_studio

    columns = TextColumn("filming"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn()
    with Bar(*columns, disable=json_progress) as bar:
        task = bar.add_task("filming", total=frames)

        def report(event: StudioEvent) -> None:
            if json_progress:
                print(Progress(event.n_done, event.n_frames, item=event.file).line(**asdict(event)), flush=True)
                return
            bar.update(task, completed=event.n_done, total=max(frames, event.n_done))
            if event.rejected:
                bar.console.print(f"left out: {event.rejected}", highlight=False)

        index = run_studio(
            motion, out or cache_folder() / "pairs" / "studio", frames, seed, workers, names, size, report
        )
    typer.echo(index)
