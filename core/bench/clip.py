"""What every bench runs on: a clip, the models, and how much of the clip."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from core.detection.bundle import PoseModel, load_pose_model, load_stock_pose_model
from core.detection.detector import PoseDetector
from core.errors import SettingsError
from core.pose.types import Frame
from core.refinement.refiner import DepthRefiner
from core.sources import VideoFile

Figures = dict[str, Any]
"""Name → number, or → {x: number} for a figure that was measured at several sizes."""


@dataclass(frozen=True)
class Bench:
    """What the benches run on.

    Attributes:
        video: The clip.
        pose_model: MediaPipe's.
        refiner: The refiner.
        max_frames: Of the clip, per round.
        rounds: How often a comparison is repeated; the median counts.
        scale: 1 measures in full; less makes the long benches smaller, for trying out.
    """

    video: Path
    pose_model: PoseModel
    refiner: DepthRefiner
    max_frames: int = 240
    rounds: int = 3
    scale: float = 1.0

    @property
    def warm_up(self) -> int:
        """Frames that are not counted: caches fill, MediaPipe starts to track."""
        return min(20, self.max_frames // 4)

    def frames(self) -> Iterator[Frame]:
        """Decode the clip, as far as it is used."""
        return self.first(VideoFile(self.video).frames())

    def first(self, frames: Iterator[Frame | None]) -> Iterator[Frame]:
        """Yield the frames that a bench uses."""
        n = 0
        for frame in frames:
            if frame is not None:
                yield frame
                n += 1
            if n == self.max_frames:
                return

    def rate(self, results: Iterable[object]) -> float:
        """Return how many results come per second, one for each frame, the start-up left out.

        Raises:
            SettingsError: The clip is too short.
        """
        n, started = 0, time.perf_counter()
        for _ in results:
            n += 1
            if n == self.warm_up:
                started = time.perf_counter()
        if n <= self.warm_up:
            raise SettingsError(
                f"The clip has {n} frames, too few to measure; choose one with more than {self.warm_up}."
            )
        return (n - self.warm_up) / (time.perf_counter() - started)

    def detector(self) -> PoseDetector:
        """Load a detector."""
        return PoseDetector(self.pose_model)

    def stock_detector(self) -> PoseDetector:
        """Load the same variant as MediaPipe has it, with its mask: what comparisons are made with."""
        return PoseDetector(load_stock_pose_model(self.pose_model.variant))

    def with_variant(self, variant: str) -> Self:
        """Return the bench on another of MediaPipe's variants, whoever the refiner was made for."""
        return replace(self, pose_model=load_pose_model(variant))

    def scaled(self, n: int, least: int = 1) -> int:
        """Return n, smaller when the bench is scaled down."""
        return max(round(n * self.scale), least)
