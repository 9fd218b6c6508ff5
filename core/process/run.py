"""A video file in, files of refined poses out: nothing dropped, nothing half-written.

Threads: one decodes into a bounded queue, the caller's own detects, one refines, and one draws and encodes each video
that is asked for.
"""

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.detection.bundle import load_pose_model
from core.detection.looks import look_names
from core.detection.looks_detector import open_detector
from core.errors import DataError, OutputError, SourceError
from core.exporters import EXPORTERS, npz
from core.exporters.pictures.annotated_video import VIDEOS, AnnotatedVideo
from core.exporters.pictures.report import save_report
from core.files.atomic import atomic_path
from core.pose.types import Frame
from core.process.plan import Job, output_paths
from core.process.result_settings import Record, describe_input
from core.refinement.offline_refinement import refine_offline
from core.refinement.pipeline import Pipeline
from core.refinement.refiners import Refiners
from core.sequence.pairs import load_pairs
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder
from core.sequence.truth import Figures, Truth, align_truth, azimuth_median_error_deg, figures
from core.sources import VideoFile
from core.sources.decoding import decoding
from core.version import program_version

_FEW_FOUND = 0.5


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
        is_partial: Interrupted: the files hold the frames until then.
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


Progress = Callable[[int, int | None], None]
"""Told the number of frames done and expected."""


