"""The program twice at once, on the same files."""

import subprocess
import sys
import textwrap

import pytest

from app.session.recording import Recording
from core.exporters import EXPORTERS
from core.process.result_settings import Record
from core.system.files.program import ROOT
from tests.faults.killed.test_killed import download

PROCESS = """
    import sys; from pathlib import Path
    import numpy as np
    from core.process import run
    from core.detection.bundle import PoseModel
    from core.process.job import Job
    from core.process.processor import Processor
    from core.settings import Settings
    from tests.core.conftest import KnownDetector

    standing = np.random.default_rng(0).normal(0, 0.3, (17, 3))
    class Detector(KnownDetector):
        def __init__(self, looks, models, **_):
            super().__init__(standing)
    run.open_detector = Detector
    run.load_pose_model = lambda variant, report: PoseModel(None, variant, "0" * 64)
    video, out, refiner = sys.argv[1:]
    job = Job(Path(out), ("npz", "csv", "mp4"), Settings(refiner=refiner))
    print("ready", flush=True)
    sys.stdin.readline()
    print(Processor(job).process(Path(video)).n_frames)
"""


@pytest.mark.program
def test_two_runs_into_one_folder_both_end_well(make_video, tmp_path, tiny_refiner_path):
    video = make_video(n=40)
    command = [sys.executable, "-c", textwrap.dedent(PROCESS), video, tmp_path / "out", tiny_refiner_path]
    pipe = subprocess.PIPE
    runs = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    for run in runs:
        out, errors = run.communicate(timeout=300)
        assert run.returncode == 0, errors
        assert out.strip() == "40"
    assert len(EXPORTERS["npz"].load(tmp_path / "out" / "clip.npz")) == 40
    assert Record.load(tmp_path / "out" / "clip.settings.toml").result["complete"]
    assert not list((tmp_path / "out").glob(".*"))


def test_two_recordings_of_one_second_are_two_recordings(tmp_path, packets):
    first, second = (Recording(tmp_path, "recording-20261025-023000", 30.0, {"who": who}) for who in "ab")
    for packet in packets[:5]:
        first.add(packet)
    for packet in packets:
        second.add(packet)
    recorded = [first.stop(), second.stop()]
    third = Recording(tmp_path, "recording-20261025-023000", 30.0, {"who": "c"})  # the hour that comes twice
    third.add(packets[0])
    recorded.append(third.stop())
    sequences = [EXPORTERS["npz"].load(one.sequence) for one in recorded]
    assert [sequence.meta["who"] for sequence in sequences] == ["a", "b", "c"]
    assert [len(sequence) for sequence in sequences] == [5, len(packets), 1]
    assert len({one.video for one in recorded}) == 3
    assert all(one.video.is_file() for one in recorded)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.program
def test_two_first_starts_fetch_the_model_side_by_side(tmp_path):
    runs = [download(tmp_path, "") for _ in range(4)]
    ended = [(run.communicate(timeout=300), run.returncode) for run in runs]
    assert [code for _, code in ended] == [0] * 4, ended
    assert len({out for (out, _), _ in ended}) == 1
