"""TOML and JSON that anybody may have written: what is wrong with them is a ValueError, and no number is absurd."""

import json
import tomllib
from typing import Any, Final

_BOM: Final = "\ufeff"
"""What some editors of Windows put before UTF-8; part of no document."""
_MOST_DIGITS: Final = 18
"""Of a whole number, so that any fits into 64 bits: Python reads longer ones, which no array takes."""


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        ValueError: Not TOML, nested beyond reason, or with an absurdly long number.
    """
    try:
        table = tomllib.loads(text.removeprefix(_BOM))
        _check_numbers(table)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return table


def parse_json(text: str | bytes) -> Any:
    """Read JSON; NaN and infinities may be in it, as Python writes them.

    Raises:
        ValueError: Not JSON, nested beyond reason, or with an absurdly long number.
    """
    try:
        return json.loads(text.removeprefix(_BOM) if isinstance(text, str) else text, parse_int=_whole_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS + 1:  # and a sign
        raise ValueError(f"a number in it has {len(digits)} digits")
    return int(digits)


def _check_numbers(value: Any) -> None:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_numbers(item)
    elif isinstance(value, int) and abs(value) >= 10 ** (_MOST_DIGITS + 1):
        raise ValueError("a number in it is absurdly long")
