"""`python -m models.data.multiview`: make the pairs of the real four-camera clip."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import NdrError
from models.data.multiview.pose2sim import build


def main(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default: the cache.")] = None,
    wheel: Annotated[Path | None, typer.Option(help="A pose2sim wheel already downloaded.")] = None,
    variant: Annotated[str, typer.Option(help="MediaPipe's pose model: lite, full or heavy.")] = "full",
    mode: Annotated[str, typer.Option(help="MediaPipe's running mode: video or image.")] = "video",
) -> None:
    """Fetch Pose2Sim's four-camera demo clip, triangulate it and write one pair file per camera.

    Then: python main.py evaluate --pairs FOLDER --json result.json
    """
    try:
        files = build(output, wheel, variant=variant, mode=mode, report=typer.echo)
    except NdrError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    typer.echo(f"{len(files)} pair files in {files[0].parent}; look at views.png there.")


if __name__ == "__main__":
    typer.run(main)
