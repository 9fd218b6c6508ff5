"""`export`: a checkpoint → an ONNX refiner and its card."""

from pathlib import Path

import typer


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("export")(export_command)


def export_command(
    checkpoint: Path = typer.Option(..., "--checkpoint", help="best.ckpt of a training run."),
    output: Path = typer.Option(..., "-o", "--output", help="The .onnx file; its card (.toml) is put beside it."),
    name: str = typer.Option("", help="Shown in the status line.  [default: the file's name]"),
) -> None:
    """Export a trained refiner to ONNX; refused unless ONNX Runtime computes what torch does."""
    from models.export import export

    result = export(checkpoint, output, name=name)
    typer.echo(
        f"{result.path}: {result.n_parameters:,} parameters, {result.n_bytes / 1e6:.2f} MB, "
        f"differs from torch by at most {result.parity:.1g}, {result.latency_us:.0f} µs a frame on one thread"
    )
