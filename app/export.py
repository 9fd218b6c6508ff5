"""Saving what is open: a whole file by the program's own command line, a recording by a thread."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from app.jobs.job import Job, JobKind
from app.jobs.step import Command, Work
from app.session import Session
from core.exporters import EXPORTERS
from core.settings import Settings


@dataclass(frozen=True)
class ExportRequest:
    """What the user wants saved.

    Attributes:
        folder: Where to.
        formats: Keys of `core.processing.ENDINGS`; of `EXPORTERS` for a recording.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end.
        opens_folder: Whether the folder is shown when it is done.
    """

    folder: Path
    formats: tuple[str, ...]
    start_s: float = 0.0
    end_s: float | None = None
    opens_folder: bool = False


def file_export(file: Path, request: ExportRequest, settings: Settings, *, is_refining: bool) -> Job:
    """Return a job that processes a video file from beginning to end and saves the result."""
    arguments = [
        "process", str(file), "-o", str(request.folder), "--format", ",".join(request.formats),
        "--variant", settings.variant, "--model", settings.refiner,
        "--learned-depth-refinement" if is_refining else "--no-learned-depth-refinement",
        "--start", f"{request.start_s:g}", *([] if request.end_s is None else ["--end", f"{request.end_s:g}"]),
        "--json-progress",
    ]  # fmt: skip
    steps = [Command("The export", tuple(arguments))]
    success = f"Exported {file.name} to {request.folder}."
    return Job(JobKind.EXPORT, f"Export of {file.name}", steps, folder=request.folder, success=success)


def recording_export(session: Session, request: ExportRequest) -> Job:
    """Return a job that saves what a camera or stream gave so far."""
    name = session.source.name if session.source is not None else "recording"
    # the time keeps a second export from replacing the first
    stem = re.sub("[^A-Za-z0-9]+", "-", name).strip("-") + time.strftime("-%Y%m%d-%H%M%S")
    paths = {name: request.folder / f"{stem}.{name}" for name in request.formats}

    def save() -> None:
        sequence = session.recording()
        for name, path in paths.items():
            EXPORTERS[name].save(sequence, path)

    names = ", ".join(path.name for path in paths.values())
    success = f"Saved {names} in {request.folder}."
    return Job(JobKind.EXPORT, "The recording", [Work("saving", save)], folder=request.folder, success=success)


def notes_of(job: Job) -> list[str]:
    """Return what `process` had to remark."""
    return [line.removeprefix("Note: ") for line in job.log if line.startswith("Note: ")]
