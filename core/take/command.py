"""Analysing videos at the terminal, and for the window as its child process."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from rich.console import Console

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.chosen_point import ChosenPoint
from core.detection.detector import PoseDetector
from core.detection.look_rates import look_rate
from core.detection.looks import Look, look_names
from core.detection.looks_detector import open_detector
from core.detection.quality import carried_looks
from core.errors import NdrError
from core.pose.types import nobody
from core.process.inputs import video_paths
from core.refinement.pipeline import DetectsAhead
from core.settings import Settings
from core.sources import VideoFile
from core.sources.reading import AS_IT_SAYS, Reading
from core.sources.sample import sample_frames
from core.system.files.names import shown
from core.system.progress import ENDED, Progress, event_line
from core.take.analysis import Analysed, Seeing, analyse
from core.take.content import content_hash
from core.take.instrument import instrument_of, looks_for
from core.take.store import TakeFolder, TakeStore
from core.take.take import Processing, Take

DONE, FAILED, INTERRUPTED = 0, 2, 130
_FRAMES_PER_LINE: Final = 10
_USUAL_HZ: Final = 30.0


def analyse_videos(
    specs: Sequence[str],
    chosen: Settings | None,
    person: str | None,
    folder: Path | None,
    *,
    json_progress: bool,
) -> int:
    """Analyse videos one after the other; one that fails does not stop the others.

    Args:
        specs: Video files and folders as typed.
        chosen: How to look; None: what the take says.
        person: As `ChosenPoint.parse` reads it; None: what the take says.
        folder: The take's folder, for one video; None keeps takes in the user's data folder.
        json_progress: Print JSON lines on stdout instead of sentences: those of `core.system.progress`, with
            `n_frames`, `is_complete` and `is_busy` in the one at the end; before them `looks`, which names them.

    Returns:
        The exit code: 0 done, 2 when a video failed, 130 when interrupted.

    Raises:
        NdrError: Nothing can be done at all.
    """
    point = None if person is None else ChosenPoint.parse(person)
    videos, errors = video_paths(specs), Console(stderr=True, highlight=False)
    code = DONE

    def told(text: str) -> None:
        errors.print(text, soft_wrap=True, markup=False)

    for video in videos:
        report = _line_progress(video) if json_progress else _quiet
        try:
            place, take, content = _place(video, folder)
            looks = (chosen.chosen_looks if chosen else take.processing.chosen_looks) or automatic_looks(video, told)
            if json_progress:
                print(event_line("looks", item=shown(video.name), looks=look_names(looks)), flush=True)
            analysed = analyse_take(video, place, content, looks, point or take.person, progress=report, told=told)
        except KeyboardInterrupt:
            errors.print(
                "Interrupted: what was seen until now is kept; the same command goes on from there.", soft_wrap=True
            )
            return INTERRUPTED
        except NdrError as error:
            errors.print(str(error), style="red", soft_wrap=True, markup=False)
            code = FAILED
            continue
        _tell(video, place, analysed, json_progress=json_progress)
        for warning in analysed.warnings:
            errors.print(f"Note: {warning}", style="yellow", soft_wrap=True, markup=False)
    return code


def analyse_take(
    video: Path,
    place: TakeFolder,
    content: str,
    looks: Sequence[Look],
    person: ChosenPoint | None,
    *,
    reading: Reading = AS_IT_SAYS,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None,
    told: Callable[[str], None] = lambda _: None,
) -> Analysed:
    """Analyse one video with MediaPipe.

    Raises:
        SourceError: The video cannot be read.
        ModelError: A pose model cannot be had.
        OutputError: The detections cannot be written.
    """
    looks = looks_for(looks, person)
    models = {look.variant: load_pose_model(look.variant, told) for look in looks}
    instrument = instrument_of(looks, models, person)
    return analyse(
        video, place.folder, instrument, lambda: _seeing(looks, models, instrument.n_people), content,
        reading=reading, stop=stop, progress=progress,
    )  # fmt: skip


def automatic_looks(video: Path, told: Callable[[str], None] = lambda _: None) -> tuple[Look, ...]:
    """Return the most accurate looks that this machine carries at the video's own pace, so that analysis outruns it.

    Raises:
        SourceError: The video cannot be read.
        ModelError: A pose model cannot be had.
    """
    models = cache(lambda variant: load_pose_model(variant, told))
    return carried_looks(
        VideoFile(video).fps or _USUAL_HZ,
        lambda looks: look_rate(looks, models, sample_frames, is_live=False, report=told),
    )


@contextlib.contextmanager
def _seeing(looks: Sequence[Look], models: Mapping[str, PoseModel], n_people: int) -> Iterator[Seeing]:
    if n_people > 1:
        with PoseDetector(models[looks[0].variant], n_people=n_people) as detector:
            yield lambda frames: (detector.detect_all(frame) or [nobody(frame)] for frame in frames)
        return
    tracker = open_detector(looks, models.__getitem__)
    try:
        if isinstance(tracker, DetectsAhead):
            ahead = tracker
            yield lambda frames: ([seen] for seen in ahead.detect_stream(frames))
        else:
            yield lambda frames: ([tracker.detect(frame)] for frame in frames)
    finally:
        tracker.close()


def _place(video: Path, folder: Path | None) -> tuple[TakeFolder, Take, str]:
    if folder is None:
        place, take = TakeStore().open(video, Processing.of(Settings()))
        return place, take, take.content
    place = TakeFolder(folder)
    return place, place.load() if place.toml.is_file() else Take(), content_hash(video)


def _line_progress(video: Path) -> Callable[[int, int | None], None]:
    def show(done: int, expected: int | None) -> None:
        if done % _FRAMES_PER_LINE == 0 or done == expected:
            print(Progress(done, expected, "frames", shown(video.name)).line(), flush=True)

    return show


def _quiet(_done: int, _expected: int | None) -> None:
    pass


def _tell(video: Path, place: TakeFolder, analysed: Analysed, *, json_progress: bool) -> None:
    if json_progress:
        facts = {"n_frames": analysed.n_frames, "is_complete": analysed.is_complete, "is_busy": analysed.is_busy}
        print(event_line(ENDED, item=shown(video.name), **facts), flush=True)
    elif analysed.is_busy:
        print(f"{video.name} is being analysed by another program.")
    else:
        print(f"{video.name}: {analysed.n_frames} frames, {analysed.n_new} of them now, kept in {place.folder}")
