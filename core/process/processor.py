"""From plan to files: what is there already is not made again, the rest is run and exported."""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import DataError, NdrError, OutputError
from core.exporters import npz
from core.exporters.pictures.annotated_video import VIDEOS
from core.process.export import draw_videos, how_made, write_numbers
from core.process.job import Job
from core.process.plan import Plan, plan_video, remove_results
from core.process.result_settings import Record, forget
from core.process.run import Models, See, now, run
from core.sequence.pairs import load_pairs
from core.sequence.pose_sequence import PoseSequence
from core.sequence.truth import Figures, Truth, align_truth, azimuth_median_error_deg, figures
from core.system.files.names import shown
from core.system.progress import Progress


@dataclass(frozen=True)
class ProcessResult:
    """What became of one video.

    Attributes:
        source: The file.
        files: Format → file written.
        n_frames: Frames processed.
        n_found: Frames with a person.
        raw: Figures of MediaPipe's joints; None when nothing was written, or nothing that they can be read from.
        refined: The same of the refined joints.
        azimuth_error_deg: Median error of the viewpoint; NaN without truth.
        is_partial: Interrupted: the files hold the frames until then and say so in their names, or videos are missing.
        is_skipped: It had been finished before.
        is_exported_again: Only exported, from the archive of a run before this one.
        warnings: One sentence each.
    """

    source: Path
    files: dict[str, Path] = field(default_factory=dict)
    n_frames: int = 0
    n_found: int = 0
    raw: Figures | None = None
    refined: Figures | None = None
    azimuth_error_deg: float = float("nan")
    is_partial: bool = False
    is_skipped: bool = False
    is_exported_again: bool = False
    warnings: tuple[str, ...] = ()


Watch = Callable[[Progress], None]


