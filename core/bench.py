"""Speed, measured as ratios within one run, against bars; a bar that is not met is listed, not hidden."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from core.atomic import write_text
from core.decoding import decoding
from core.detector import PoseDetector
from core.errors import SettingsError
from core.pipeline import Pipeline
from core.pose_model import PoseModel, load_pose_model
from core.refiner import DepthRefiner
from core.settings import Settings
from core.skeleton import N_JOINTS
from core.sources import VideoFile
from core.types import Detection, Frame, Refined

SAMPLE = Path(__file__).parents[1] / "assets" / "sample.mp4"
_MAX_FRAMES, _WARM_UP, _ROUNDS = 240, 20, 3
_REFINE_CALLS, _BATCH = 2000, 1024

Figures = dict[str, float]


@dataclass(frozen=True)
class Bar:
    """What a figure should reach.

    Attributes:
        bench: Its bench.
        figure: Its name there.
        limit: The bar.
        is_least: True when more is better.
    """

    bench: str
    figure: str
    limit: float
    is_least: bool

    def miss(self, results: dict[str, Figures]) -> str:
        """Return how the bar is missed, or "" when it is met or was not measured."""
        value = results.get(self.bench, {}).get(self.figure)
        if value is None or (value >= self.limit if self.is_least else value <= self.limit):
            return ""
        return f"{self.bench}.{self.figure} is {value:.4g}, the bar is {'≥' if self.is_least else '≤'} {self.limit:g}"


BARS = (
    Bar("pipeline", "fps_ratio", 0.95, is_least=True),
    Bar("after_mediapipe", "p50_ms", 0.5, is_least=False),
    Bar("after_mediapipe", "p99_ms", 2.0, is_least=False),
    Bar("after_mediapipe", "share_of_mediapipe", 0.03, is_least=False),
)


@dataclass(frozen=True)
class Bench:
    """What the benches run on: a clip and the models."""

    video: Path
    pose_model: PoseModel
    refiner: DepthRefiner

    def pipeline(self) -> Figures:
        """Compare `process` without writing (decoding ahead in a thread) with a bare loop, round by round."""
        bare, full = [], []
        for _ in range(_ROUNDS):
            bare.append(self._fps_bare())
            full.append(self._fps_full())
        ratios = [f / b for f, b in zip(full, bare, strict=True)]
        return {
            "fps": statistics.median(full),
            "bare_fps": statistics.median(bare),
            "fps_ratio": statistics.median(ratios),
            "fps_ratio_worst": min(ratios),
        }

    def after_mediapipe(self) -> Figures:
        """Time everything after MediaPipe inside the running pipeline."""
        detector = _TimedDetector(PoseDetector(self.pose_model))
        with Pipeline(detector, self.refiner) as pipeline, decoding(self._source()) as frames:
            packets = [pipeline.process(frame) for frame in _first(frames)]
        after_ms = np.array([p.refine_s for p in packets if p.detection.is_found][_WARM_UP:]) * 1e3
        detect_ms = np.array(detector.seconds[_WARM_UP:]) * 1e3
        if not len(after_ms):
            raise SettingsError(f"{self.video.name} shows a person in too few frames to measure; choose another clip.")
        return {
            "p50_ms": float(np.percentile(after_ms, 50)),
            "p99_ms": float(np.percentile(after_ms, 99)),
            "mediapipe_p50_ms": float(np.percentile(detect_ms, 50)),
            "share_of_mediapipe": float(after_ms.mean() / detect_ms.mean()),
        }

    def refiner_alone(self) -> Figures:
        """Time the refiner with nothing beside it: one pose at a time, and a large batch."""
        rng = np.random.default_rng(0)
        poses = rng.normal(0.0, 0.3, (_BATCH, N_JOINTS, 3)).astype(np.float32)
        seen, flat = np.ones((_BATCH, N_JOINTS), np.float32), poses[..., :2] * 300
        times = []
        for i in range(_WARM_UP + _REFINE_CALLS):
            k = i % _BATCH
            started = time.perf_counter()
            self.refiner.refine(poses[k], seen[k], flat[k])
            times.append(time.perf_counter() - started)
        started = time.perf_counter()
        for _ in range(_ROUNDS):
            self.refiner.refine_batch(poses, seen, flat)
        batch_s = (time.perf_counter() - started) / _ROUNDS
        us = np.array(times[_WARM_UP:]) * 1e6
        return {
            "p50_us": float(np.percentile(us, 50)),
            "p99_us": float(np.percentile(us, 99)),
            "batch_1024_poses_per_s": _BATCH / batch_s,
        }

    def _source(self) -> VideoFile:
        return VideoFile(self.video)

    def _fps_bare(self) -> float:
        with PoseDetector(self.pose_model) as detector:
            return _rate(detector.detect, self._source().frames())

    def _fps_full(self) -> float:
        pipeline = Pipeline(PoseDetector(self.pose_model), self.refiner)
        with pipeline, decoding(self._source()) as frames:
            return _rate(pipeline.process, frames)


class _TimedDetector:
    def __init__(self, detector: PoseDetector) -> None:
        self._detector, self.seconds = detector, list[float]()

    def detect(self, frame: Frame) -> Detection:
        started = time.perf_counter()
        detection = self._detector.detect(frame)
        self.seconds.append(time.perf_counter() - started)
        return detection

    def close(self) -> None:
        self._detector.close()


BENCHES: dict[str, Callable[[Bench], Figures]] = {
    "pipeline": Bench.pipeline,
    "after_mediapipe": Bench.after_mediapipe,
    "refiner": Bench.refiner_alone,
}


def run_bench(only: str | None, json_path: Path | None, video: Path, settings: Settings) -> dict[str, Any]:
    """Run the benches, print a table and write the figures.

    Args:
        only: One of BENCHES; None runs all.
        json_path: Where the JSON goes; None writes none.
        video: The clip.
        settings: Pose variant and refiner.

    Returns:
        Bench → its figures, and "misses": the bars not met, one sentence each.

    Raises:
        NdrError: Unknown bench, or the clip or a model cannot be read.
    """
    if only is not None and only not in BENCHES:
        raise SettingsError(f"There is no bench '{only}'; choose one of {', '.join(BENCHES)}.")
    bench = Bench(video, load_pose_model(settings.variant), DepthRefiner(settings.refiner))
    results = {name: run(bench) for name, run in BENCHES.items() if only in (None, name)}
    misses = [sentence for bar in BARS if (sentence := bar.miss(results))]
    document: dict[str, Any] = {**results, "misses": misses}
    if json_path is not None:
        write_text(json_path, json.dumps(document, indent=1))
    _print(results, misses)
    return document


def _first(frames: Iterator[Frame | None]) -> Iterator[Frame]:
    """Yield the frames that a bench uses."""
    n = 0
    for frame in frames:
        if frame is not None:
            yield frame
            n += 1
        if n == _MAX_FRAMES:
            return


def _rate(work: Callable[[Frame], Detection | Refined], frames: Iterator[Frame | None]) -> float:
    """Return the frames per second of `work`, its start-up left out."""
    n, started = 0, time.perf_counter()
    for frame in _first(frames):
        work(frame)
        n += 1
        if n == _WARM_UP:
            started = time.perf_counter()
    if n <= _WARM_UP:
        raise SettingsError(f"The clip has {n} frames, too few to measure; choose one with more than {_WARM_UP}.")
    return (n - _WARM_UP) / (time.perf_counter() - started)


def _print(results: dict[str, Figures], misses: list[str]) -> None:
    table = Table()
    for column in ("bench", "figure", "value"):
        table.add_column(column)
    for name, figures in results.items():
        for figure, value in figures.items():
            table.add_row(name, figure, f"{value:.4g}" if value < 1000 else f"{value:.0f}")
    console = Console()
    console.print(table)
    console.print("\n".join(f"Missed: {sentence}" for sentence in misses) or "All bars measured here are met.")
