"""Several videos in a row at the terminal: progress, Ctrl-C, a table at the end."""

import contextlib
import json
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from core.errors import NdrError, SettingsError
from core.process.parallel import in_processes, in_turn
from core.process.plan import Job, PerFile, require_distinct_names, video_paths
from core.process.run import ProcessResult

DONE, FAILED, INTERRUPTED = 0, 2, 130
_FRAMES_PER_LINE = 10


def process_batch(
    specs: Sequence[str],
    job: Job,
    *,
    per_file: Path | None = None,
    json_progress: bool = False,
    n_processes: int = 1,
) -> int:
    """Process videos one after the other, or several at once; one that fails does not stop the others.

    Prints a sentence for each failure and warning on stderr and a table of results on stdout.

    Args:
        specs: Video files and folders as typed.
        job: What to do with each.
        per_file: A TOML file with other settings for some of them.
        json_progress: Print JSON lines on stdout instead of a bar and a table, for another program:
            `{"event": "progress", "video": NAME, "frame": DONE, "n_frames": EXPECTED or null}`.
        n_processes: How many videos at once, each in a process of its own.

    Returns:
        The exit code: 0 done, 2 when a video failed, 130 when interrupted.

    Raises:
        NdrError: Nothing can be done at all: the output folder, a model or the options.
    """
    if n_processes < 1:
        raise SettingsError(f"Videos cannot be processed by {n_processes} processes; give --jobs 1 or more.")
    videos = video_paths(specs)
    require_distinct_names(videos)
    own = PerFile() if per_file is None else PerFile.load(per_file)
    own.require_all_used(videos)
    jobs = {video: own.job_of(video, job) for video in videos}
    if job.truth is not None and len(videos) > 1:
        raise SettingsError("A truth belongs to one video; process the videos one by one to measure them.")
    console, errors = Console(), Console(stderr=True, highlight=False)
    results: list[ProcessResult] = []
    has_failed = False
    with _ctrl_c() as interrupted, _bar(errors, is_shown=not json_progress) as bar:
        tasks: dict[Path, TaskID] = {}

        def move(video: Path, done: int, expected: int | None) -> None:
            if video not in tasks:
                tasks[video] = bar.add_task(video.name, total=None)
            bar.update(tasks[video], completed=done, total=expected)

        def show(video: Path, done: int, expected: int | None) -> None:
            if json_progress and (done % _FRAMES_PER_LINE == 0 or done == expected):
                line = {"event": "progress", "video": video.name, "frame": done, "n_frames": expected}
                print(json.dumps(line), flush=True)
            move(video, done, None if expected is None else max(expected, done))

        n_processes = min(n_processes, len(jobs))
        stop, report = interrupted.is_set, errors.print
        outcomes = (
            in_turn(jobs, show, stop, report)
            if n_processes == 1
            else in_processes(jobs, n_processes, show, stop, report)
        )
        for video, outcome in outcomes:
            if isinstance(outcome, NdrError):
                has_failed = True
                if video in tasks:
                    bar.remove_task(tasks[video])
                errors.print(str(outcome), style="red", soft_wrap=True, markup=False)
                continue
            move(video, max(outcome.n_frames, 1), max(outcome.n_frames, 1))
            for warning in outcome.warnings:
                errors.print(f"Note: {warning}", style="yellow", soft_wrap=True, markup=False)
            results.append(outcome)
    if results and not json_progress:
        console.print(_table(results, with_truth=job.truth is not None))
        console.print(f"Results are in {job.out_dir}", soft_wrap=True, markup=False, highlight=False)
    if interrupted.is_set():
        errors.print("Interrupted: run the same command again to complete what is partial.")
        return INTERRUPTED
    return FAILED if has_failed else DONE


@contextlib.contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; the second acts as always."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def note(_signal: int, _frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _bar(console: Console, *, is_shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not is_shown,
    )


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
        state = "skipped" if result.is_skipped else "partial" if result.is_partial else "done"
        state = "exported" if result.is_exported_again else state
        cells = [result.source.name]
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
        table.add_row(*cells, state)
    return table


def _pair(raw: float, refined: float, decimals: int) -> str:
    if not (np.isfinite(raw) and np.isfinite(refined)):
        return "unknown"
    return f"{raw:.{decimals}f} → {refined:.{decimals}f}"
