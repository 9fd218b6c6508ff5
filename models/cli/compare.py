"""`compare`: rendered pairs beside real ones: which poses they hold, and how MediaPipe errs on them."""

from pathlib import Path

import typer

_NAMES = ("studio", "real")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("compare")(compare_command)


def compare_command(
    pairs: Path = typer.Argument(..., help="Pair file or data set folder, as of the studio."),
    real: Path = typer.Argument(..., help="Pair file or data set folder to compare with, as of real people."),
    output: Path = typer.Option(..., "-o", "--output", help="Folder for coverage.png, realism.png and realism.md."),
    split: str | None = typer.Option(None, "--split", help="Only this split of the first folder."),
    motion: list[Path] = typer.Option([], "--motion", help="Show the poses of this motion too; repeat for several."),
    names: tuple[str, str] = typer.Option(_NAMES, "--names", help="What the two are called in the result."),
) -> None:
    """Lay two sets of pairs beside each other, in their poses and in MediaPipe's errors.

    coverage.png: limb directions, viewpoints, height of the pelvis. realism.md and realism.png: bias and spread of
    MediaPipe's error per joint and per azimuth of the camera.
    """
    from rich.console import Console
    from rich.table import Table

    from core.errors import SettingsError
    from core.sequence.pairs import pair_files
    from models.cli.shown import shown_command, shown_path
    from models.evaluation.coverage import coverage_of_motions, coverage_of_pairs
    from models.evaluation.coverage_picture import draw_coverage
    from models.evaluation.realism import errors_of_pairs, overall_rows, write_realism
    from models.evaluation.realism_picture import draw_realism

    if names[0] == names[1]:
        raise SettingsError(f"Both sets are called {names[0]}; give two different --names.")
    console = Console()
    with console.status("Reading"):
        files = (pair_files(pairs, split), pair_files(real))
        rendered, real_ones = (errors_of_pairs(listed, name) for listed, name in zip(files, names, strict=True))
        sets = [coverage_of_pairs(listed, name) for listed, name in zip(files, names, strict=True)]
        if motion:
            from models.data.motion import collect_motions

            sets.insert(0, coverage_of_motions(collect_motions(motion).motions, "motion"))
        draw_coverage(sets, output / "coverage.png")
        draw_realism(rendered, real_ones, output / "realism.png")
        said = names if names != _NAMES else ()
        options = {"-o": output, "--split": split, "--motion": motion, "--names": said}
        command = shown_command(f"python main.py compare {shown_path(pairs)} {shown_path(real)}", options)
        write_realism(output / "realism.md", rendered, real_ones, command)
    table = Table(title="MediaPipe's error, mm", title_justify="left")
    for column in ("", "frames", "MPJPE", "depth", "across"):
        table.add_column(column, justify="right" if column else "left")
    for row in overall_rows(rendered, real_ones):
        table.add_row(*row)
    console.print(table)
    typer.echo(f"Written to {output}: coverage.png, realism.png, realism.md")
