"""Loads the pipeline that the window runs; called in the inference thread, since it takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.choices import Choices
from core.detection.bundle import PoseModel
from core.errors import ModelError
from core.pose.types import Frame, Refined
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.settings import Settings

if TYPE_CHECKING:  # mediapipe takes a second to import; the window does not wait for it
    from core.detection.chosen_person import ChosenPerson
    from core.detection.detector import PoseDetector

_MOST_PEOPLE: Final = 4


class WindowPipeline(Pipeline):
    """A pipeline for a source in which one goes back and forth, and for a person who was pointed at.

    Threading: `choose_person` from any thread, the rest from the inference thread.
    """

    def __init__(self, detector: "PoseDetector", refiner: DepthRefiner | None) -> None:
        super().__init__(detector, refiner, smooth=True)
        self._tracker: PoseDetector | ChosenPerson = detector
        self._pose_model: PoseModel = detector.model
        self._point_px: tuple[float, float] | None = None

    def restart(self) -> None:
        """Forget everything that belongs to the frames before: bone lengths, filters, and whom MediaPipe followed."""
        self._tracker.reset()
        self.reset()

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
        from core.detection.chosen_person import ChosenPerson
        from core.detection.detector import PoseDetector

        self._tracker.close()
        self._tracker = ChosenPerson(PoseDetector(self._pose_model, n_people=_MOST_PEOPLE), point_px)
        self._detector = self._tracker
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
    from core.detection.bundle import load_pose_model
    from core.detection.detector import PoseDetector

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
            f"'{settings.variant}' runs; choose '{card.pose_variant}' in the processing panel.",
        )
    return LoadedPipeline(WindowPipeline(detector, refiner), card.name, refiner.provider, notes)
