"""`recover`: recordings of a camera whose program was killed become files."""

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Make files of recordings that were cut off: by a kill, a crash, an empty battery.

While a camera is recorded, what there is so far lies in a hidden folder (.NAME.recording) beside the files-to-be. The
window looks for such folders when it starts; this does the same for any folder, without the window. NAME.mp4 and
NAME.npz then hold the same frames, up to about the last second. What another program is recording is left alone.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("recover", help=_HELP)(recover)


def recover(folders: Annotated[list[Path], typer.Argument(metavar="FOLDER", help="Where was recorded to.")]) -> None:
    """Thin layer over `core.take.recording.drafts.recover_all`."""
    from core.take.recording.drafts import recover_all

    problems = list[str]()
    n_found = 0
    for folder in folders:
        recovered = recover_all(folder)
        problems += recovered.problems
        n_found += len(recovered.recordings)
        for recorded in recovered.recordings:
            typer.echo(f"{recorded.video or 'no video'}, {recorded.sequence}: {recorded.n_frames} frames")
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(2)
    if not n_found:
        typer.echo("There is nothing to recover.")
