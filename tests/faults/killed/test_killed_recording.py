"""kill -9 while a camera is recorded: what there is becomes the usual pair of files, in step, at the next start."""

import os
import signal
import subprocess
import sys
import textwrap

import av
import numpy as np
import pytest

from core.exporters import EXPORTERS
from core.take.recording.drafts import Draft, recover_all
from core.take.recording.journal import read_journal
from tests.faults.killed.test_killed import ROOT, kill_when, names, start_quietly

pytestmark = [pytest.mark.kill, pytest.mark.skipif(os.name == "nt", reason="kill -9 is a word of POSIX")]

SIGN_M = 0.001
"""The first joint's x is the frame's number times this; the picture's grey is that number modulo 200."""

RECORD = """
    import os, signal, sys, time; from pathlib import Path
    import numpy as np
    from app.session import recording
    from core.exporters import EXPORTERS
    from core.pose.skeleton import N_JOINTS, N_LANDMARKS
    from core.pose.types import Detection, Frame, Refined
    body = np.random.default_rng(0).normal(size=(N_JOINTS, 3))
    folder, n_frames, stage = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    if stage == "before the picture is finished":
        recording.VideoWriter.__exit__ = die
    elif stage == "before the picture has its name":
        Path.replace = die
    elif stage == "before the poses are written":
        object.__setattr__(EXPORTERS["npz"], "write", die)
    made = recording.Recording(folder, "walk", 30.0, {"source": "camera 0"})
    for i in range(n_frames):
        frame = Frame(np.full((120, 160, 3), i % 200, np.uint8), i, 7.0 + i / 30 + 0.004 * (i % 3))
        joints = body.copy(); joints[0, 0] = i * 0.001
        marks = np.ones((N_LANDMARKS, 3))
        seen = Detection(frame, marks[:, :2], marks, marks[:, 0])
        made.add(Refined(seen, joints, joints, np.ones(N_JOINTS), None, 0.1, 0.1, 0.0))
        time.sleep(0.002)
    if stage:
        made.stop()
"""


def record(folder, n_frames, stage=""):
    return start_quietly("-c", textwrap.dedent(RECORD), folder, n_frames, stage)


def frames_of(video):
    """Times and greys of what PyAV reads."""
    with av.open(str(video)) as container:
        frames = list(container.decode(video=0))
    greys = [frame.to_ndarray(format="rgb24").mean() for frame in frames]
    return np.array([frame.time for frame in frames]), np.array(greys)


def check_pair(folder, n_least):
    """The two files hold the same frames at the same times, and the picture is the one of the pose."""
    assert names(folder) == ["walk.mp4", "walk.npz"]
    assert not list(folder.glob(".*"))
    sequence = EXPORTERS["npz"].load(folder / "walk.npz")
    times_s, greys = frames_of(folder / "walk.mp4")
    assert len(sequence) == len(times_s) >= n_least
    assert times_s == pytest.approx(sequence.time_s, abs=1e-4)
    assert sequence.frame_index.tolist() == list(range(len(sequence)))
    numbers = np.round(sequence.joints_m[:, 0, 0] / SIGN_M)
    assert np.abs(numbers % 200 - greys).max() < 3
    assert sequence.meta["video"] == "walk.mp4"
    assert sequence.meta["source"] == "camera 0"
    return sequence


def test_a_recording_that_is_killed_becomes_files_at_the_next_start(tmp_path):
    draft = Draft(tmp_path / ".walk.recording")
    process = record(tmp_path, 1_000_000)

    def is_long_enough():
        return draft.journal.is_file() and len(read_journal(draft.journal)) > 400

    def look():
        if not is_long_enough():
            return False
        assert recover_all(tmp_path).recordings == []  # it is still made
        return True

    kill_when(process, look)
    assert names(tmp_path) == []
    journal = read_journal(draft.journal)
    recovering = subprocess.run(
        [sys.executable, "main.py", "recover", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert recovering.returncode == 0, recovering.stderr
    sequence = check_pair(tmp_path, len(journal) - 90)
    assert f"walk.npz: {len(sequence)} frames" in recovering.stdout
    assert sequence.meta["recovered"] is True
    assert sequence.meta["left_out"] == journal.n_left_out[len(sequence) - 1]
    assert recover_all(tmp_path).recordings == []


STAGES = ["before the picture is finished", "before the picture has its name", "before the poses are written"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_recording_that_is_killed_while_it_is_finished_becomes_files(tmp_path, stage):
    process = record(tmp_path, 150, stage)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    (recorded,) = recover_all(tmp_path).recordings
    sequence = check_pair(tmp_path, 60 if stage == STAGES[0] else 1)
    assert recorded.n_frames == len(sequence)
    assert stage == STAGES[0] or recorded.n_frames + recorded.n_left_out == 150


def test_a_recording_that_is_killed_at_once_leaves_nothing_or_its_poses(tmp_path):
    process = record(tmp_path, 1, STAGES[0])
    process.communicate(timeout=300)
    (recorded,) = recover_all(tmp_path).recordings
    assert recorded.video is None
    assert len(EXPORTERS["npz"].load(recorded.sequence)) == 1
    empty = Draft(tmp_path / ".empty.recording").folder
    empty.mkdir()
    os.utime(empty, (0, 0))
    assert recover_all(tmp_path).recordings == []
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_draft_is_a_sentence_and_stays_beside_sound_ones(tmp_path):
    for name in ("a", "b"):
        process = start_quietly("-c", textwrap.dedent(RECORD).replace('"walk"', repr(name)), tmp_path, 150, STAGES[1])
        process.communicate(timeout=300)
    damaged = Draft(tmp_path / ".a.recording")
    damaged.journal.write_bytes(b"x" + damaged.journal.read_bytes()[1:])
    recovered = recover_all(tmp_path)
    assert [recorded.sequence.name for recorded in recovered.recordings] == ["b.npz"]
    (problem,) = recovered.problems
    assert str(damaged.journal) in problem
    assert len(frames_of(tmp_path / "a.mp4")[0]) > 1
    result = subprocess.run(
        [sys.executable, "main.py", "recover", tmp_path], cwd=ROOT, capture_output=True, check=False
    )
    assert result.returncode == 2
