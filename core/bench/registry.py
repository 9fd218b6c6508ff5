"""The benches by name, imported only when they run: some need torch or Qt, which this package must not."""

import importlib
from collections.abc import Callable
from typing import Final

from core.bench.clip import Bench, Figures

BENCHES: Final = {
    "pipeline": "core.bench.pipeline:pipeline",
    "after_mediapipe": "core.bench.pipeline:after_mediapipe",
    "refiner": "core.bench.refiner:refiner_alone",
    "arithmetic": "models.bench.arithmetic:arithmetic",
    "peers": "models.bench.peers:peers",
    "offline": "core.bench.offline:offline",
    "live": "core.bench.live:live",
    "display": "app.bench.live:display",
    "gui": "app.bench.gui:gui",
    "start": "core.bench.start:start",
    "studio": "models.bench.studio:studio",
    "training": "models.bench.training:training",
    "growth": "core.bench.growth:growth",
    "pairs": "models.bench.training:growth_with_pairs",
    "gpu": "models.bench.gpu:gpu",
}
"""Name → module and function."""

OWN_PROCESS: Final = frozenset({"display", "gui", "growth", "pairs"})
"""Benches that tell how much memory is held: what others left behind must not count."""


def load_bench(name: str) -> Callable[[Bench], Figures]:
    """Import a bench.

    Raises:
        ModuleNotFoundError: A package that it needs is missing.
    """
    module, _, function = BENCHES[name].partition(":")
    run: Callable[[Bench], Figures] = getattr(importlib.import_module(module), function)
    return run
