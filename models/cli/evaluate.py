"""`evaluate`: pair files and a refiner → how good it is, as a table and as JSON."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

_SAMPLES = 1_000_000
_DECIMALS = {"bone_cv": 4}
_NARROW = ("MPJPE", "depth", "PA", "bone CV", "accel", "worse %", "azimuth")  # what fits 80 columns
_NAME_WIDTH = 22


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("evaluate")(evaluate_command)


def evaluate_command(
    pairs: list[Path] = typer.Option(..., "--pairs", help="Pair file, or data set folder; repeat for several."),
    json_path: Path | None = typer.Option(None, "--json", help="Write the result there; by data set if several."),
    model: Path | None = typer.Option(None, "--model", help="A refiner (.onnx, its card beside it).  [default: ours]"),
    split: str | None = typer.Option(None, "--split", help="Only this split of the folders: train, val or test."),
    table: Path | None = typer.Option(None, "--table", help="Compare with baselines; write the tables (.md) there."),
    beside: list[Path] = typer.Option([], "--beside", help="Another refiner for the table, as an earlier one; repeat."),
    fit: Path | None = typer.Option(None, "--fit", help="Data set whose train split the baselines are fitted on."),
    samples: int = typer.Option(
        _SAMPLES, min=0, help="Frames that each baseline with a network sees in training; 0 leaves those out."
    ),
    poses: Path | None = typer.Option(None, help="Pose pool that such baselines are taught with too, as `train` has."),
) -> None:
    """Measure a refiner on pair files, against MediaPipe itself.

    Errors are of the 12 body joints, hip-centred, in the view-ray frame, in millimetres; frames and joints without
    ground truth are left out. The refiner sees no camera, no calibration and no truth.
    """
    from rich.console import Console

    from core.errors import SettingsError
    from core.refinement.refiner import DepthRefiner
    from core.sequence.pairs import pair_files, pair_splits
    from core.system.files.program import DEFAULT_REFINER
    from models.baselines.comparison import compare, write_markdown
    from models.cli.shown import shown_command
    from models.data.pose_pool import load_pose_pool
    from models.evaluation.measure import evaluate_pairs, write_result

    if (table is None) != (fit is None):
        raise SettingsError("--table and --fit belong together: the baselines of the table are fitted on --fit.")
    if beside and table is None:
        raise SettingsError("--beside adds rows to the table; give --table and --fit too.")
    sets = {name: pair_files(path, split) for name, path in _names(pairs).items()}
    if split is None and any(len(set(pair_splits(path).values())) > 1 for path in pairs):
        typer.echo("Measuring all splits together, training pairs included; --split test leaves them out.", err=True)
    console = Console()
    with console.status("Measuring") as status:
        refiner = DepthRefiner(model or DEFAULT_REFINER)
        name = refiner.card.name
        if table is None or fit is None:
            results = {
                label: evaluate_pairs(files, refiner, lambda path: status.update(f"Measuring {path.name}"))
                for label, files in sets.items()
            }
        else:
            pool = None if poses is None else load_pose_pool(poses)[0]
            training = pair_files(fit, "train")
            comparison = compare(sets, training, refiner, n_samples=samples, poses=pool, on_progress=status.update,
                                 beside=[DepthRefiner(path) for path in beside])  # fmt: skip
            results = {label: rows[name] for label, rows in comparison.results.items()}
    for label, result in results.items():
        console.print(result_table(result, f"{name} on {label}, {result['n_frames']:,} frames"))
        if table is not None:
            console.print(comparison_table(comparison.results[label]))
    if table is not None:
        options = {"--pairs": pairs, "--split": split, "--fit": fit, "--table": table, "--model": model,
                   "--beside": beside,
                   "--samples": samples if samples != _SAMPLES else None, "--poses": poses}  # fmt: skip
        command = shown_command("python main.py evaluate", options)
        write_markdown(table, comparison, f"{name} on {' and '.join(sets)}", command)
        typer.echo(f"Written to {table}")
    if json_path is not None:
        write_result(json_path, next(iter(results.values())) if len(results) == 1 else results)
        typer.echo(f"Written to {json_path}")


def _names(paths: list[Path]) -> dict[str, Path]:
    """Return what to call each data set: its name, or its whole path where names repeat."""
    names = [path.name for path in paths]
    return {path.name if names.count(path.name) == 1 else str(path): path for path in paths}


def comparison_table(results: dict[str, dict[str, Any]]) -> "Table":
    """Return the terminal table of refiner and baselines, a row each."""
    from rich.table import Table

    from models.baselines.comparison import HEADINGS, cells

    table = Table(title="Baselines, on the same frames", title_justify="left")
    table.add_column("", max_width=_NAME_WIDTH)
    for heading in _NARROW:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, result in results.items():
        row = dict(zip(HEADINGS, cells(result), strict=True))
        table.add_row(name, *(row[heading] for heading in _NARROW))
    return table


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
