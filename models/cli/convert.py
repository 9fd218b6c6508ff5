"""`convert`: published or calibrated footage → training pairs; one subcommand for each kind of footage."""

import importlib
import importlib.util

import typer

_PARTS = ("models.cli.convert_aist", "models.cli.convert_multiview")


def register(cli: typer.Typer) -> None:
    """Add the group with its subcommands."""
    convert = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    convert.callback()(_convert)
    for name in _PARTS:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).register(convert)
    cli.add_typer(convert, name="convert")


def _convert() -> None:
    """Turn footage with known geometry into training pairs."""
