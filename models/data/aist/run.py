"""The whole conversion: which videos, in which folder, by whom, and how it goes on."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from core.errors import DataError, SettingsError
from models.data.aist.annotations import JOINT_SETS
from models.data.aist.layout import SPLITS, Annotations, VideoName, find_videos
from models.data.aist.manifest import Manifest
from models.data.aist.task import SKIPPED, ConvertedVideo, Options, VideoTask
from models.data.aist.video import convert_video
from models.data.aist.workers import here, on_cluster
from models.data.looks import load_looks

_INDEX_EVERY: Final = 50


@dataclass(frozen=True)
class ConversionProgress:
    """After each video of a run.

    Attributes:
        outcome: What became of the last one; None at the start.
        n_settled: Videos dealt with, earlier runs included.
        n_videos: Videos in all.
        n_frames: Frames that MediaPipe has looked at in this run.
        seconds: Since the first video was handed out.
    """

    outcome: ConvertedVideo | None
    n_settled: int
    n_videos: int
    n_frames: int
    seconds: float

    @property
    def frames_per_s(self) -> float:
        """Return the rate so far; 0 before the first video is done."""
        return self.n_frames / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Summary:
    """What a folder holds after a run.

    Attributes:
        index: The data set's `index.json`.
        counts: Status → videos.
        n_pairs: In all files.
        n_frames: Frames looked at in this run, in `seconds`.
        seconds: Of this run.
        unused: Files among the videos that are none of AIST++.
        reasons: Skipped and failed videos, in the order of their names.
    """

    index: Path
    counts: dict[str, int]
    n_pairs: int
    n_frames: int
    seconds: float
    unused: tuple[Path, ...] = ()
    reasons: tuple[ConvertedVideo, ...] = field(default=())


def convert(
    videos: Path,
    annotations: Path,
    options: Options,
    *,
    split: str = "all",
    n_workers: int = 1,
    scheduler: str = "",
    report: Callable[[ConversionProgress], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Make one pair file of every usable video; what an earlier run finished is kept.

    Args:
        videos: Folder of the videos, searched through.
        annotations: Folder of the annotations.
        options: What decides the numbers, and where they go.
        split: pose_train, pose_val, pose_test or all.
        n_workers: Processes of this machine; 0 works in this one.
        scheduler: Address of a dask scheduler, whose workers are used instead.
        report: Told at the start and after every video.
        note: Told what the annotations lack.

    Raises:
        DataError: The folders do not hold what they must, or `options.out` was made in another way.
        SettingsError: An option makes no sense, or no scheduler answers.
        ModelError: The pose model is missing.
        OutputError: `options.out` cannot be written; what is there stays and is gone on with.
    """
    _check(options, split)
    if scheduler:  # its workers are elsewhere, and have a current folder of their own
        videos, annotations = videos.absolute(), annotations.absolute()
        options = replace(options, out=options.out.absolute())
    listed = Annotations.load(annotations)
    if split != "all" and not listed.has_official_splits:
        raise DataError(f"{listed.folder} has no splits, so '{split}' is unknown; give --split all.")
    for sentence in listed.notes:
        note(sentence)
    found, unused = find_videos(videos)
    if not scheduler:
        load_looks(options.looks)  # fails here and not in every worker
    manifest = Manifest(options)
    wanted = _of_split(listed, found, split)
    if not wanted:
        raise DataError(f"None of the {len(found)} videos in {videos} is in {split}; choose another --split.")
    todo = []
    for name in wanted:
        if reason := listed.reason_to_skip(name):
            manifest.outcomes[str(name)] = ConvertedVideo(str(name), SKIPPED, reason)
            continue
        task = VideoTask(
            name,
            found[name],
            listed.keypoints_path(name.sequence),
            listed.setting_path(name.sequence),
            listed.split_of(name) or "",
            found[name].stat().st_size if found[name].is_file() else 0,
        )
        if not manifest.is_settled(task):
            manifest.outcomes.pop(str(name), None)
            todo.append(task)
    work = partial(convert_video, options)
    outcomes = on_cluster(todo, work, scheduler) if scheduler else here(todo, work, n_workers)
    n_frames, seconds = _follow(outcomes, manifest, len(wanted), len(wanted) - len(todo), report)
    all_outcomes = [manifest.outcomes[name] for name in sorted(manifest.outcomes)]
    return Summary(
        manifest.folder / "index.json",
        dict(Counter(outcome.status for outcome in all_outcomes)),
        sum(outcome.n_pairs for outcome in all_outcomes),
        n_frames,
        seconds,
        tuple(unused),
        tuple(outcome for outcome in all_outcomes if outcome.reason),
    )


def _follow(
    outcomes: Iterator[ConvertedVideo],
    manifest: Manifest,
    n_videos: int,
    n_settled: int,
    report: Callable[[ConversionProgress], None],
) -> tuple[int, float]:
    """Record outcomes as they come; return frames looked at and seconds spent."""
    started = time.monotonic()
    n_frames = 0
    report(ConversionProgress(None, n_settled, n_videos, 0, 0.0))
    try:
        for number, outcome in enumerate(outcomes, start=1):
            manifest.add(outcome)
            n_frames += outcome.n_frames
            report(ConversionProgress(outcome, n_settled + number, n_videos, n_frames, time.monotonic() - started))
            if number % _INDEX_EVERY == 0:
                manifest.finish()
    finally:
        manifest.finish()
    return n_frames, time.monotonic() - started


def _of_split(listed: Annotations, found: dict[VideoName, Path], split: str) -> list[VideoName]:
    if split == "all":
        return list(found)
    return [name for name in found if listed.split_of(name) == SPLITS[split]]


def _check(options: Options, split: str) -> None:
    if split not in (*SPLITS, "all"):
        raise SettingsError(f"There is no split '{split}'; choose {', '.join(SPLITS)} or all.")
    if options.joint_set not in JOINT_SETS:
        raise SettingsError(f"There are no joints '{options.joint_set}'; choose {' or '.join(JOINT_SETS)}.")
    if options.stride < 1:
        raise SettingsError(f"A stride of {options.stride} makes no sense; give 1 or more.")
