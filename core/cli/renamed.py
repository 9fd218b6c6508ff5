"""Options that have a better name by now: the old one goes on working, and says so."""

from typing import Any

import typer
from typer.core import TyperCommand


def renamed(**names: str) -> type[TyperCommand]:
    """Return the class of a command that also knows options by the names that they had.

    Args:
        names: Old name → new one, as Python spells them: `travel="root_trajectory"` for --travel and --no-travel.
    """
    options = {_option(old): _option(new) for old, new in names.items()}
    options |= {f"--no-{old[2:]}": f"--no-{new[2:]}" for old, new in options.items()}

    class Renamed(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            return super().parse_args(ctx, [_told(arg, options) for arg in args])

    return Renamed


def _told(arg: str, options: dict[str, str]) -> str:
    name, equals, value = arg.partition("=")
    if name not in options:
        return arg
    typer.echo(f"Note: {name} is called {options[name]} now; the old name still works.", err=True)
    return options[name] + equals + value


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
