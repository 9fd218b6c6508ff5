"""Whole files: what overlaps in one, and several over processes."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.bench.clip import Bench, Figures
from core.errors import SettingsError
from core.exporters.pictures.drawing import annotate
from core.exporters.pictures.encoder import VideoWriter
from core.process.export import draw_videos
from core.process.job import Job
from core.refinement.offline_refinement import refine_offline
from core.refinement.pipeline import Pipeline
from core.sequence.pose_sequence import SequenceBuilder
from core.sources import VideoFile
from core.sources.decoding import decoding
from core.system.files.program import MAIN


def offline(bench: Bench) -> Figures:
    """Compare one file with its slowest part, and two files in two processes with the two in a row."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_one_file(bench, Path(folder)), **_two_files(bench, Path(folder))}


def _one_file(bench: Bench, folder: Path) -> Figures:
    """Decode, detect and write in turn, then as `process` does it, overlapped.

    It decodes twice: what is drawn was refined with the whole video known, so drawing begins when detection ends.
    """
    started = time.perf_counter()
    frames = list(bench.frames())
    decode_s = time.perf_counter() - started
    with Pipeline(bench.detector(), bench.refiner) as line:
        started = time.perf_counter()
        packets = [line.process(frame) for frame in frames]
        pose_s = time.perf_counter() - started
    started = time.perf_counter()
    with VideoWriter(folder / "in-turn.mp4", 30.0) as writer:
        for packet in packets:
            writer.add(annotate(packet), packet.detection.frame.time_s)
    write_s = time.perf_counter() - started
    del packets, frames
    builder = SequenceBuilder()
    with Pipeline(bench.detector(), None) as line, decoding(VideoFile(bench.video)) as decoded:
        started = time.perf_counter()
        for packet in line.run(bench.first(decoded)):
            builder.append(packet)
    sequence = refine_offline(builder.build({}), bench.refiner)
    paths = {"mp4": folder / "overlapped.mp4"}
    draw_videos(sequence, bench.video, Job(folder, ("mp4",)), paths, lambda: False, lambda _done, _total: None)
    overlapped_s = time.perf_counter() - started
    return {
        "decode_s": decode_s,
        "pose_s": pose_s,
        "write_s": write_s,
        "overlapped_s": overlapped_s,
        "one_file_speedup": (decode_s + pose_s + write_s) / overlapped_s,
        "one_file_over_its_slowest_part": overlapped_s / max(decode_s, pose_s, write_s),
    }


def _two_files(bench: Bench, folder: Path) -> Figures:
    """Process two copies of the clip with one process and with two; start-up is measured apart and left out."""
    videos = [folder / f"{name}{bench.video.suffix}" for name in ("a", "b")]
    for video in videos:
        shutil.copyfile(bench.video, video)
    started_s = _process(bench, videos[:1], folder, jobs=1, end_s=0.1)
    in_row_s = _process(bench, videos, folder, jobs=1)
    together_s = _process(bench, videos, folder, jobs=2)
    return {
        "in_a_row_s": in_row_s,
        "two_processes_s": together_s,
        "start_s": started_s,
        "two_processes_speedup": (in_row_s - started_s) / max(together_s - started_s, 1e-9),
        "two_processes_speedup_with_start": in_row_s / together_s,
    }


def _process(bench: Bench, videos: list[Path], folder: Path, *, jobs: int, end_s: float | None = None) -> float:
    """Return the seconds that the command takes."""
    command = [
        sys.executable,
        str(MAIN),
        "process",
        *map(str, videos),
        "-o",
        str(folder / f"out{jobs}"),
        "--overwrite",
    ]
    command += ["--format", "npz,csv", "--variant", bench.pose_model.variant, "--model", str(bench.refiner.path)]
    command += ["--jobs", str(jobs), *([] if end_s is None else ["--end", str(end_s)])]
    started = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 this program
    if ended.returncode:
        raise SettingsError(f"The command process failed: {ended.stderr.strip().splitlines()[-1]}")
    return time.perf_counter() - started
