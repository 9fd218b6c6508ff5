"""Loads the pipeline that the window runs; called in the inference thread, since it takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.pipeline import Pipeline
from core.refiner import DepthRefiner
from core.settings import Settings

if TYPE_CHECKING:  # mediapipe takes a second to import; the window does not wait for it
    from core.detector import PoseDetector


class WindowPipeline(Pipeline):
    """A pipeline for a source in which one goes back and forth."""

    def __init__(self, detector: "PoseDetector", refiner: DepthRefiner | None) -> None:
        super().__init__(detector, refiner)
        self._tracker = detector

    def restart(self) -> None:
        """Forget everything that belongs to the frames before: bone lengths, filters, and whom MediaPipe followed."""
        self._tracker.reset()
        self.reset()


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline and what to say about it.

    Attributes:
        pipeline: Ready to process frames.
        model_name: The refiner's name, "" without one.
        provider: The execution provider it truly runs on, "" without one.
        notes: Sentences the user should read.
    """

    pipeline: WindowPipeline
    model_name: str
    provider: str
    notes: tuple[str, ...] = ()


def load_pipeline(settings: Settings, report: Callable[[str], None] = lambda _: None) -> LoadedPipeline:
    """Load the detector and the refiner; without a usable refiner the window still shows MediaPipe's joints.

    Raises:
        ModelError: The pose model cannot be had.
    """
    from core.detector import PoseDetector
    from core.pose_model import load_pose_model

    report("Loading the pose model…")
    detector = PoseDetector(load_pose_model(settings.variant, report))
    if not Path(settings.refiner).is_file():
        note = f"There is no refiner at {settings.refiner}; train one (Model menu), until then you see raw joints."
        return LoadedPipeline(WindowPipeline(detector, None), "", "", (note,))
    try:
        refiner = DepthRefiner(settings.refiner)
    except ModelError as error:
        note = f"{error} Until then you see raw joints."
        return LoadedPipeline(WindowPipeline(detector, None), "", "", (note,))
    card = refiner.card
    notes = ()
    if card.pose_variant != settings.variant:
        notes = (
            f"The refiner '{card.name}' was trained on the pose variant '{card.pose_variant}', but "
            f"'{settings.variant}' runs; choose '{card.pose_variant}' in the settings.",
        )
    return LoadedPipeline(WindowPipeline(detector, refiner), card.name, refiner.provider, notes)
