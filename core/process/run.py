"""A video in, a refined sequence out: every frame is looked at once, and refined when all of them are known.

Threads: one decodes into a bounded queue, the caller's own detects, and one puts the packets together.
"""

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.looks import Look, look_names
from core.detection.looks_detector import open_detector
from core.detection.sideways import sideways_sentence, turn_to_upright_deg
from core.errors import SourceError
from core.files.names import shown
from core.pose.types import Frame
from core.process.duration import announce
from core.process.job import Job
from core.process.plan import Plan
from core.process.result_settings import Record
from core.refinement.offline_refinement import refine_offline
from core.refinement.pipeline import Pipeline
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder
from core.sources import Recorded, open_video
from core.sources.decoding import decoding
from core.system.version import program_version

_FEW_FOUND: Final = 0.5


@dataclass(frozen=True)
class Models:
    """What turns frames into poses.

    Attributes:
        looks: How MediaPipe looks at each frame.
        pose: Variant → its pose model.
        refiners: None leaves MediaPipe's joints as they are.
    """

    looks: tuple[Look, ...]
    pose: dict[str, PoseModel]
    refiners: Refiners | None

    @classmethod
    def load(cls, job: Job, report: Callable[[str], None]) -> "Models":
        """Load what a job asks for; `report` is told in a sentence about a download.

        Raises:
            ModelError: A model is missing or damaged.
        """
        settings, looks = job.settings, job.settings.file_looks
        refiners = Refiners.load(settings.refiner, looks) if settings.learned_depth_refinement else None
        variants = sorted({look.variant for look in looks})
        return cls(looks, {variant: load_pose_model(variant, report) for variant in variants}, refiners)

    def settings(self, job: Job) -> dict[str, Any]:
        """Return everything that changes the poses."""
        table: dict[str, Any] = {
            "looks": look_names(self.looks),
            "running_mode": "video",
            "pose_models": {variant: model.sha256 for variant, model in self.pose.items()},
            "learned_depth_refinement": job.settings.learned_depth_refinement,
            "start_s": job.start_s,
        }
        if job.end_s is not None:
            table["end_s"] = job.end_s
        table |= job.reading.table()
        if job.person is not None:
            table["person"] = str(job.person)
        if self.refiners is not None:
            table["refiners"] = self.refiners.table
        return table


@dataclass(frozen=True)
class Run:
    """What became of a video.

    Attributes:
        sequence: The refined poses; None when the work was interrupted before anybody was seen.
        n_frames: Frames looked at.
        is_partial: Interrupted: the sequence ends there.
        warnings: One sentence each.
    """

    sequence: PoseSequence | None
    n_frames: int
    is_partial: bool
    warnings: tuple[str, ...]


def run(
    plan: Plan,
    models: Models,
    record: Record,
    stop: Callable[[], bool],
    progress: Callable[[int, int | None], None],
    report: Callable[[str], None] = lambda _: None,
) -> Run:
    """Look at a video from beginning to end, or until `stop` says so, and refine what was seen.

    Args:
        plan: Which video.
        models: What looks at it.
        record: Input and settings, which the sequence carries along.
        stop: Asked often.
        progress: Told the number of frames done and expected.
        report: Told in a sentence how long a long video will take.

    Raises:
        SourceError: It cannot be read, or nobody is seen in it.
    """
    job = plan.job
    source = open_video(plan.video, start_s=job.start_s, end_s=job.end_s, reading=job.reading)
    announce(source, models.looks, models.pose.__getitem__, report)
    builder = SequenceBuilder()
    is_partial = _look(source, models, job, builder, stop, progress)
    n, name = len(builder), shown(source.name)
    warnings = [*source.warnings, *_warnings(builder, models, name)]
    smoothing, rate_hz = job.choices.filter, job.choices.rate_hz or source.fps
    if smoothing is not None and rate_hz and (left_out := smoothing.left_out_at(rate_hz)):
        warnings.append(left_out)
    if not builder.n_found and is_partial:
        return Run(None, n, is_partial, tuple(warnings))
    if not n:
        end = "its end" if job.end_s is None else f"{job.end_s:g} s"
        raise SourceError(f"{name} has no frame between {job.start_s:g} s and {end}.")
    if not builder.n_found:
        raise SourceError(
            f"Nobody was found in {name} ({n} frames looked at); choose a video or a range in which a person is seen "
            "larger."
        )
    sequence = builder.build(_meta(source, models, record, is_partial, warnings))
    if turn_deg := turn_to_upright_deg(sequence.landmarks_px):
        warnings.append(sideways_sentence(name, turn_deg))
        sequence.meta["warnings"] = warnings
    if models.refiners is not None:
        sequence = refine_offline(sequence, models.refiners)
    return Run(sequence, n, is_partial, tuple(warnings))


def _look(
    source: Recorded,
    models: Models,
    job: Job,
    builder: SequenceBuilder,
    stop: Callable[[], bool],
    progress: Callable[[int, int | None], None],
) -> bool:
    """Fill `builder` with what is seen, nothing of it refined yet; return whether it was interrupted."""
    is_stopped = False

    def until_stopped(frames: Iterator[Frame | None]) -> Iterator[Frame]:
        nonlocal is_stopped
        for frame in frames:
            is_stopped = stop()
            if is_stopped:
                return
            if frame is not None:
                yield frame

    point_px = None if job.person is None else (job.person.x_px, job.person.y_px)
    detector = open_detector(models.looks, models.pose.__getitem__, point_px=point_px)
    with Pipeline(detector, None) as pipeline, decoding(source) as frames:
        try:
            with contextlib.closing(pipeline.run(until_stopped(frames))) as packets:
                for packet in packets:
                    builder.append(packet)
                    progress(len(builder), source.n_frames)
        except KeyboardInterrupt:
            return True
    return is_stopped


def _meta(source: Recorded, models: Models, record: Record, is_partial: bool, warnings: list[str]) -> dict[str, Any]:
    return {
        "source": shown(source.name),
        "source_fingerprint": record.input["fingerprint"],
        "fps": source.fps,
        "played_hz": source.played_hz,
        "time_repairs": source.time_repairs,
        "settings": record.settings,
        "provider": None if models.refiners is None else models.refiners.provider,
        "mediapipe_version": importlib.metadata.version("mediapipe"),
        "program_version": program_version(),
        "partial": is_partial,
        "warnings": warnings,
        "units": {"_m": "metres", "_px": "pixels", "_s": "seconds", "_deg": "degrees"},
        "frame": "view-ray: hip-centred, x right, y down, z along the camera's ray to the hips, away from it",
    }


def _warnings(builder: SequenceBuilder, models: Models, name: str) -> list[str]:
    warnings = []
    if 0 < builder.n_found < _FEW_FOUND * len(builder):
        warnings.append(f"A person was found in only {builder.n_found} of {len(builder)} frames of {name}.")
    return [*warnings, *(() if models.refiners is None else models.refiners.mismatches)]
