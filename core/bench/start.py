"""From nothing to the first refined frame, caches warm."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.bench.clip import Bench, Figures
from core.errors import SettingsError
from core.process.job import Job
from core.process.processor import Processor
from core.system.files.program import ROOT
from core.system.progress import Progress

_FIRST_FRAME = """
import sys, time
from core.bench.start import first_packet
first_packet(*sys.argv[1:])
print(time.monotonic())
"""


def start(bench: Bench) -> Figures:
    """Time fresh processes until their first packet; the first one warms the caches of the disk."""
    command = [sys.executable, "-c", _FIRST_FRAME, str(bench.video), bench.pose_model.variant, str(bench.refiner.path)]
    seconds = []
    for _ in range(bench.rounds + 1):
        started = time.monotonic()  # one clock for all processes of a machine
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 this program
        if ended.returncode:
            raise SettingsError(f"The first frame never came: {ended.stderr.strip().splitlines()[-1]}")
        seconds.append(float(ended.stdout.split()[-1]) - started)
    return {"first_frame_s": statistics.median(seconds[1:]), "first_frame_cold_s": seconds[0]}


def first_packet(video: str, variant: str, refiner: str) -> None:
    """Do what `process` does up to its first packet."""

    def stop_at_once(_progress: Progress) -> None:
        raise _EnoughError

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_EnoughError):
        job = Job(Path(folder), ("npz",)).changed_by({"variant": variant, "refiner": refiner})
        Processor(job).process(Path(video), stop_at_once)


class _EnoughError(Exception):
    """The first packet is there."""
