"""Loads the pipeline that the window runs; called in the inference thread, since it takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.session.choices import Choices
from core.detection.looks import look_names
from core.detection.quality import carried_looks
from core.errors import ModelError
from core.pose.types import Frame, Refined
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.refinement.refiners import Refiners
from core.settings import Settings

if TYPE_CHECKING:  # mediapipe takes a second to import; the window does not wait for it
    from core.detection.looks_detector import Tracker

_USUAL_HZ: Final = 30.0


class WindowPipeline(Pipeline):
    """A pipeline with the window's switches, and for a person who was pointed at.

    Threading: `choose_person` from any thread, the rest from the inference thread.
    """

    def __init__(
        self,
        detector: "Tracker",
        refiner: DepthRefiner | Refiners | None,
        open_following: Callable[[tuple[float, float]], "Tracker"] | None = None,
    ) -> None:
        """Join them.

        Args:
            detector: Owned from now on.
            refiner: One, or one for every look; None leaves MediaPipe's joints.
            open_following: Opens a detector like it that follows who is nearest to a point, pixels.
        """
        super().__init__(detector, refiner, smooth=True)
        self._open_following = open_following
        self._point_px: tuple[float, float] | None = None

    def choose_person(self, point_px: tuple[float, float]) -> None:
        """Follow who is nearest to a point, pixels of the image, from the next frame on."""
        self._point_px = point_px

    def apply(self, choices: Choices) -> None:
        """Switch what works over time."""
        if self.stream is not None:
            self.stream.lock_bones = choices.lock_bones
            self.stream.smooth = choices.smooth
            self.stream.set_cutoff(choices.cutoff_hz)

    def process(self, frame: Frame) -> Refined:
        """Return the packet of one frame."""
        point_px, self._point_px = self._point_px, None
        if point_px is not None:
            self._follow(point_px)
        return super().process(frame)

    def _follow(self, point_px: tuple[float, float]) -> None:
        if self._open_following is None:
            return
        self._detector.close()
        self._detector = self._open_following(point_px)
        self.reset()


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline and what to say about it.

    Attributes:
        pipeline: Ready to process frames.
        model_name: The refiner's name, "" without one.
        provider: The execution provider it truly runs on, "" without one.
        notes: Sentences the user should read.
        facts: What sees and what refines, for recordings; only what JSON can hold.
    """

    pipeline: WindowPipeline
    model_name: str
    provider: str
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def load_pipeline(
    settings: Settings, report: Callable[[str], None] = lambda _: None, source_hz: float = _USUAL_HZ
) -> LoadedPipeline:
    """Load the detector and the refiner; without a usable refiner the window still shows MediaPipe's joints.

    Args:
        settings: Looks and refiner.
        report: Told what takes long.
        source_hz: Frames per second that are to be carried.

    Raises:
        ModelError: The pose model cannot be had.
    """
    from core.detection.bundle import load_pose_model
    from core.detection.look_rates import look_rate
    from core.detection.looks_detector import open_detector
    from core.sources.sample import sample_frames

    report("Loading the pose model…")
    models = cache(lambda variant: load_pose_model(variant, report))
    looks = settings.chosen_looks or carried_looks(
        source_hz, lambda tried: look_rate(tried, models, sample_frames, is_live=True, report=report)
    )
    detector = open_detector(looks, models)

    facts: dict[str, Any] = {
        "looks": look_names(looks),
        "pose_models": {look.variant: models(look.variant).sha256 for look in looks},
    }

    def pipeline(refiner: Refiners | None) -> WindowPipeline:
        return WindowPipeline(detector, refiner, lambda point_px: open_detector(looks, models, point_px=point_px))

    if not Path(settings.refiner).is_file():
        note = f"There is no refiner at {settings.refiner}; train one (Model menu), until then you see raw joints."
        return LoadedPipeline(pipeline(None), "", "", (note,), facts)
    try:
        refiners = Refiners.load(settings.refiner, looks)
    except ModelError as error:
        note = f"{error} Until then you see raw joints."
        return LoadedPipeline(pipeline(None), "", "", (note,), facts)
    return LoadedPipeline(
        pipeline(refiners), refiners.name, refiners.provider, refiners.mismatches, facts | {"refiners": refiners.table}
    )


def figures_of(loaded: LoadedPipeline | None) -> dict[str, str]:
    """Return what the status line says of a pipeline."""
    return {"model_name": loaded.model_name if loaded else "", "provider": loaded.provider if loaded else ""}
