"""Saving what is open: a whole file by the program's own command line, a recording by a thread."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.jobs.job import Job, JobKind
from app.jobs.step import Command, Work
from app.language import tr
from core.exporters import EXPORTERS
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.settings import Settings

JOINTS: Final = {
    "refined": ("Refined", "The refiner's joints; tables hold MediaPipe's beside them"),
    "raw": ("Raw", "MediaPipe's own joints"),
    "both": ("Both", "In two folders, refined and raw"),
}
"""Which skeleton is exported → what a dialog calls it, and a hint."""

_UNIT: Final = re.compile("_(ms|m|deg|hz)$")
_OPTIONS: Final = {"travel": "root-trajectory"}
"""Choices that the command line calls otherwise."""


@dataclass(frozen=True)
class ExportRequest:
    """What the user wants saved.

    Attributes:
        folder: Where to.
        formats: Keys of `core.process.job.ENDINGS`; of `EXPORTERS` for a recording.
        joints: Key of `JOINTS`.
        choices: Axes, rate, filter and gaps.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end.
        opens_folder: Whether the folder is shown when it is done.
    """

    folder: Path
    formats: tuple[str, ...]
    joints: str = "refined"
    choices: ExportChoices = field(default_factory=ExportChoices)
    start_s: float = 0.0
    end_s: float | None = None
    opens_folder: bool = False


def file_export(
    file: Path, request: ExportRequest, settings: Settings, *, is_refining: bool, take: Path | None = None
) -> Job:
    """Return a job that processes a video file from beginning to end and saves the result.

    Args:
        file: The video.
        request: What is wanted of it.
        settings: Looks and refiner.
        is_refining: Whether there is a refiner and it is on; without it only raw joints can be had.
        take: Folder of its take, whose person is exported and whose detections are used; None looks at the video anew.
    """
    steps = []
    for kind, folder in _folders(request, is_refining=is_refining).items():
        arguments = [
            "process", str(file), "-o", str(folder), "--format", ",".join(request.formats),
            *look_arguments(settings), "--model", settings.refiner,
            "--no-learned-depth-refinement" if kind == "raw" else "--learned-depth-refinement",
            "--start", f"{request.start_s:g}", *([] if request.end_s is None else ["--end", f"{request.end_s:g}"]),
            *choice_arguments(request.choices), *([] if take is None else ["--take", str(take)]), "--json-progress",
        ]  # fmt: skip
        steps.append(Command(tr("The export"), tuple(arguments)))
    success = tr("Exported {name} to {folder}.", name=file.name, folder=request.folder)
    return Job(JobKind.EXPORT, tr("Export of {name}", name=file.name), steps, folder=request.folder, success=success)


def look_arguments(settings: Settings) -> list[str]:
    """Return what `process` is told about how to look."""
    chosen = {"quality": settings.quality, "looks": settings.looks, "variant": settings.variant}
    return [word for name, value in chosen.items() if value for word in (f"--{name}", value)]


def recording_export(name: str, recorded: Callable[[], PoseSequence], request: ExportRequest) -> Job:
    """Return a job that saves what has no video: what a camera or stream gave so far, or a recording.

    Args:
        name: Of the source.
        recorded: Returns it; called in a thread.
        request: What is wanted of it.
    """
    # the time keeps a second export from replacing the first
    stem = re.sub("[^A-Za-z0-9]+", "-", name).strip("-") + time.strftime("-%Y%m%d-%H%M%S")
    folders = _folders(request, is_refining=True)

    def save() -> None:
        sequence = recorded()
        for kind, folder in folders.items():
            wanted = sequence if kind == "refined" else replace(sequence, joints_m=sequence.raw_m)
            for exporter in (EXPORTERS[name] for name in request.formats):
                exporter.save(wanted, folder / f"{stem}{exporter.ending}", request.choices)

    success = tr(
        "Saved {formats} in {folder}.",
        formats=", ".join(stem + EXPORTERS[name].ending for name in request.formats),
        folder=request.folder,
    )
    return Job(JobKind.EXPORT, tr("The recording"), [Work(tr("Saving"), save)], folder=request.folder, success=success)


def choice_arguments(choices: ExportChoices) -> list[str]:
    """Return what `process` is told about the choices; nothing about what is left to the format."""
    arguments = []
    for name, value in choices.table().items():
        if value is not False:
            option = _OPTIONS.get(name, _UNIT.sub("", name).replace("_", "-"))
            arguments += [f"--{option}"] + ([] if value is True else [f"{value}"])
    return arguments


def _folders(request: ExportRequest, *, is_refining: bool) -> dict[str, Path]:
    """Return refined or raw → where its files go."""
    if request.joints == "both" and is_refining:
        return {kind: request.folder / kind for kind in ("refined", "raw")}
    return {"refined" if is_refining and request.joints != "raw" else "raw": request.folder}


def notes_of(job: Job) -> list[str]:
    """Return what `process` had to remark."""
    return [line.removeprefix("Note: ") for line in job.log if line.startswith("Note: ")]
