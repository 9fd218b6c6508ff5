"""The benches by name, imported only when they run: some need torch or Qt, which this package must not know.

Those of core are here; `main.py`, which may see everything, registers the others.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Final

from core.bench.clip import Bench, Figures

BENCHES: Final[dict[str, str]] = {
    "pipeline": "core.bench.pipeline:pipeline",
    "after_mediapipe": "core.bench.pipeline:after_mediapipe",
    "refiner": "core.bench.refiner:refiner_alone",
    "offline": "core.bench.offline:offline",
    "live": "core.bench.live:live",
    "start": "core.bench.start:start",
    "growth": "core.bench.growth:growth",
}
"""Name → module and function, in the order in which they run."""

OWN_PROCESS: Final = {"growth"}
"""Benches that tell how much memory is held: what others left behind must not count."""


def register(places: Mapping[str, str], *, own_process: frozenset[str] = frozenset()) -> None:
    """Add benches of other packages.

    Args:
        places: Name → `module:function`, the function from a `Bench` to its `Figures`.
        own_process: Those of them that need a process of their own.
    """
    BENCHES.update(places)
    OWN_PROCESS.update(own_process)


def load_bench(name: str) -> Callable[[Bench], Figures]:
    """Import a bench.

    Raises:
        ModuleNotFoundError: A package that it needs is missing.
    """
    module, _, function = BENCHES[name].partition(":")
    run: Callable[[Bench], Figures] = getattr(importlib.import_module(module), function)
    return run
