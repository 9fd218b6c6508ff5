"""`inspect`: what a set of pairs holds, and what is wrong with it."""

from pathlib import Path

import typer

_ENDINGS = (".png", ".html", ".htm", ".svg", ".pdf", ".jpg", ".jpeg")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("inspect")(inspect_command)


def inspect_command(
    pairs: Path = typer.Argument(..., help="Pair file, or data set folder."),
    output: Path | None = typer.Option(
        None, "-o", "--output", help="Write a picture (.png) or a report (.html) there."
    ),
    check: bool = typer.Option(False, "--check", help="Look for faults; exit with 1 if there are any."),
) -> None:
    """Show what pairs hold: counts, viewpoints, MediaPipe's errors, the worst frames.

    --check looks for missing values, wrong units, axes or frame of reference, exchanged sides, duplicates, and
    sequences or subjects that are in more than one split. To look at single frames open the folder in the window:
    Model, Inspect pairs.
    """
    from rich.console import Console

    from core.system.files.endings import require_ending
    from models.evaluation.inspection import draw_report, summary_table, worst_frames
    from models.evaluation.inspection_html import write_html
    from models.evaluation.pair_checks import check as find_problems
    from models.evaluation.pair_facts import gather

    if output is not None:
        require_ending(output, _ENDINGS, "a picture or a report")
    console = Console()
    with console.status("Reading") as status:
        facts = gather(pairs, lambda path: status.update(f"Reading {path.name}"))
    console.print(summary_table(facts))
    for error, name, frame in worst_frames(facts, 3):
        typer.echo(f"worst: {error:.0f} mm in {name}, frame {frame}")
    if output is not None:
        if output.suffix.lower() in (".html", ".htm"):
            write_html(facts, output, f"Pairs in {pairs.name}")
        else:
            draw_report(facts, output)
        typer.echo(f"Written to {output}")
    if check:
        problems = find_problems(facts)
        for problem in problems:
            typer.echo(f"Problem: {problem}")
        typer.echo(f"Problems found: {len(problems)}." if problems else "No problems found.")
        if problems:
            raise typer.Exit(1)
