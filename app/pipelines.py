"""Loads the pipeline that the window runs; called in the inference thread, since it takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError
from core.pipeline import Pipeline
from core.settings import Settings


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline and what to say about it.

    Attributes:
        pipeline: Ready to process frames.
        model_name: The refiner's name, "" without one.
        provider: The execution provider it truly runs on, "" without one.
        notes: Sentences the user should read.
    """

    pipeline: Pipeline
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
    from core.refiner import DepthRefiner

    report("Loading the pose model…")
    detector = PoseDetector(load_pose_model(settings.variant, report))
    if not Path(settings.refiner).is_file():
        note = f"There is no refiner at {settings.refiner}; train one (Model menu), until then you see raw joints."
        return LoadedPipeline(Pipeline(detector, None), "", "", (note,))
    try:
        refiner = DepthRefiner(settings.refiner)
    except ModelError as error:
        note = f"{error} Until then you see raw joints."
        return LoadedPipeline(Pipeline(detector, None), "", "", (note,))
    card = refiner.card
    notes = ()
    if card.pose_variant != settings.variant:
        notes = (
            f"The refiner '{card.name}' was trained on the pose variant '{card.pose_variant}', but "
            f"'{settings.variant}' runs; choose '{card.pose_variant}' in the settings.",
        )
    return LoadedPipeline(Pipeline(detector, refiner), card.name, refiner.provider, notes)
