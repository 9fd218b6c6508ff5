"""Looking at every frame of a video once, and keeping what was seen.

Threads: one decodes into a bounded queue, the caller's own detects and writes.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.pose.types import Detection, Frame
from core.sources import Recorded, open_video
from core.sources.decoding import UntilStopped, decoding
from core.sources.reading import AS_IT_SAYS, Reading
from core.system.files.file_lock import locked
from core.take.detections import Completed, DetectionWriter
from core.take.instrument import Instrument

_TRACKING_S: Final = 1.0
"""So much before the place where an analysis broke off is looked at again, for MediaPipe to find the person; what is
seen there is not written again."""


Seeing = Callable[[Iterator[Frame]], Iterator[Sequence[Detection]]]
"""Frames → whom was seen in each, at least one detection; may run ahead."""


@dataclass(frozen=True)
class Analysed:
    """How an analysis ended.

    Attributes:
        n_frames: How many frames are known by now.
        n_new: How many of them were looked at this time.
        is_complete: Whether that is all of them.
        is_busy: Whether another program is at it, so that nothing was done.
        warnings: What the source had to say.
    """

    n_frames: int
    n_new: int = 0
    is_complete: bool = False
    is_busy: bool = False
    warnings: tuple[str, ...] = ()


def analyse(
    video: Path,
    folder: Path,
    instrument: Instrument,
    make_detector: Callable[[], contextlib.AbstractContextManager[Seeing]],
    content: str,
    *,
    reading: Reading = AS_IT_SAYS,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None,
) -> Analysed:
    """Look at what has not been looked at yet, and append it to the take's detections.

    Args:
        video: The file.
        folder: Of the take.
        instrument: What the detector is.
        make_detector: Makes it; not called when there is nothing left to do.
        content: `content_hash` of the video.
        reading: What the video does not say itself.
        stop: Asked at every frame; True ends the work, which can be gone on with.
        progress: Told how many frames are known, and how many there will be.

    Raises:
        SourceError: The video cannot be read.
        OutputError: The detections cannot be written.
    """
    path = instrument.path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock")) as is_free:
        if not is_free:
            return Analysed(0, is_busy=True)
        first = open_video(video, reading=reading)
        meta = {**instrument.meta(), "content": content, "image_size": list(first.size_px)}
        with DetectionWriter(path, meta) as writer:
            completed = Completed.load(path)
            if completed is not None:
                progress(writer.n_frames, writer.n_frames)
                return Analysed(writer.n_frames, is_complete=True, warnings=completed.warnings)
            return _go_on(first, video, reading, path, writer, make_detector, meta, stop, progress)


def _go_on(
    source: Recorded,
    video: Path,
    reading: Reading,
    path: Path,
    writer: DetectionWriter,
    make_detector: Callable[[], contextlib.AbstractContextManager[Seeing]],
    meta: dict[str, Any],
    stop: Callable[[], bool],
    progress: Callable[[int, int | None], None],
) -> Analysed:
    n_before, n_expected = writer.n_frames, source.n_frames
    resumed = _resumptions(path, writer.last_index)
    fps = source.fps
    if n_before:
        source = open_video(video, start_s=max(writer.last_s - _TRACKING_S, 0.0), reading=reading)
        _note_resumption(path, resumed)
    progress(n_before, n_expected)
    with make_detector() as see, decoding(source) as decoded:
        frames = UntilStopped(decoded, stop)
        for people in see(iter(frames)):
            writer.add(people)
            progress(writer.n_frames, n_expected)
    if frames.is_stopped:
        return Analysed(writer.n_frames, writer.n_frames - n_before)
    if not writer.n_frames:
        raise SourceError(f"{source.name} has no frame that can be looked at.")
    warnings = tuple(source.warnings)
    Completed(writer.n_frames, warnings, fps or float("nan"), resumed).save(path)
    return Analysed(writer.n_frames, writer.n_frames - n_before, is_complete=True, warnings=warnings)


def _resumptions(path: Path, last_index: int) -> tuple[int, ...]:
    """Return where the tracking began anew before, and does now."""
    try:
        before = tuple(int(line) for line in path.with_suffix(".resumed").read_text(encoding="ascii").split())
    except (OSError, ValueError):
        before = ()
    return (*before, last_index + 1) if last_index >= 0 else ()


def _note_resumption(path: Path, resumed: tuple[int, ...]) -> None:
    with contextlib.suppress(OSError):  # it is worth a note, not an error
        path.with_suffix(".resumed").write_text("\n".join(map(str, resumed)), encoding="ascii")
