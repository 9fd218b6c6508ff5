"""Speed, measured as ratios within one run, against bars; a bar that is not met is listed, not hidden."""

from core.bench.bars import BARS, Bar
from core.bench.clip import Bench, Figures
from core.bench.registry import BENCHES
from core.bench.run import run_bench

__all__ = ["BARS", "BENCHES", "Bar", "Bench", "Figures", "run_bench"]
