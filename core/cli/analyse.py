"""`analyse`: what the window does when a video is opened, without the window."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli import look_options
from core.detection.quality import AUTOMATIC

_HELP = """Look at every frame of videos once and keep what was seen, so that window, `process` and exports need not.

A video's take lies in a folder of its own, found again by the content of the video, wherever that is moved. What was
done when Ctrl-C, a crash or a power cut came is kept; the same command goes on from there. Exit code: 0 done,
2 a video cannot be analysed, 130 interrupted.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("analyse", help=_HELP)(analyse)


def analyse(
    videos: Annotated[list[str], typer.Argument(metavar="VIDEO", help="Video files, or folders of them.")],
    quality: look_options.QUALITY = "",
    looks: look_options.LOOKS = "",
    variant: look_options.VARIANT = "",
    person: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y[@S]", help="Who, of several: nearest to this place in the picture (pixels) after S seconds."
        ),
    ] = None,
    take: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep it there instead of the user's data folder.")
    ] = None,
    json_progress: Annotated[
        bool, typer.Option("--json-progress", help="Report progress as JSON lines, for another program.")
    ] = False,
) -> None:
    """Thin layer over `core.take.command.analyse_videos`."""
    from core.settings import Settings
    from core.take.command import analyse_videos

    is_chosen = bool(quality or looks or variant)
    chosen = Settings(variant=variant, looks=looks, quality=quality or AUTOMATIC) if is_chosen else None
    raise typer.Exit(analyse_videos(videos, chosen, person, take, json_progress=json_progress))
