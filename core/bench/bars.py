"""What each figure should reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """What a figure should reach.

    Attributes:
        bench: Its bench.
        figure: Its name there.
        limit: The bar.
        is_least: True when more is better.
        why: Shown beside a miss: what holds it back, as far as it is known.
    """

    bench: str
    figure: str
    limit: float
    is_least: bool
    why: str = ""

    def miss(self, results: Mapping[str, Mapping[str, Any]]) -> str:
        """Return how the bar is missed, or "" when it is met or was not measured."""
        value = results.get(self.bench, {}).get(self.figure)
        if value is None or (value >= self.limit if self.is_least else value <= self.limit):
            return ""
        reason = f" ({self.why})" if self.why else ""
        side = "≥" if self.is_least else "≤"
        return f"{self.bench}.{self.figure} is {value:.4g}, the bar is {side} {self.limit:g}{reason}"

    def excess(self, results: Mapping[str, Mapping[str, Any]]) -> float:
        """Return by which factor the bar is missed; at most 1 when it is met, NaN when it was not measured."""
        value = results.get(self.bench, {}).get(self.figure)
        if value is None:
            return float("nan")
        return float(self.limit / value if self.is_least else value / self.limit)


_WEIGHTS = "the network's 5 MB of weights come from beyond the processor core's cache"
_PUSHED_OUT = f"{_WEIGHTS}, from which MediaPipe pushes them out between two frames"

BARS = (
    Bar("pipeline", "full_ratio", 1.35, is_least=True),
    Bar("pipeline", "heavy_ratio", 1.1, is_least=True),
    Bar("after_mediapipe", "p50_ms", 0.5, is_least=False, why=_PUSHED_OUT),
    Bar("after_mediapipe", "p99_ms", 1.5, is_least=False),
    Bar("after_mediapipe", "share_of_mediapipe", 0.04, is_least=False, why=_PUSHED_OUT),
    Bar("arithmetic", "batch_1_over_limit", 4.0, is_least=False, why=_WEIGHTS),
    Bar("arithmetic", "batch_1024_over_limit", 2.0, is_least=False),
    Bar("offline", "two_processes_speedup", 1.35, is_least=True),
    Bar("offline", "one_file_speedup", 1.35, is_least=True),
    Bar("live", "latency_over_budget", 1.0, is_least=False),
    Bar("display", "latency_over_budget", 1.0, is_least=False),
    Bar("display", "resident_mib", 1024.0, is_least=False),
    Bar("display", "growth_pct", 1.0, is_least=False),
    Bar("gui", "fps_ratio", 0.85, is_least=True),
    Bar("gui", "over_stock", 1.2, is_least=True),
    Bar("gui", "stall_p99_ms", 33.0, is_least=False),
    Bar("gui", "window_visible_s", 2.0, is_least=False),
    Bar("stage", "fps_ratio", 0.95, is_least=True),
    Bar("takes", "analysis_ratio", 0.95, is_least=True),
    Bar("takes", "stall_p99_ms", 33.0, is_least=False),
    Bar("takes", "scrub_p99_ms", 50.0, is_least=False),
    Bar("takes", "again_s", 2.0, is_least=False),
    Bar("takes", "resident_mib", 1024.0, is_least=False),
    Bar("start", "first_frame_s", 3.0, is_least=False),
    Bar("studio", "fps_ratio", 0.5, is_least=True),
    Bar("training", "samples_ratio", 0.9, is_least=True),
)
