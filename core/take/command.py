"""Analysing videos at the terminal, and for the window as its child process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.chosen_point import ChosenPoint
from core.detection.detector import PoseDetector
from core.errors import NdrError
from core.files.names import shown
from core.process.inputs import video_paths
from core.settings import Settings
from core.system.progress import ENDED, Progress, event_line
from core.take.analysis import Analysed, analyse
from core.take.content import content_hash
from core.take.detections import Instrument
from core.take.store import TakeFolder, TakeStore
from core.take.take import Processing, Take

DONE, FAILED, INTERRUPTED = 0, 2, 130
MOST_PEOPLE: Final = 4
_FRAMES_PER_LINE: Final = 10


def analyse_videos(
    specs: Sequence[str],
    variant: str | None,
    person: str | None,
    folder: Path | None,
    *,
    json_progress: bool,
) -> int:
    """Analyse videos one after the other; one that fails does not stop the others.

    Args:
        specs: Video files and folders as typed.
        variant: MediaPipe's pose variant; None: what the take says.
        person: As `ChosenPoint.parse` reads it; None: what the take says.
        folder: The take's folder, for one video; None keeps takes in the user's data folder.
        json_progress: Print JSON lines on stdout instead of sentences:
            those of `core.system.progress`, with `n_frames`, `is_complete` and `is_busy` in the one at the end.

    Returns:
        The exit code: 0 done, 2 when a video failed, 130 when interrupted.

    Raises:
        NdrError: Nothing can be done at all.
    """
    chosen = None if person is None else ChosenPoint.parse(person)
    videos, errors = video_paths(specs), Console(stderr=True, highlight=False)
    code = DONE
    for video in videos:
        report = _line_progress(video) if json_progress else _quiet
        try:
            place, take, content = _place(video, folder)
            analysed = analyse_take(
                video, place, content, variant or take.processing.variant, chosen or take.person,
                progress=report, told=lambda text: errors.print(text, markup=False),
            )  # fmt: skip
        except KeyboardInterrupt:
            errors.print("Interrupted: what was seen until now is kept; the same command goes on from there.")
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
    variant: str,
    person: ChosenPoint | None,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None,
    told: Callable[[str], None] = lambda _: None,
) -> Analysed:
    """Analyse one video with MediaPipe.

    Raises:
        SourceError: The video cannot be read.
        ModelError: The pose model cannot be had.
        OutputError: The detections cannot be written.
    """
    model = load_pose_model(variant, told)
    instrument = instrument_of(model, person)
    return analyse(
        video, place.folder, instrument, lambda: PoseDetector(model, n_people=instrument.n_people), content,
        stop=stop, progress=progress,
    )  # fmt: skip


def instrument_of(model: PoseModel, person: ChosenPoint | None) -> Instrument:
    """Return what looks at a video: for all people once one of them was chosen, so that any other can be as well."""
    return Instrument(model.variant, model.sha256, n_people=1 if person is None else MOST_PEOPLE)


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
