"""A video in, a refined sequence out: every frame is looked at once, and refined when all of them are known.

Threads: one decodes into a bounded queue, the caller's own detects, and one puts the packets together.
"""

import contextlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.looks import Look, look_names
from core.detection.looks_detector import open_detector
from core.detection.sideways import sideways_sentence, turn_to_upright_deg
from core.errors import SourceError
from core.process.duration import announce
from core.process.job import Job
from core.process.plan import Plan
from core.process.result_settings import Record
from core.refinement.offline_refinement import refine_offline
from core.refinement.pipeline import Pipeline
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder
from core.sources import Recorded, open_video
from core.sources.decoding import UntilStopped, decoding
from core.system.files.names import shown
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


class Seen(Protocol):
    """What was seen of a video's range, nothing of it refined yet.

    Attributes:
        n_found: Frames in which somebody was.
        is_partial: Whether it ends before the range does, since it was interrupted.
        warnings: What the source had to say, one sentence each.
        facts: More for the meta of the sequence.
        hold_bones: Whether bone lengths are to be the same in all frames.
    """

    @property
    def n_found(self) -> int: ...  # noqa: D102
    @property
    def is_partial(self) -> bool: ...  # noqa: D102
    @property
    def warnings(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def hold_bones(self) -> bool: ...  # noqa: D102

    def __len__(self) -> int: ...

    def build(self, meta: dict[str, Any]) -> PoseSequence:
        """Return it as a sequence."""


Stop = Callable[[], bool]
Count = Callable[[int, int | None], None]
See = Callable[["Plan", "Models", Stop, Count], Seen | None]
"""How a video is looked at: a plan and models → what was seen; None: frame by frame, now."""


def now(_plan: "Plan", _models: "Models", _stop: Stop, _progress: Count) -> None:
    """Look at it frame by frame, as `See` says."""


@dataclass(frozen=True)
class _Looked:
    """What was seen just now."""

    builder: SequenceBuilder
    is_partial: bool
    warnings: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    hold_bones: bool = True

    def __len__(self) -> int:
        return len(self.builder)

    @property
    def n_found(self) -> int:
        return self.builder.n_found

    def build(self, meta: dict[str, Any]) -> PoseSequence:
        return self.builder.build(meta)


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
    stop: Stop,
    progress: Count,
    report: Callable[[str], None] = lambda _: None,
    see: See = now,
) -> Run:
    """Look at a video from beginning to end, or until `stop` says so, and refine what was seen.

    Args:
        plan: Which video.
        models: What looks at it.
        record: Input and settings, which the sequence carries along.
        stop: Asked often.
        progress: Told the number of frames done and expected.
        report: Told in a sentence how long a long video will take.
        see: How it is looked at, if not frame by frame here.

    Raises:
        SourceError: It cannot be read, or nobody is seen in it.
    """
    job = plan.job
    source = open_video(plan.video, start_s=job.start_s, end_s=job.end_s, reading=job.reading)
    seen = see(plan, models, stop, progress)
    if seen is None:
        announce(source, models.looks, models.pose.__getitem__, report)
        seen = _look(source, models, job, stop, progress)
    n, name, is_partial = len(seen), shown(source.name), seen.is_partial
    warnings = [*seen.warnings, *_warnings(seen, models, name)]
    smoothing, rate_hz = job.choices.filter, job.choices.rate_hz or source.fps
    if smoothing is not None and rate_hz and (left_out := smoothing.left_out_at(rate_hz)):
        warnings.append(left_out)
    if not seen.n_found and is_partial:
        return Run(None, n, is_partial, tuple(warnings))
    if not n:
        end = "its end" if job.end_s is None else f"{job.end_s:g} s"
        raise SourceError(f"{name} has no frame between {job.start_s:g} s and {end}.")
    if not seen.n_found:
        raise SourceError(
            f"Nobody was found in {name} ({n} frames looked at); choose a video or a range in which a person is seen "
            "larger."
        )
    sequence = seen.build(_meta(source, models, record, is_partial, warnings) | seen.facts)
    if turn_deg := turn_to_upright_deg(sequence.landmarks_px):
        warnings.append(sideways_sentence(name, turn_deg))
        sequence.meta["warnings"] = warnings
    if models.refiners is not None:
        sequence = refine_offline(sequence, models.refiners, hold_bones=seen.hold_bones)
    return Run(sequence, n, is_partial, tuple(warnings))


def _look(
    source: Recorded,
    models: Models,
    job: Job,
    stop: Stop,
    progress: Count,
) -> Seen:
    """Look at every frame."""
    builder = SequenceBuilder()
    point_px = None if job.person is None else job.person.in_first_frame_px
    detector = open_detector(models.looks, models.pose.__getitem__, point_px=point_px)
    with Pipeline(detector, None) as pipeline, decoding(source) as decoded:
        frames = UntilStopped(decoded, stop)
        try:
            with contextlib.closing(pipeline.run(iter(frames))) as packets:
                for packet in packets:
                    builder.append(packet)
                    progress(len(builder), source.n_frames)
        except KeyboardInterrupt:
            frames.is_stopped = True
    return _Looked(builder, frames.is_stopped, tuple(source.warnings))


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


def _warnings(seen: Seen, models: Models, name: str) -> list[str]:
    warnings = []
    if 0 < seen.n_found < _FEW_FOUND * len(seen):
        warnings.append(f"A person was found in only {seen.n_found} of {len(seen)} frames of {name}.")
    return [*warnings, *(() if models.refiners is None else models.refiners.mismatches)]
