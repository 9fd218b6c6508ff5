"""`python -m models.data.multiview`: make the pairs of the real four-camera clips."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import NdrError
from models.data.look_folders import LOOKS_HELP, parse_looks
from models.data.multiview.pose2sim import build


def main(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default: the cache.")] = None,
    wheel: Annotated[Path | None, typer.Option(help="A pose2sim wheel already downloaded.")] = None,
    clip: Annotated[str, typer.Option(help="single, or multi: with a drawn woman in front of him.")] = "single",
    person: Annotated[str, typer.Option(help="one, largest or CAMERA=left,top,width,height.")] = "",
    looks: Annotated[str, typer.Option(help=LOOKS_HELP)] = "full",
    mode: Annotated[str, typer.Option(help="MediaPipe's running mode: video or image.")] = "video",
    workers: Annotated[int, typer.Option(min=1, help="Videos looked at at a time.")] = 1,
) -> None:
    """Fetch Pose2Sim's four-camera demo clip, triangulate it and write one pair file per camera.

    Then: python main.py evaluate --pairs FOLDER --json result.json
    """
    try:
        outcome = build(
            output,
            wheel,
            clip=clip,
            person=person,
            looks=parse_looks(looks),
            mode=mode,
            workers=workers,
            report=typer.echo,
        )
    except NdrError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    typer.echo(f"{len(outcome.files)} pair files in {outcome.files[0].parent}; look at {outcome.picture}")


if __name__ == "__main__":
    typer.run(main)
