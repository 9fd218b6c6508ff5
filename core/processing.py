"""A video file in, files of refined poses out: nothing dropped, nothing half-written.

Three threads: one decodes into a bounded queue, the caller's own detects and refines, one draws and encodes the
annotated video if it is asked for.
"""

import contextlib
import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.annotated_video import AnnotatedVideo
from core.atomic import atomic_path
from core.decoding import decoding
from core.detector import PoseDetector
from core.errors import DataError, OutputError, SettingsError, SourceError
from core.exporters import EXPORTERS, npz
from core.pairs import load_pairs
from core.pipeline import Pipeline
from core.pose_model import load_pose_model
from core.record import Record, describe_input
from core.refiner import DepthRefiner
from core.report import save_report
from core.second_look import second_look
from core.sequence import PoseSequence, SequenceBuilder
from core.settings import Settings
from core.sources import VideoFile, is_camera, is_url
from core.truth import Figures, Truth, align_truth, azimuth_median_error_deg, figures
from core.version import program_version

ENDINGS: Final = {e.name: e.ending for e in EXPORTERS.values()} | {"mp4": "_annotated.mp4", "png": "_report.png"}
"""Format → what follows the video's name. The annotated video never has the name of its input."""

_FEW_FOUND = 0.5


@dataclass(frozen=True)
class Job:
    """What to do with videos.

    Attributes:
        out_dir: Where results go; made if it does not exist.
        formats: Keys of ENDINGS.
        settings: Pose variant and refinement.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end of the file.
        truth: A pair file made from the video, to measure against.
        overwrite: Whether finished results are made again.
    """

    out_dir: Path
    formats: tuple[str, ...] = ("npz", "csv")
    settings: Settings = field(default_factory=Settings)
    start_s: float = 0.0
    end_s: float | None = None
    truth: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        unknown = [name for name in self.formats if name not in ENDINGS]
        if unknown or not self.formats:
            raise SettingsError(f"There is no format '{', '.join(unknown)}'; choose from {', '.join(ENDINGS)}.")


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
        self._refiner = DepthRefiner(settings.refiner) if settings.learned_depth_refinement else None
        self._pose_model = load_pose_model(settings.variant, report)
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
        animated = AnnotatedVideo(paths["mp4"], source.fps) if "mp4" in paths else None
        try:
            return self._make(source, record, paths, animated, progress)
        finally:
            if animated is not None:
                animated.discard()

    def _make(
        self,
        source: VideoFile,
        record: Record,
        paths: dict[str, Path],
        animated: AnnotatedVideo | None,
        progress: Progress,
    ) -> ProcessResult:
        builder = SequenceBuilder()
        is_partial = self._run(source, builder, animated, progress)
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
            sequence = second_look(sequence, self._refiner)
        truth = None if self._pairs is None else align_truth(self._pairs, sequence)
        paths["toml"].unlink(missing_ok=True)  # an old record must not vouch for new files
        for name, exporter in EXPORTERS.items():
            if name in paths:
                exporter.save(sequence, paths[name])
        if "png" in paths:
            save_report(sequence, paths["png"], truth)
        if animated is not None:
            animated.finish()
        result = {
            "complete": not is_partial,
            "files": sorted(path.name for key, path in paths.items() if key != "toml"),
            "n_frames": n,
            "n_found": n_found,
            "warnings": list(warnings),
        }
        replace(record, result=result).save(paths["toml"])
        return replace(_measured(source.path, paths, sequence, truth), is_partial=is_partial, warnings=warnings)

    def _finished(self, video: Path, paths: dict[str, Path]) -> ProcessResult:
        """Return the result of a run before this one, measured again where it was saved with everything."""
        if "npz" not in paths:
            return ProcessResult(video, paths, is_skipped=True)
        sequence = npz.load(paths["npz"])
        truth = None if self._pairs is None else align_truth(self._pairs, sequence)
        return replace(_measured(video, paths, sequence, truth), is_skipped=True)

    def _run(
        self, source: VideoFile, builder: SequenceBuilder, animated: AnnotatedVideo | None, progress: Progress
    ) -> bool:
        """Fill `builder` from `source`; return whether it was interrupted."""
        with Pipeline(PoseDetector(self._pose_model), self._refiner) as pipeline, decoding(source) as frames:
            try:
                for frame in frames:
                    if self._stop():
                        return True
                    if frame is not None:
                        packet = pipeline.process(frame)
                        builder.append(packet)
                        if animated is not None:
                            animated.add(packet)
                        progress(len(builder), source.n_frames)
            except KeyboardInterrupt:
                return True
        return False

    def _settings(self) -> dict[str, Any]:
        """Return everything that changes the numbers."""
        job, refiner = self.job, self._refiner
        table: dict[str, Any] = {
            "variant": job.settings.variant,
            "running_mode": "video",
            "pose_model_sha256": self._pose_model.sha256,
            "learned_depth_refinement": job.settings.learned_depth_refinement,
            "start_s": job.start_s,
        }
        if job.end_s is not None:
            table["end_s"] = job.end_s
        if refiner is not None:
            table |= {"refiner": refiner.card.name, "refiner_sha256": refiner.card.sha256}
        if job.truth is not None:
            table["truth"] = describe_input(job.truth)
        return table

    def _meta(self, source: VideoFile, record: Record, is_partial: bool, warnings: tuple[str, ...]) -> dict[str, Any]:
        return {
            "source": source.name,
            "source_fingerprint": record.input["fingerprint"],
            "fps": source.fps,
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
        card = self._refiner.card if self._refiner is not None else None
        if card is not None and card.pose_variant != self.job.settings.variant:
            warnings.append(
                f"The refiner {card.name} was trained on the pose variant '{card.pose_variant}', not on "
                f"'{self.job.settings.variant}': expect worse depth."
            )
        return tuple(warnings)


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


def output_paths(job: Job, video: Path) -> dict[str, Path]:
    """Return format → file for one video, and under "toml" the settings saved beside them."""
    endings = {name: ENDINGS[name] for name in job.formats} | {"toml": ".settings.toml"}
    return {name: job.out_dir / f"{video.stem}{ending}" for name, ending in endings.items()}


def video_path(spec: str) -> Path:
    """Return the path that a person typed; SettingsError for a camera or an address, which have no end."""
    if is_camera(spec) or is_url(spec):
        raise SettingsError(f"{spec} is not a video file; open cameras and streams in the window.")
    return Path(spec).expanduser()


def require_distinct_names(videos: Sequence[Path]) -> None:
    """Raise SettingsError when two videos would write the same files."""
    first: dict[str, Path] = {}
    for video in videos:
        if video.stem in first:
            raise SettingsError(
                f"{first[video.stem]} and {video} would both be written as {video.stem}; process them into two folders."
            )
        first[video.stem] = video


def _require_writable(folder: Path) -> None:
    probe = folder / ".writable"
    try:
        with atomic_path(probe) as temporary:
            temporary.write_bytes(b"")
        probe.unlink()
    except OutputError as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        raise OutputError(f"Cannot write to the folder {folder}: {reason}; choose another with -o.") from error
