import json
import math
import sys

import pytest

from app.jobs.job import Job, JobKind, JobState
from app.jobs.step import Command, Work, doing_text
from app.jobs.words import duration_text, state_text
from core.errors import OutputError
from core.system.progress import Progress, TrainingProgress

pytestmark = pytest.mark.usefixtures("program")
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def finish(qtbot, job):
    with qtbot.waitSignal(job.finished, timeout=15_000):
        job.start()
    return job


def until_running(qtbot, job):
    job.start()
    qtbot.waitUntil(lambda: job.progress.done == 3, timeout=10_000)


def test_steps_run_in_order_and_the_log_has_what_they_said(qtbot, tmp_path):
    written = []
    steps = [Command("One", ("first",)), Work("two", lambda: written.append(1)), Command("Three", ("third",))]
    job = finish(qtbot, Job(JobKind.EXPORT, "The export", steps, success="All is there."))
    assert job.state == JobState.DONE
    assert job.words == state_text(job) == "All is there."
    assert written == [1]
    assert list(job.log) == ["$ main.py first", "line of first", "$ main.py third", "line of third", "All is there."]


def test_the_first_step_that_fails_ends_it_in_its_own_words(qtbot, tmp_path):
    after = tmp_path / "after"
    job = finish(qtbot, Job(JobKind.EXPORT, "x", [Command("One", ("fails",)), Command("Two", ("ok", str(after)))]))
    assert job.state == JobState.FAILED
    assert job.words == "There is no file clip.mp4; check the name."
    assert not after.exists()


def test_work_in_a_thread_fails_in_words_too(qtbot):
    def work():
        raise OutputError("The disk is full; free space.")

    job = finish(qtbot, Job(JobKind.EXPORT, "x", [Work("saving", work)]))
    assert (job.state, job.words) == (JobState.FAILED, "The disk is full; free space.")


@needs_signals
def test_a_stop_still_keeps_what_was_reached_and_a_cancel_does_not(qtbot, tmp_path):
    for interrupt, is_kept in ((Job.stop, True), (Job.cancel, False)):
        kept, other = tmp_path / f"kept{is_kept}", tmp_path / "other"
        steps = [
            Command("The training", ("slow",)),
            Command("Anything else", ("ok", str(other))),
            Command("The export", ("ok", str(kept)), after_stop=True),
        ]
        job = Job(JobKind.TRAINING, "x", steps)
        until_running(qtbot, job)
        with qtbot.waitSignal(job.finished, timeout=15_000):
            interrupt(job)
        assert kept.exists() == is_kept
        assert not other.exists()
        assert (job.state, job.words) == (JobState.STOPPED, "The training was stopped.")


def test_a_step_without_what_it_needs_is_left_out(qtbot, tmp_path):
    made = tmp_path / "made"
    needy = Command("x", ("ok", str(made)), needs=tmp_path / "nothing")
    assert finish(qtbot, Job(JobKind.TRAINING, "x", [needy])).state == JobState.DONE
    assert not made.exists()


def test_closing_leaves_no_process_and_says_nothing(qtbot):
    job = Job(JobKind.EXPORT, "x", [Command("One", ("slow",)), Command("Two", ("ok",))])
    until_running(qtbot, job)
    process = job.running
    with qtbot.assertNotEmitted(job.finished):
        job.close()
    assert not process.is_running


TRAINING = TrainingProgress(1, 10, 5, 50, {"total": 0.5, "bones": math.nan}, math.nan, 100.0, 7.0, 30.0)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Progress(3, 10, item="a.mp4").line(), (3, 10, None, "a.mp4")),
        (Progress(3, None, "videos", eta_s=math.nan).line(), (3, None, None, "")),
        (Progress(40, 100, item="x.npz", eta_s=9.0).line(n_done="not this"), (40, 100, 9.0, "x.npz")),
        (Progress(3, 9, "videos").line(done=77), (3, 9, None, "")),
        (TRAINING.line(), (5, 50, 30.0, "Epoch 1 of 10")),
    ],
)
def test_progress_of_every_subcommand_is_understood(line, expected):
    message = json.loads(line)
    progress = Progress.from_message(message)
    assert (progress.done, progress.total, progress.eta_s, doing_text(message, progress)) == expected


def test_a_training_is_read_as_it_was_written():
    again = TrainingProgress.from_message(json.loads(TRAINING.line()))
    assert str(again) == str(TRAINING)  # with what is not known
    assert again.loss == 0.5


@pytest.mark.parametrize(
    "message",
    [
        {"event": "done", "done": 1, "total": 2},
        {"event": "progress", "done": "3", "total": 4},
        {"event": "progress", "done": 3, "total": "4"},
        {"frame": 3, "n_frames": 4},
    ],
)
def test_other_lines_tell_no_progress(message):
    assert Progress.from_message(message) is None
    assert TrainingProgress.from_message(message) is None


def test_the_time_left_is_the_steps_own_if_it_tells(monkeypatch):
    job = Job(JobKind.TRAINING, "x", [])
    job.state, job.progress = JobState.RUNNING, Progress(10, 40, "steps", eta_s=75.0)
    job.doing = "Epoch 1 of 4"
    job._started_s -= 10.0
    assert state_text(job) == "Epoch 1 of 4  ·  25 %  ·  1 min 15 s left"
    job.progress, job.doing = Progress(10, 40), "dance.mp4"
    assert state_text(job).startswith("dance.mp4  ·  25 %")  # a name stays as it is written
    job.progress = Progress(0, 40)
    assert math.isnan(job.eta_s)
    assert duration_text(7384) == "2 h 3 min"
    assert duration_text(59.6) == "1 min 0 s"
