"""What is to be done with which video, and what its results are called: settled before any work, so nothing is lost.

Names that collide are told apart: two videos of one name, results that would be called like those of another video
(`squat.mp4` with `squat_angles.csv`, and `squat_angles.mp4`), names that differ in what a disk may not tell. Names
that would be too long are shortened. What this program did not write is never replaced unasked, and what it wrote is
replaced only by as much of the video or more.
"""

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.errors import NdrError, OutputError, SourceError
from core.exporters import EXPORTERS, npz
from core.process.job import ENDINGS, Job
from core.process.result_settings import SETTINGS_ENDING, Record, ResultsFolder, describe_input
from core.sources.opening import check_recorded
from core.system.files.names import longest_name, n_bytes, same_name_key, shortened, shown

PARTIAL: Final = ".partial"
"""What follows the name of results that end where the work was interrupted."""
_LONGEST_ENDING: Final = max(map(n_bytes, (*ENDINGS.values(), SETTINGS_ENDING)))
_N_DIGITS: Final = 8


@dataclass(frozen=True)
class Plan:
    """What is to be done with one video.

    Attributes:
        video: The file.
        job: What to do with it.
        stem: What its results are called, without ending.
        input: The video as a record describes it.
        earlier: The record of what is there under that name; None when there is nothing.
        notes: Why the results are not called like the video, one sentence each.
    """

    video: Path
    job: Job
    stem: str
    input: dict[str, Any]
    earlier: Record | None = None
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> dict[str, Path]:
        """Format → file."""
        return result_paths(self.job.out_dir, self.stem, self.job.formats)

    @property
    def archive(self) -> Path:
        """Where the archive is that other formats are made from, be it among the formats or not."""
        return self.job.out_dir / f"{self.stem}{ENDINGS['npz']}"

    @property
    def record_path(self) -> Path:
        """Of the settings saved beside the results."""
        return self.job.out_dir / f"{self.stem}{SETTINGS_ENDING}"

    @property
    def partial(self) -> "Plan":
        """The same for what is written when the work is interrupted: numbers alone, and always the archive."""
        formats = tuple(dict.fromkeys(("npz", *(name for name in self.job.formats if name in EXPORTERS))))
        stem = f"{self.stem}{PARTIAL}"
        return replace(self, stem=stem, job=replace(self.job, formats=formats), earlier=None)


def result_paths(folder: Path, stem: str, formats: Collection[str]) -> dict[str, Path]:
    """Return format → file."""
    return {name: folder / f"{stem}{ENDINGS[name]}" for name in formats}


def plan_video(video: Path, job: Job) -> Plan:
    """Return the plan of one video alone.

    Raises:
        SourceError: It cannot be opened.
        OutputError: Its results would replace what must not be replaced.
    """
    outcome = plan_videos({video: job})[video]
    if isinstance(outcome, NdrError):
        raise outcome
    return outcome


def plan_videos(jobs: Mapping[Path, Job], others: Collection[Path] = ()) -> dict[Path, Plan | NdrError]:
    """Return the plan of each video, or why there is none.

    Args:
        jobs: Video → what to do with it, in the order in which names are given.
        others: Files that are read besides: they are replaced no more than the videos.
    """
    read = [*jobs, *others, *(job.truth for job in jobs.values() if job.truth is not None)]
    names = _Names({os.path.realpath(path) for path in read})
    plans: dict[Path, Plan | NdrError] = {}
    for video, job in jobs.items():
        try:
            plans[video] = names.plan(video, job)
        except NdrError as error:
            plans[video] = error
    return plans


