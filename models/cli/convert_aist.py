"""`convert aist`: the AIST++ dance data set → training pairs."""

from pathlib import Path

import typer


def register(convert: typer.Typer) -> None:
    """Add the subcommand."""
    convert.command("aist")(aist)


def aist(
    videos: Path = typer.Option(..., help="Folder of the videos (*.mp4)."),
    annotations: Path = typer.Option(..., help="Folder of the annotations (cameras, keypoints3d, splits, ...)."),
    output: Path = typer.Option(..., "-o", "--output", help="Folder for the pairs."),
) -> None:
    """Convert AIST++ into training pairs."""
    raise typer.Exit(0 if videos and annotations and output else 2)
