"""A refined sequence in, files out: tables, animations, report and videos all show the same poses.

What is made of numbers comes first, since it is small and quick. Then the pictures are decoded once more and drawn on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.exporters import EXPORTERS
from core.exporters.pictures.annotated_video import VIDEOS, AnnotatedVideo
from core.exporters.pictures.report import save_report
from core.exporters.pictures.take_report.formats import REPORTS
from core.process.job import Job
from core.process.result_settings import describe_input
from core.sequence.export_choices import READY_Y_UP
from core.sequence.pose_sequence import PoseSequence, packet_of_row
from core.sequence.truth import Truth
from core.sources import open_video
from core.sources.decoding import decoding
from core.system.files.names import shown


def how_made(job: Job, formats: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return format → everything that decides what a file of given poses holds; nothing for what leaves no choice."""
    made = {name: job.choices.over(EXPORTERS[name].usual).table() for name in formats if name in EXPORTERS}
    made |= {name: job.choices.over(READY_Y_UP).table() for name in formats if name in REPORTS}
    if "png" in formats and job.truth is not None:
        made["png"] = {"truth": describe_input(job.truth)}
    return made


def write_numbers(
    sequence: PoseSequence, job: Job, paths: Mapping[str, Path], truth: Truth | None, video: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Write all of `paths` that is made of numbers; return format → how it was made, to be saved beside it.

    A report has a few pictures of the `video` as well, where it is there.

    Raises:
        OutputError: A file cannot be written.
        DataError: The choices cannot be applied to this sequence.
    """
    made = how_made(job, paths)
    for name, exporter in EXPORTERS.items():
        if name in paths:
            motion = exporter.prepare(sequence, job.choices)
            exporter.write(motion, paths[name])
            made[name] = motion.facts() | {"file": shown(paths[name].name)}
    for name, report in REPORTS.items():
        if name in paths:
            facts = report.save(sequence, paths[name], job.choices, video, job.reading)
            made[name] = facts | {"file": shown(paths[name].name)}
    if "png" in paths:
        save_report(sequence, paths["png"], truth)
    return made


def draw_videos(
    sequence: PoseSequence,
    video: Path,
    job: Job,
    paths: Mapping[str, Path],
    stop: Callable[[], bool],
    progress: Callable[[int, int | None], None],
) -> bool:
    """Write all of `paths` that is drawn on the pictures of the video; return whether it was done to the end.

    A video appears when it is whole, or not at all.

    Raises:
        SourceError: The video can no longer be read.
        OutputError: A file cannot be written.
    """
    wanted = {name: drawn for name, drawn in VIDEOS.items() if name in paths}
    if not wanted:
        return True
    source = open_video(video, start_s=job.start_s, end_s=job.end_s, reading=job.reading)
    slower = (source.fps or source.played_hz) / source.played_hz  # slow motion is drawn as it plays
    row_of = {int(index): row for row, index in enumerate(sequence.frame_index)}
    outputs = [AnnotatedVideo(paths[name], source.played_hz, drawn.draw) for name, drawn in wanted.items()]
    n_drawn = 0
    try:
        with decoding(source) as frames:
            for frame in frames:
                if stop():
                    return False
                if frame is None or frame.index not in row_of:
                    continue
                frame = replace(frame, time_s=frame.time_s * slower)
                packet = packet_of_row(sequence, row_of[frame.index], frame)
                for output in outputs:
                    output.add(packet)
                n_drawn += 1
                progress(n_drawn, len(sequence))
                if n_drawn == len(sequence):
                    break
        for output in outputs:
            output.finish()
    except KeyboardInterrupt:
        return False
    finally:
        for output in outputs:
            output.discard()
    return True