class Processor:
    """Process videos with one set of models.

    Args:
        job: What to do.
        stop: Asked often; True ends the work with a valid partial result.
        report: Told in a sentence about a download, and how long a long video will take.
        see: How a video is looked at, if not frame by frame (`core.process.run`).
    """

    def __init__(
        self,
        job: Job,
        *,
        stop: Callable[[], bool] = lambda: False,
        report: Callable[[str], None] = lambda _: None,
        see: See = now,
    ) -> None:
        """Check the output folder, then load the models.

        Raises:
            OutputError: The folder cannot be written to.
            ModelError: A model is missing or damaged.
        """
        self.job, self._stop, self._report, self._see = job, stop, report, see
        _require_writable(job.out_dir)
        self._models = Models.load(job, report)
        self._pairs = load_pairs(job.truth) if job.truth is not None else None

    def process(self, video: Path | Plan, progress: Watch = lambda _: None) -> ProcessResult:
        """Process one video, or skip it when a finished result of the same settings is there.

        Args:
            video: The file, or its plan when it is one of several.
            progress: Told how far it is.

        Raises:
            SourceError: It cannot be read, or nobody is seen in it; nothing is written.
            OutputError: A file cannot be written, or would replace what must not be replaced.
            DataError: The truth is not of this video.
        """
        plan = video if isinstance(video, Plan) else plan_video(video, self.job)
        record = Record(plan.input, self._models.settings(self.job))
        earlier = None if self.job.overwrite else plan.earlier
        if earlier is not None and earlier.is_complete and earlier.is_of(record):
            with contextlib.suppress(DataError):  # what is damaged is made again
                return self._from_archive(plan, record, earlier, progress)
        ran = run(plan, self._models, record, self._stop, _told(progress, plan), self._report, self._see)
        if ran.sequence is None:
            result = ProcessResult(plan.video, n_frames=ran.n_frames, is_partial=True)
        elif ran.is_partial:
            result = self._save_partial(plan, record, ran.sequence)
        else:
            result = self._export(plan, record, ran.sequence, plan.paths, progress)
        return replace(result, warnings=(*plan.notes, *ran.warnings))

    def _from_archive(self, plan: Plan, record: Record, earlier: Record, progress: Watch) -> ProcessResult:
        """Make what is lacking of the poses of a run before this one; nothing when nothing is.

        Raises:
            DataError: There is no such archive, or it is damaged.
        """
        lacking = earlier.lacking(plan.paths, how_made(self.job, plan.paths))
        if not lacking and "npz" not in plan.paths:
            return ProcessResult(plan.video, plan.paths, is_skipped=True, warnings=plan.notes)
        sequence = npz.load(plan.archive)
        result = self._export(plan, record, sequence, lacking, progress) if lacking else self._measured(plan, sequence)
        return replace(result, is_skipped=not lacking, is_exported_again=bool(lacking), warnings=plan.notes)

    def _export(
        self, plan: Plan, record: Record, sequence: PoseSequence, paths: Mapping[str, Path], progress: Watch
    ) -> ProcessResult:
        """Write `paths` of finished poses, and the record that says so: numbers first, which are small, then videos."""
        videos = {name: path for name, path in paths.items() if name in VIDEOS}
        numbers = {name: path for name, path in paths.items() if name not in VIDEOS}
        record = record.begun(_names(paths), plan.earlier)
        record.save(plan.record_path)
        forget(self.job.out_dir, plan.stem, _names(paths), by_export=False)
        result = self._measured(plan, sequence)
        made = write_numbers(sequence, self.job, numbers, self._truth(sequence), plan.video)
        facts = {"n_frames": result.n_frames, "n_found": result.n_found, "warnings": sequence.meta.get("warnings", [])}
        record = record.wrote(_names(numbers), made, complete=True, **facts)
        record.save(plan.record_path)
        remove_results(plan.partial)
        try:
            is_drawn = draw_videos(sequence, plan.video, self.job, videos, self._stop, _told(progress, plan, "drawing"))
        except NdrError as error:
            raise type(error)(f"{error} {self._kept(plan, record, sequence)}") from error
        if videos and is_drawn:
            record.wrote(_names(videos), {}).save(plan.record_path)
        return replace(result, is_partial=not is_drawn)

    def _kept(self, plan: Plan, record: Record, sequence: PoseSequence) -> str:
        """Return what is there of a video of which no picture could be drawn; poses that nobody asked for are saved."""
        if plan.archive.name in record.result["files"]:
            return f"The poses are kept: {plan.archive}."
        with contextlib.suppress(NdrError):
            made = write_numbers(sequence, self.job, {"npz": plan.archive}, None)
            record.wrote([plan.archive.name], made).save(plan.record_path)
            return f"The poses are kept: {plan.archive}."
        return "The poses could not be kept either."

    def _save_partial(self, plan: Plan, record: Record, sequence: PoseSequence) -> ProcessResult:
        """Save the beginning of a video beside what may be there of all of it; a longer beginning stays."""
        part = plan.partial
        earlier = Record.load(part.record_path)
        if earlier is not None and earlier.is_of(record) and earlier.result.get("n_frames", 0) > len(sequence):
            with contextlib.suppress(DataError):
                return replace(self._measured(part, npz.load(part.archive)), is_partial=True)
        record = record.begun(_names(part.paths), earlier)
        record.save(part.record_path)
        result = self._measured(part, sequence)
        made = write_numbers(sequence, self.job, part.paths, self._truth(sequence), plan.video)
        facts = {"n_frames": result.n_frames, "n_found": result.n_found, "warnings": sequence.meta.get("warnings", [])}
        record.wrote(_names(part.paths), made, complete=False, **facts).save(part.record_path)
        return replace(result, is_partial=True)

    def _truth(self, sequence: PoseSequence) -> Truth | None:
        return None if self._pairs is None else align_truth(self._pairs, sequence)

    def _measured(self, plan: Plan, sequence: PoseSequence) -> ProcessResult:
        truth = self._truth(sequence)
        return ProcessResult(
            source=plan.video,
            files=plan.paths,
            n_frames=len(sequence),
            n_found=int(sequence.is_found.sum()),
            raw=figures(sequence.raw_m, truth),
            refined=figures(sequence.joints_m, truth),
            azimuth_error_deg=azimuth_median_error_deg(sequence, truth),
        )


def _names(paths: Mapping[str, Path]) -> list[str]:
    return [path.name for path in paths.values()]


def _told(progress: Watch, plan: Plan, phase: str = "") -> Callable[[int, int | None], None]:
    return lambda done, total: progress(Progress(done, total, "frames", shown(plan.video.name), phase))


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"Cannot write to the folder {folder}: {reason}; choose another with -o.") from error
