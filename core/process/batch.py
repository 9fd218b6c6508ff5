"""Several videos in a row at the terminal: progress, Ctrl-C, a table at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table

from core.errors import NdrError, SettingsError
from core.process.inputs import PerFile, video_paths
from core.process.job import Job
from core.process.parallel import Outcome, in_processes, in_turn
from core.process.plan import Plan, plan_videos
from core.process.processor import ProcessResult
from core.process.run import See, now
from core.system.files.names import for_terminal, shown
from core.system.interrupts import noted
from core.system.progress import ENDED, Progress, event_line

DONE, FAILED, INTERRUPTED = 0, 2, 130
_FRAMES_PER_LINE: Final = 10


def process_batch(
    specs: Sequence[str],
    job: Job,
    *,
    per_file: Path | None = None,
    json_progress: bool = False,
    n_processes: int = 1,
    see: See = now,
) -> int:
    """Process videos one after the other, or several at once; one that fails does not stop the others.

    Prints a sentence for each failure and warning on stderr and a table of results on stdout.

    Args:
        specs: Video files and folders as typed.
        job: What to do with each.
        per_file: A TOML file with other settings for some of them.
        json_progress: Print `core.system.progress` lines on stdout instead of a bar and a table, for another program.
        n_processes: How many videos at once, each in a process of its own.
        see: How a video is looked at, if not frame by frame (`core.process.run`); goes to other processes.

    Returns:
        The exit code: 0 done, 2 when a video failed, 130 when interrupted.

    Raises:
        NdrError: Nothing can be done at all: the output folder, a model or the options.
    """
    if n_processes < 1:
        raise SettingsError(f"Videos cannot be processed by {n_processes} processes; give --jobs 1 or more.")
    videos = video_paths(specs)
    own = PerFile() if per_file is None else PerFile.load(per_file)
    own.require_all_used(videos)
    if job.truth is not None and len(videos) > 1:
        raise SettingsError("A truth belongs to one video; process the videos one by one to measure them.")
    jobs = {video: own.job_of(video, job) for video in videos}
    outcomes: dict[Path, Plan | NdrError] = plan_videos(jobs, [] if per_file is None else [per_file])
    plans = [plan for plan in outcomes.values() if isinstance(plan, Plan)]
    display = _Display(json_progress=json_progress)
    with noted() as interrupted:
        for video, refusal in outcomes.items():
            if isinstance(refusal, NdrError):
                display.take(video, refusal)
        if plans:
            stop, report = interrupted.is_set, display.errors.print
            n = min(n_processes, len(plans))
            work = (
                in_turn(plans, display.move, stop, report, see)
                if n == 1
                else in_processes(plans, n, display.move, stop, report, see)
            )
            with display.bar:
                for video, outcome in work:
                    display.take(video, outcome)
    display.sum_up(job)
    if interrupted.is_set():
        display.errors.print("Interrupted: run the same command again to complete what is partial.")
        return INTERRUPTED
    return FAILED if display.has_failed else DONE


class _Display:
    """What is seen of a batch at the terminal, or by another program.

    Attributes:
        errors: Where sentences go.
        bar: A line for each video; a context manager.
        has_failed: Whether a video did.
    """

    def __init__(self, *, json_progress: bool) -> None:
        self.errors = Console(stderr=True, highlight=False)
        self.bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("frames"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.errors,
            disable=json_progress,
        )
        self.has_failed = False
        self._is_json = json_progress
        self._tasks: dict[tuple[Path, str], TaskID] = {}
        self._results: list[ProcessResult] = []

    def move(self, video: Path, progress: Progress) -> None:
        """Show how far a video is."""
        if self._is_json and (progress.done % _FRAMES_PER_LINE == 0 or progress.done == progress.total):
            # the last three are what these lines said before they had a vocabulary
            of_before = {"video": progress.item, "frame": progress.done, "n_frames": progress.total}
            print(progress.line(**of_before), flush=True)
        expected = None if progress.total is None else max(progress.total, progress.done)
        self.bar.update(self._task(video, progress.phase), completed=progress.done, total=expected)

    def take(self, video: Path, outcome: Outcome) -> None:
        """Show how a video ended."""
        if isinstance(outcome, NdrError):
            self.has_failed = True
            for key in [key for key in self._tasks if key[0] == video]:
                self.bar.remove_task(self._tasks.pop(key))
            self.errors.print(for_terminal(str(outcome)), style="red", soft_wrap=True)
            return
        n = max(outcome.n_frames, 1)
        self.bar.update(self._task(video, ""), completed=n, total=n)
        if self._is_json:
            files = [shown(path) for path in outcome.files.values()]
            print(event_line(ENDED, item=shown(video.name), state=_state(outcome), files=files), flush=True)
        for warning in outcome.warnings:
            self.errors.print(for_terminal(f"Note: {warning}"), style="yellow", soft_wrap=True)
        self._results.append(outcome)

    def sum_up(self, job: Job) -> None:
        """Print the table of results."""
        if self._results and not self._is_json:
            console = Console()
            console.print(_table(self._results, with_truth=job.truth is not None))
            console.print(for_terminal(f"Results are in {job.out_dir}"), soft_wrap=True)

    def _task(self, video: Path, phase: str) -> TaskID:
        if (video, phase) not in self._tasks:
            name = shown(video.name) + (f", {phase}" if phase else "")
            self._tasks[video, phase] = self.bar.add_task(name, total=None)
        return self._tasks[video, phase]


def _table(results: Sequence[ProcessResult], *, with_truth: bool) -> Table:
    table = Table(title="MediaPipe → refined", box=SIMPLE_HEAD)
    table.add_column("video", overflow="fold")
    for name in ("found", "bone CV, %"):
        table.add_column(name, no_wrap=True, justify="right")
    if with_truth:
        for name in ("error, mm", "in depth", "azimuth"):
            table.add_column(name, no_wrap=True, justify="right")
    table.add_column("state", no_wrap=True)
    for result in results:
        cells = []
        if result.raw is None or result.refined is None:
            cells += [""] * (5 if with_truth else 2)
        else:
            raw, refined = result.raw, result.refined
            cells += [f"{result.n_found}/{result.n_frames}", _pair(raw.bone_cv * 100, refined.bone_cv * 100, 1)]
            if with_truth:
                off = result.azimuth_error_deg
                cells += [
                    _pair(raw.mpjpe_mm, refined.mpjpe_mm, 0),
                    _pair(raw.depth_mm, refined.depth_mm, 0),
                    f"{off:.1f}° off" if np.isfinite(off) else "unknown",
                ]
        table.add_row(for_terminal(result.source.name), *cells, _state(result))
    return table


def _state(result: ProcessResult) -> str:
    if result.is_partial:
        return "partial"
    return "skipped" if result.is_skipped else "exported" if result.is_exported_again else "done"


def _pair(raw: float, refined: float, decimals: int) -> str:
    if not (np.isfinite(raw) and np.isfinite(refined)):
        return "unknown"
    return f"{raw:.{decimals}f} → {refined:.{decimals}f}"
