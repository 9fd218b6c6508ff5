"""`convert aist`: the AIST++ dance data set → training pairs."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.data.look_folders import LOOKS_HELP, parse_looks

if TYPE_CHECKING:
    from models.data.aist.run import ConversionProgress, Summary

_FAILED = 2
_SHOWN = 20


def register(convert: typer.Typer) -> None:
    """Add the subcommand."""
    convert.command("aist", epilog="Get the data with: python main.py download aist --help")(aist)


def aist(
    videos: Annotated[Path, typer.Option(help="Folder of the videos, gBR_sBM_c01_d04_mBR0_ch01.mp4 and so on.")],
    annotations: Annotated[Path, typer.Option(help="Folder of the annotations: cameras, keypoints3d, splits, ...")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the pairs.")],
    split: Annotated[str, typer.Option(help="pose_train, pose_val, pose_test or all.")] = "all",
    stride: Annotated[
        int, typer.Option(min=1, help="Look at every n-th frame, as a camera of 60/n frames a second would.")
    ] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that work; 0 works in this one.")] = 1,
    looks: Annotated[str, typer.Option(help=LOOKS_HELP)] = "full",
    joints: Annotated[
        str, typer.Option(help="optim (keypoints3d_optim: smooth, constant bones) or plain (keypoints3d).")
    ] = "optim",
    max_distance: Annotated[
        float,
        typer.Option(
            min=1, max=100, help="Set a video aside when projected truth and MediaPipe differ by more, % of the person."
        ),
    ] = 8.0,
    scheduler: Annotated[
        str, typer.Option(help="Address of a dask scheduler (tcp://HOST:8786) whose workers convert instead.")
    ] = "",
    json_progress: Annotated[
        bool, typer.Option("--json-progress", help="Print one JSON object per line instead of a bar.")
    ] = False,
) -> None:
    """Convert AIST++ into training pairs: one file per video, the truth as that camera sees it.

    The same command goes on with an interrupted run and tries failed videos again. What became of each video is in
    manifest.jsonl in the folder.

    Example: convert aist --videos aist/videos --annotations aist/annotations -o pairs/aist --stride 3 --workers 8
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from core.system.progress import ENDED, Progress, event_line
    from models.data.aist.run import convert
    from models.data.aist.task import Options

    options = Options(out.expanduser(), stride, parse_looks(looks), joints, max_distance / 100)
    columns = BarColumn(), MofNCompleteColumn(), TextColumn("videos {task.fields[rate]}"), TimeRemainingColumn()
    # a video takes tens of seconds, so the time left is taken from many of them
    console = Console(stderr=True)
    is_shown = console.is_terminal and not json_progress
    with Bar(*columns, console=console, speed_estimate_period=600, disable=not is_shown) as bar:
        task = bar.add_task("converting", total=None, rate="")

        def report(progress: "ConversionProgress") -> None:
            if json_progress:
                line = Progress(progress.n_settled, progress.n_videos, "videos").line(**asdict(progress))
                print(line, flush=True)
                return
            rate = f"{progress.frames_per_s:.0f} frames/s" if progress.n_frames else ""
            bar.update(task, completed=progress.n_settled, total=progress.n_videos, rate=rate)
            if progress.outcome is not None and progress.outcome.reason:
                line = f"{progress.outcome.status}: {progress.outcome.video}: {progress.outcome.reason}"
                bar.console.print(line, highlight=False, markup=False, soft_wrap=True)

        summary = convert(
            videos.expanduser(),
            annotations.expanduser(),
            options,
            split=split,
            n_workers=workers,
            scheduler=scheduler,
            report=report,
            note=lambda sentence: bar.console.print(sentence, highlight=False, markup=False, soft_wrap=True),
        )
    if json_progress:
        print(event_line(ENDED, index=str(summary.index), counts=summary.counts), flush=True)
    else:
        _tell(summary)
    raise typer.Exit(_FAILED if summary.counts.get("failed") else 0)


def _tell(summary: "Summary") -> None:
    from collections import Counter

    for path in summary.unused[:_SHOWN]:
        typer.echo(f"not an AIST++ video, left alone: {path}")
    for (status, reason), n in Counter((o.status, o.reason) for o in summary.reasons).most_common(_SHOWN):
        typer.echo(f"{n} {status}: {reason}")
    counts = summary.counts
    rate = f", {summary.n_frames / summary.seconds:.0f} frames/s" if summary.n_frames else ""
    typer.echo(
        f"{counts.get('done', 0)} videos done, {counts.get('skipped', 0)} skipped, {counts.get('failed', 0)} failed; "
        f"{summary.n_pairs:,} pairs{rate}"
    )
    typer.echo(summary.index)
