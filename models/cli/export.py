"""`export`: a checkpoint → an ONNX refiner and its card."""

from pathlib import Path

import typer


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("export")(export_command)


def export_command(
    checkpoint: list[Path] = typer.Option(
        ..., "--checkpoint", help="best.ckpt of a training run; may be repeated: the networks are averaged."
    ),
    output: Path = typer.Option(..., "-o", "--output", help="The .onnx file; its card (.toml) is put beside it."),
    name: str = typer.Option("", help="Shown in the status line.  [default: the file's name]"),
    measure: list[str] = typer.Option(
        [], help="Pairs to measure it on, for the card: PATH or PATH:SPLIT; may be repeated."
    ),
    unstated_licence: str = typer.Option(
        "", help="What the card says of training data whose files do not state a licence."
    ),
) -> None:
    """Export a trained refiner to ONNX; refused unless ONNX Runtime computes what torch does."""
    from core.system.files.endings import require_ending
    from models.export import export

    require_ending(output, (".onnx",), "a refiner")
    first, *others = checkpoint
    result = export(
        first,
        output,
        others=others,
        name=name,
        unstated_licence=unstated_licence,
        measure_on=dict(map(pair_set, measure)),
    )
    typer.echo(
        f"{result.path}: {result.n_parameters:,} parameters, {result.n_bytes / 1e6:.2f} MB, "
        f"differs from torch by at most {result.parity:.1g}, {result.latency_us:.0f} µs a frame on one thread"
    )


def pair_set(text: str) -> tuple[str, list[Path]]:
    """Return the name and the files of PATH or PATH:SPLIT.

    Raises:
        DataError: Nothing there, or no such split.
    """
    from core.sequence.pairs import pair_files

    path, split = text, None
    if not Path(text).exists() and ":" in text:
        path, _, split = text.rpartition(":")
    return Path(path).stem + (f"_{split}" if split else ""), pair_files(Path(path), split)
