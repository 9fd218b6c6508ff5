"""`download`: public data sets from their official places."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.data.aist.download import DownloadEvent

_FAILED = 2


def register(cli: typer.Typer) -> None:
    """Add the group with its subcommand."""
    download = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    download.callback()(_download)
    download.command("aist")(aist)
    cli.add_typer(download, name="download")


def _download() -> None:
    """Fetch a public data set for `convert`."""


def aist(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder; videos/ and annotations/ come into it.")],
    annotations: Annotated[bool, typer.Option(help="Fetch the annotations.")] = True,
    videos: Annotated[bool, typer.Option(help="Fetch videos: all 12,670 unless chosen below.")] = True,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="You have read the terms of use and accept them.")
    ] = False,
    listed: Annotated[
        Path | None, typer.Option("--list", help="Text file of videos, or of sequences (with cAll), one a line.")
    ] = None,
    genre: Annotated[list[str] | None, typer.Option(help="Only this genre, like gBR; may be repeated.")] = None,
    view: Annotated[list[str] | None, typer.Option(help="Only this camera, like c01; may be repeated.")] = None,
    first: Annotated[int | None, typer.Option(min=1, help="At most so many videos.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Files at a time.")] = 4,
) -> None:
    """Fetch AIST++, annotations and dance videos, from their official places.

    The same command goes on where it was interrupted. Checksums go to SHA256SUMS, for sha256sum -c.

    Example: download aist -o aist --genre gBR --first 90 --jobs 4
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from core.errors import DataError
    from models.data.aist.download import Choice, choose, fetch_annotations, fetch_videos, list_videos

    _require_acceptance(accept_terms)
    names: tuple[str, ...] = ()
    if listed is not None:
        try:
            names = tuple(listed.expanduser().read_text(encoding="utf-8").split())
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"The list {listed} cannot be read ({error}).") from error
    out = out.expanduser()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}")
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:

        def follow(what: str) -> "Callable[[DownloadEvent], None]":
            task = bar.add_task(what, total=None, rate="")

            def report(event: "DownloadEvent") -> None:
                seconds = bar.tasks[task].elapsed or 0.0
                rate = f"{event.n_bytes / 1e6:.1f} MB, {event.n_bytes / 1e6 / max(seconds, 1e-3):.1f} MB/s"
                bar.update(task, completed=event.n_done, total=event.n_files, rate=rate)
                if event.failed:
                    bar.console.print(event.failed, style="red", markup=False, soft_wrap=True)

            return report

        failed = 0
        if annotations:
            typer.echo(fetch_annotations(out, report=follow("annotations")))
        if videos:
            chosen = choose(list_videos(), Choice(names, tuple(genre or ()), tuple(view or ()), first))
            result = fetch_videos(chosen, out / "videos", jobs, report=follow("videos"))
            failed = len(result.failed)
            typer.echo(f"{result.n_new} videos fetched, {result.n_there} were there, {failed} failed: {out / 'videos'}")
    raise typer.Exit(_FAILED if failed else 0)


def _require_acceptance(is_accepted: bool) -> None:
    """Ask whether the terms are accepted, where somebody can answer.

    Raises:
        SettingsError: They are not.
    """
    import sys

    from core.errors import SettingsError
    from models.data.aist.download import TERMS

    if is_accepted:
        return
    typer.echo("AIST++ may be used under the terms of its authors; read them:", err=True)
    for what, address in TERMS:
        typer.echo(f"  {what}: {address}", err=True)
    if not (sys.stdin.isatty() and typer.confirm("Have you read them, and do you accept them?", err=True)):
        raise SettingsError("Nothing is fetched before the terms are accepted: read them, then add --accept-terms.")
