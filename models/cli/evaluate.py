"""`evaluate`: pair files and a refiner → how good it is, as a table and as JSON."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

_DECIMALS = {"bone_cv": 4}


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("evaluate")(evaluate_command)


def evaluate_command(
    pairs: Path = typer.Option(..., "--pairs", help="Pair file, or data set folder."),
    json_path: Path | None = typer.Option(None, "--json", help="Write the result there."),
    model: Path | None = typer.Option(None, "--model", help="A refiner (.onnx, its card beside it).  [default: ours]"),
    split: str | None = typer.Option(None, "--split", help="Only this split of the folder: train, val or test."),
) -> None:
    """Measure a refiner on pair files, against MediaPipe itself.

    Errors are of the 12 body joints, hip-centred, in the view-ray frame, in millimetres; frames and joints without
    ground truth are left out. The refiner sees no camera, no calibration and no truth.
    """
    from rich.console import Console

    from core.pairs import pair_files
    from core.refiner import DepthRefiner
    from core.settings import DEFAULT_REFINER
    from models.evaluation import evaluate_pairs, write_result

    files = pair_files(pairs, split)
    console = Console()
    with console.status("Measuring") as status:
        refiner = DepthRefiner(model or DEFAULT_REFINER)
        result = evaluate_pairs(files, refiner, lambda path: status.update(f"Measuring {path.name}"))
    console.print(result_table(result, f"{refiner.card.name} on {pairs.name}, {result['n_frames']:,} frames"))
    if json_path is not None:
        write_result(json_path, result)
        typer.echo(f"Written to {json_path}")


def result_table(result: dict[str, Any], title: str) -> "Table":
    """Return the terminal table: raw, refined and the change of each figure."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in ("raw", "refined", "change"):
        table.add_column(column, justify="right")
    for raw_group, group in (("raw", "refined"), ("viewpoint_raw", "viewpoint")):
        for name, refined in result[group].items():
            table.add_row(name, *_cells(name, result[raw_group][name], refined))
        table.add_section()
    return table


def _cells(name: str, raw: float, refined: float) -> tuple[str, str, str]:
    decimals = _DECIMALS.get(name, 1)

    def show(value: float) -> str:
        return f"{value:.{decimals}f}" if math.isfinite(value) else "-"

    change = f"{(refined - raw) / raw:+.0%}" if math.isfinite(refined - raw) and raw else "-"
    return show(raw), show(refined), change