class Processor:
    """Process videos with one set of models.

    Args:
        job: What to do.
        stop: Asked often; True ends the work with a valid partial result.
        report: Told in a sentence about a download.
    """

    def __init__(
        self,
        job: Job,
        *,
        stop: Callable[[], bool] = lambda: False,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Check the output folder, then load the models.

        Raises:
            OutputError: The folder cannot be written to.
            ModelError: A model is missing or damaged.
        """
        self.job, self._stop = job, stop
        _require_writable(job.out_dir)
        settings = job.settings
        self._looks = settings.file_looks
        self._refiner = Refiners.load(settings.refiner, self._looks) if settings.learned_depth_refinement else None
        self._pose_models = {
            variant: load_pose_model(variant, report) for variant in sorted({look.variant for look in self._looks})
        }
        self._pairs = load_pairs(job.truth) if job.truth is not None else None

    def process(self, video: Path, progress: Progress = lambda _done, _expected: None) -> ProcessResult:
        """Process one video, or skip it when a finished result of the same settings is there.

        Raises:
            SourceError: It cannot be read, or nobody is seen in it; nothing is written.
            OutputError: A file cannot be written, or the results there are of another video.
            DataError: The truth is not of this video.
        """
        job = self.job
        source = VideoFile(video, start_s=job.start_s, end_s=job.end_s)
        record = Record(describe_input(video), self._settings())
        paths = output_paths(job, video)
        earlier = None if job.overwrite else Record.load(paths["toml"])
        if earlier is not None and earlier.input != record.input:
            raise OutputError(
                f"{job.out_dir} already holds the result of another video named {video.stem}; "
                "choose another folder or add --overwrite."
            )
        if earlier is not None and earlier.vouches_for(record, list(paths.values())):
            with contextlib.suppress(DataError):  # a damaged result is made again
                return self._finished(video, paths)
        if earlier is not None and earlier.is_source_for(record):
            with contextlib.suppress(DataError):
                return self._exported_again(video, record, earlier, paths)
        drawn = [AnnotatedVideo(paths[name], source.fps, v.draw) for name, v in VIDEOS.items() if name in paths]
        try:
            return self._make(source, record, paths, drawn, progress)
        finally:
            for animated in drawn:
                animated.discard()

    def _make(
        self,
        source: VideoFile,
        record: Record,
        paths: dict[str, Path],
        drawn: Sequence[AnnotatedVideo],
        progress: Progress,
    ) -> ProcessResult:
        builder = SequenceBuilder()
        is_partial = self._run(source, builder, drawn, progress)
        n, n_found, warnings = len(builder), builder.n_found, self._warnings(source, builder)
        if not n_found and is_partial:
            return ProcessResult(source.path, n_frames=n, is_partial=True, warnings=warnings)
        if not n:
            end = "its end" if self.job.end_s is None else f"{self.job.end_s:g} s"
            raise SourceError(f"{source.name} has no frame between {self.job.start_s:g} s and {end}.")
        if not n_found:
            raise SourceError(
                f"Nobody was found in {source.name} ({n} frames looked at); choose a video or a range in which a "
                "person is seen larger."
            )
        sequence = builder.build(self._meta(source, record, is_partial, warnings))
        if self._refiner is not None:
            sequence = refine_offline(sequence, self._refiner)
        truth = None if self._pairs is None else align_truth(self._pairs, sequence)
        paths["toml"].unlink(missing_ok=True)  # an old record must not vouch for new files
        used = self._export(sequence, paths, truth)
        for animated in drawn:
            animated.finish()
        result = {
            "complete": not is_partial,
            "files": _file_names(paths),
            "n_frames": n,
            "n_found": n_found,
            "warnings": list(warnings),
            "export": used,
        }
        replace(record, result=result).save(paths["toml"])
        return replace(_measured(source.path, paths, sequence, truth), is_partial=is_partial, warnings=warnings)

    def _export(self, sequence: PoseSequence, paths: dict[str, Path], truth: Truth | None) -> dict[str, Any]:
        """Write what is made of numbers alone; return format → its choices in full, to be saved with the result."""
        used: dict[str, Any] = {}
        for name, exporter in EXPORTERS.items():
            if name in paths:
                motion = exporter.prepare(sequence, self.job.choices)
                exporter.write(motion, paths[name])
                used[name] = motion.facts()
        if "png" in paths:
            save_report(sequence, paths["png"], truth)
        return used

    def _exported_again(self, video: Path, record: Record, earlier: Record, paths: dict[str, Path]) -> ProcessResult:
        """Make other formats, or the same with other choices, from the archive of a run before this one.

        Raises:
            DataError: There is no such archive, it is damaged, or a format needs the pictures.
        """
        if any(name in paths and not paths[name].is_file() for name in VIDEOS):
            raise DataError("A video is drawn onto pictures, which the archive does not hold.")
        sequence = npz.load(self.job.out_dir / f"{video.stem}{EXPORTERS['npz'].ending}")
        truth = None if self._pairs is None else align_truth(self._pairs, sequence)
        paths["toml"].unlink(missing_ok=True)
        used = self._export(sequence, paths, truth)
        files = sorted({*earlier.result.get("files", []), *_file_names(paths)})
        replace(record, result={**earlier.result, "files": files, "export": used}).save(paths["toml"])
        return replace(_measured(video, paths, sequence, truth), is_exported_again=True)

    def _finished(self, video: Path, paths: dict[str, Path]) -> ProcessResult:
        """Return the result of a run before this one, measured again where it was saved with everything."""
        if "npz" not in paths:
            return ProcessResult(video, paths, is_skipped=True)
        sequence = npz.load(paths["npz"])
        truth = None if self._pairs is None else align_truth(self._pairs, sequence)
        return replace(_measured(video, paths, sequence, truth), is_skipped=True)

    def _run(
        self, source: VideoFile, builder: SequenceBuilder, drawn: Sequence[AnnotatedVideo], progress: Progress
    ) -> bool:
        """Fill `builder` from `source`; return whether it was interrupted."""
        # the second look refines every frame; here only pictures drawn on the way need it
        refiner = self._refiner if drawn else None
        is_stopped = False

        def until_stopped(frames: Iterator[Frame | None]) -> Iterator[Frame]:
            nonlocal is_stopped
            for frame in frames:
                is_stopped = self._stop()
                if is_stopped:
                    return
                if frame is not None:
                    yield frame

        with (
            Pipeline(open_detector(self._looks, self._pose_models.__getitem__), refiner) as pipeline,
            decoding(source) as frames,
        ):
            try:
                with contextlib.closing(pipeline.run(until_stopped(frames))) as packets:
                    for packet in packets:
                        builder.append(packet)
                        for animated in drawn:
                            animated.add(packet)
                        progress(len(builder), source.n_frames)
            except KeyboardInterrupt:
                return True
        return is_stopped

    def _settings(self) -> dict[str, Any]:
        """Return everything that changes the numbers."""
        job, refiner = self.job, self._refiner
        table: dict[str, Any] = {
            "looks": look_names(self._looks),
            "running_mode": "video",
            "pose_models": {variant: model.sha256 for variant, model in self._pose_models.items()},
            "learned_depth_refinement": job.settings.learned_depth_refinement,
            "start_s": job.start_s,
        }
        if job.end_s is not None:
            table["end_s"] = job.end_s
        if refiner is not None:
            table["refiners"] = refiner.table
        if job.truth is not None:
            table["truth"] = describe_input(job.truth)
        return table | {"export": job.choices.table()}

    def _meta(self, source: VideoFile, record: Record, is_partial: bool, warnings: tuple[str, ...]) -> dict[str, Any]:
        return {
            "source": source.name,
            "source_fingerprint": record.input["fingerprint"],
            "fps": source.fps,
            "time_repairs": source.time_repairs,
            "settings": record.settings,
            "provider": None if self._refiner is None else self._refiner.provider,
            "mediapipe_version": importlib.metadata.version("mediapipe"),
            "program_version": program_version(),
            "partial": is_partial,
            "warnings": list(warnings),
            "units": {"_m": "metres", "_px": "pixels", "_s": "seconds", "_deg": "degrees"},
            "frame": "view-ray: hip-centred, x right, y down, z along the camera's ray to the hips, away from it",
        }

    def _warnings(self, source: VideoFile, builder: SequenceBuilder) -> tuple[str, ...]:
        warnings = list(source.warnings)
        if 0 < builder.n_found < _FEW_FOUND * len(builder):
            warnings.append(f"A person was found in only {builder.n_found} of {len(builder)} frames of {source.name}.")
        return (*warnings, *(() if self._refiner is None else self._refiner.mismatches))


def _file_names(paths: dict[str, Path]) -> list[str]:
    return sorted(path.name for key, path in paths.items() if key != "toml")


def _measured(video: Path, paths: dict[str, Path], sequence: PoseSequence, truth: Truth | None) -> ProcessResult:
    return ProcessResult(
        source=video,
        files=paths,
        n_frames=len(sequence),
        n_found=int(sequence.is_found.sum()),
        raw=figures(sequence.raw_m, truth),
        refined=figures(sequence.joints_m, truth),
        azimuth_error_deg=azimuth_median_error_deg(sequence, truth),
    )


def _require_writable(folder: Path) -> None:
    probe = folder / ".writable"
    try:
        with atomic_path(probe) as temporary:
            temporary.write_bytes(b"")
        probe.unlink(missing_ok=True)  # another run into the folder may have taken it away
    except OutputError as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        raise OutputError(f"Cannot write to the folder {folder}: {reason}; choose another with -o.") from error
