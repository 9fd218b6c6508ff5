"""What `process` is given instead of looking at a video itself: what a take knows of it, and of one person in it."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.detection.looks import look_names
from core.errors import DataError
from core.process.job import Job
from core.process.plan import Plan
from core.process.run import Models
from core.sequence.pose_sequence import PoseSequence
from core.sources.reading import AS_IT_SAYS, Reading
from core.take.analysis import Analysed
from core.take.command import analyse_take
from core.take.content import content_hash
from core.take.detections import Completed, DetectionReader, Detections
from core.take.instrument import instrument_of, looks_for
from core.take.refine import as_taken
from core.take.store import TakeFolder
from core.take.take import Take

_BUSY_AGAIN_S: Final = 0.5

Stop = Callable[[], bool]
Count = Callable[[int, int | None], None]


@dataclass(frozen=True)
class SeenBefore:
    """Detections of a take as `core.process.run.Seen` wants them."""

    detections: Detections
    is_partial: bool
    warnings: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    hold_bones: bool = True

    def __len__(self) -> int:
        return len(self.detections)

    @property
    def n_found(self) -> int:
        """Frames in which the person was seen."""
        return int(np.isfinite(self.detections.landmarks_m).all(axis=(1, 2)).sum())

    def build(self, meta: dict[str, Any]) -> PoseSequence:
        """Return it as a sequence."""
        return self.detections.sequence(meta)


@dataclass(frozen=True)
class OfTake:
    """Sees a video as its take does; what is not analysed yet is, and kept.

    Attributes:
        folder: Of the take.
    """

    folder: Path

    def __call__(self, plan: Plan, models: Models, stop: Stop, progress: Count) -> SeenBefore:
        """See `core.process.run.See`.

        Raises:
            DataError: The take is of another video, or cannot be read.
        """
        take, content = TakeFolder(self.folder).load(), content_hash(plan.video)
        if take.content != content:
            raise DataError(
                f"{self.folder} is the take of another video than {plan.video.name}; name its own, or none."
            )
        return _seen(self.folder, take, content, plan, models, stop, progress)

    def job(self, job: Job) -> Job:
        """Return the job with what the take knows: looks, person, mirror image, height, camera and filter.

        Raises:
            DataError: The take cannot be read.
        """
        take = TakeFolder(self.folder).load()
        looks = looks_for(take.processing.chosen_looks or job.settings.file_looks, take.person)
        return replace(
            job,
            settings=replace(job.settings, looks=look_names(looks), variant=""),
            choices=take.choices(job.choices),
            person=take.person,
            reading=replace(job.reading, is_mirrored=take.camera.is_mirrored),
        )


def chosen_later(plan: Plan, models: Models, stop: Stop, progress: Count) -> SeenBefore | None:
    """See a person who is chosen at another time than the first: all people are, and one is followed both ways.

    Everybody else is looked at as ever: `core.process.run.See`.
    """
    person = plan.job.person
    if person is None or not person.time_s:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return _seen(Path(folder), Take(person=person), "", plan, models, stop, progress, plan.job.reading)


def _seen(
    folder: Path,
    take: Take,
    content: str,
    plan: Plan,
    models: Models,
    stop: Stop,
    progress: Count,
    reading: Reading = AS_IT_SAYS,
) -> SeenBefore:
    looks = looks_for(models.looks, take.person)
    analysed = Analysed(0, is_busy=True)
    while analysed.is_busy and not stop():
        analysed = analyse_take(
            plan.video, TakeFolder(folder), content, looks, take.person, reading=reading, stop=stop, progress=progress
        )
        if analysed.is_busy:  # the window is at it; what it writes is waited for
            time.sleep(_BUSY_AGAIN_S)
    path = instrument_of(looks, models.pose, take.person).path(folder)
    seen, completed, known = as_taken(DetectionReader(path).read(), take), Completed.load(path), take.facts()
    range_s = (plan.job.start_s, np.inf if plan.job.end_s is None else plan.job.end_s)
    return SeenBefore(
        seen.rows(slice(*np.searchsorted(seen.time_s, range_s))),
        is_partial=not analysed.is_complete,
        warnings=() if completed is None else completed.warnings,
        facts={"take": known} if known else {},
        hold_bones=take.processing.hold_bones,
    )
