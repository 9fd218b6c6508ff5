"""Widgets with their properties set where they are made: PySide6 takes them by name, which its stubs do not know."""

from collections.abc import Callable
from typing import Any, TypeVar

Made = TypeVar("Made")


def made(kind: Callable[..., Made], *args: Any, **properties: Any) -> Made:
    """Return `kind(*args, **properties)`: a Qt object, its properties (and slots of its signals) by name.

    >>> made(QLabel, "Depth", objectName="caption", wordWrap=True)  # doctest: +SKIP
    """
    return kind(*args, **properties)