class _Names:
    """Gives each video the first name that is free for all of its results."""

    def __init__(self, inputs: set[str]) -> None:
        self._inputs = inputs
        self._folders: dict[Path, ResultsFolder] = {}
        self._taken: dict[tuple[str, str], Path] = {}

    def plan(self, video: Path, job: Job) -> Plan:
        check_recorded(video)
        try:
            what = describe_input(video)
        except OSError as error:
            raise SourceError(f"{video} cannot be opened: {error.strerror}.") from error
        folder = self._folders.setdefault(job.out_dir, ResultsFolder(job.out_dir))
        reasons: list[str] = []
        for candidate in stems(video, what["fingerprint"]):
            stem = fitting_stem(candidate, job.out_dir)
            earlier = folder.record(stem)
            plan = Plan(video, job, stem, what, earlier)
            reason = self._why_not(plan, folder)
            if not reason and earlier is not None and not job.overwrite and _is_less(job, earlier):
                kept = f"{shown(stem)} holds more of the video and is kept"
                stem = fitting_stem(f"{stem}.{_range_text(job)}", job.out_dir)
                plan = Plan(video, job, stem, what, folder.record(stem))
                reason = self._why_not(plan, folder)
                reasons += [] if reason else [kept]
            if reason:
                reasons.append(reason)
                continue
            _check_replaceable(plan, folder)
            for path in _all_paths(plan):
                self._taken[_key(path)] = video
            if not reasons and stem != video.stem:
                reasons = ["a file's name cannot be longer"]
            note = f"The results of {shown(video.name)} are called {shown(stem)}: {'; '.join(reasons)}."
            return replace(plan, notes=(note,) if reasons else ())
        raise OutputError(f"No name is free for the results of {video} in {job.out_dir}; choose another folder.")

    def _why_not(self, plan: Plan, folder: ResultsFolder) -> str:
        """Return why a name cannot be used, "" when it can."""
        earlier = plan.earlier
        if earlier is not None and earlier.input.get("name") != plan.input["name"]:
            return f"{shown(plan.stem)} are those of {shown(str(earlier.input.get('name')))}"
        for path in _all_paths(plan):
            if (other := self._taken.get(_key(path))) is not None:
                return f"{shown(path.name)} will be of {shown(other.name)}"
            if os.path.realpath(path) in self._inputs:
                return f"{shown(path.name)} is read"
            if folder.is_there(path.name):
                owners = folder.owners(path.name)
                if owners and not owners & {shown(plan.stem), shown(plan.partial.stem)}:
                    return f"{shown(path.name)} is of {sorted(owners)[0]}"
        return ""


def remove_results(plan: Plan) -> None:
    """Delete what this program wrote under the name of a plan, if it did."""
    record = Record.load(plan.record_path)
    if record is None:
        return
    for path in (*result_paths(plan.job.out_dir, plan.stem, ENDINGS).values(), plan.record_path):
        if path == plan.record_path or shown(path.name) in record.listed:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def stems(video: Path, fingerprint: str) -> Iterator[str]:
    """Yield what the results of a video may be called, best first; the later ones are nobody else's."""
    yield video.stem
    yield video.name
    if video.absolute().parent.name:
        yield f"{video.absolute().parent.name}-{video.name}"
    yield f"{video.stem}-{fingerprint[:_N_DIGITS]}"
    yield f"{video.stem}-{hashlib.sha256(os.fsencode(video.absolute())).hexdigest()[:_N_DIGITS]}"


def fitting_stem(stem: str, folder: Path) -> str:
    """Return a name for results, shortened where the longest of their names would be too long for the folder's disk."""
    room = longest_name(folder) - _LONGEST_ENDING - n_bytes(PARTIAL)
    if n_bytes(stem) <= room:
        return stem
    tail = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:_N_DIGITS]
    return shortened(stem, room - n_bytes(tail)) + tail


def _all_paths(plan: Plan) -> list[Path]:
    """Return every file that the work may write."""
    partial = plan.partial
    return [*plan.paths.values(), plan.record_path, *partial.paths.values(), partial.record_path]


def _key(path: Path) -> tuple[str, str]:
    return os.path.realpath(path.parent), same_name_key(path.name)


def _is_less(job: Job, earlier: Record) -> bool:
    """Whether a job leaves out some of the time that finished results are of."""
    settings = earlier.settings
    start_s, end_s = settings.get("start_s", 0.0), settings.get("end_s")
    ends_sooner = job.end_s is not None and (end_s is None or job.end_s < end_s)
    return earlier.is_complete and (job.start_s > start_s or ends_sooner)


def _range_text(job: Job) -> str:
    return f"{job.start_s:g}-{'end' if job.end_s is None else f'{job.end_s:g}'}s"


def _check_replaceable(plan: Plan, folder: ResultsFolder) -> None:
    """Raise OutputError when the work would replace what must not be replaced."""
    job, earlier = plan.job, plan.earlier
    if earlier is not None and earlier.input != plan.input and not job.overwrite:
        raise OutputError(
            f"{job.out_dir} already holds the result of another video named {plan.video.name}; "
            "choose another folder or add --overwrite."
        )
    for path in _all_paths(plan):
        if path.is_dir():
            raise OutputError(f"{path} is a folder, and a result would have its name; choose another folder with -o.")
        is_foreign = folder.is_there(path.name) and not folder.owners(path.name)
        if is_foreign and not job.overwrite and not _is_of_video(path, plan):
            raise OutputError(
                f"{path} is there and was not written by this program from {plan.video.name}; "
                "choose another folder with -o, move the file, or add --overwrite."
            )


def _is_of_video(path: Path, plan: Plan) -> bool:
    """Whether a file without a record says itself that it was made from this video."""
    return path == plan.archive and npz.facts(path).get("source_fingerprint") == plan.input["fingerprint"]
