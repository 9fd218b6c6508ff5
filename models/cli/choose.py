"""`choose`: refiners on sets of real people → a table and, for each, keep or drop."""

from collections import defaultdict
from pathlib import Path

import typer


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("choose")(choose_command)


def choose_command(
    sets: list[str] = typer.Option(
        ..., "--set", help="NAME=PAIRS: a pair file or data set folder; repeat, also a name for more of its pairs."
    ),
    refiners: list[Path] = typer.Option(
        ..., "--refiner", help="A refiner (.onnx), NAME-heavy.onnx for heavy beside it; the first is the reference."
    ),
    looks: list[str] = typer.Option(
        [], "--looks", help="Measure the mean of these looks, such as full,full-mirrored; repeat for several."
    ),
    split: str | None = typer.Option(None, "--split", help="Only this split of the folders: train, val or test."),
    subjects: bool = typer.Option(False, "--by-subject", help="Every person is a set, as the dancers of AIST++."),
    fit: Path | None = typer.Option(None, "--fit", help="Measure simple baselines too, fitted on its train split."),
    output: Path | None = typer.Option(None, "-o", "--output", help="Write the table (.md) there."),
) -> None:
    """Say which of several refiners to keep: each set of people counts once, with all its MediaPipe variants.

    Kept is what lowers the mean of the sets' relative depth errors by 2 % against the first refiner while two of three
    sets do not get worse. Choose on people whom nobody trained on.
    """
    from rich.console import Console
    from rich.table import Table

    from core.detection.looks import parse_looks
    from core.errors import SettingsError
    from core.sequence.pairs import load_pairs, pair_files
    from models.baselines import BASELINES
    from models.baselines.choosing import (
        RAW,
        Row,
        by_subject,
        measure_choice,
        refiner_row,
        same_for_all,
        table_rows,
        verdicts,
        write_choice,
    )
    from models.cli.shown import shown_command

    files: dict[str, list[Path]] = defaultdict(list)
    for text in sets:
        name, separator, path = text.partition("=")
        if not separator or not name or not path:
            raise SettingsError(f"'{text}' is no set; give NAME=PAIRS.")
        files[name] += pair_files(Path(path), split)
    named = [refiner_row(path) for path in refiners]
    if len({name for name, _ in named}) < len(named):
        raise SettingsError("Two refiners have the same name on their cards; name each file once.")
    rows: dict[str, Row] = dict(named)
    reference = named[0][0]
    console = Console()
    with console.status("Measuring") as status:
        if fit is not None:
            pairs = [load_pairs(path) for path in pair_files(fit, "train")]
            rows |= {name: same_for_all(fitted(pairs)) for name, fitted in BASELINES.items() if name != RAW}
        choice = measure_choice(
            by_subject(files) if subjects else files, rows, [parse_looks(text) for text in looks], status.update
        )
    heading, lines = table_rows(choice)
    table = Table(title="MPJPE / depth, mm", title_justify="left")
    for column in heading:
        table.add_column(column, justify="right" if column else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    for sentence in verdicts(choice, reference):
        typer.echo(sentence)
    if output is not None:
        options = {"--set": sets, "--refiner": refiners, "--looks": looks, "--split": split,
                   "--by-subject": subjects, "--fit": fit, "-o": output}  # fmt: skip
        write_choice(output, choice, reference, shown_command("python main.py choose", options))
        typer.echo(f"Written to {output}")
