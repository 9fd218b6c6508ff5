import pytest

from app.jobs.job import Job, JobKind, JobState
from app.jobs.panel import JobDock
from app.jobs.queue import JobQueue
from app.jobs.step import Command
from app.jobs.strip import JobStrip

pytestmark = pytest.mark.usefixtures("program")


@pytest.fixture
def queue(qtbot):
    queue = JobQueue()
    yield queue
    queue.close()


def job(kind, behaviour="ok", title="work", folder=None):
    return Job(kind, title, [Command("The work", (behaviour,))], folder=folder)


def test_long_jobs_wait_for_each_other_and_short_ones_do_not_wait(qtbot, queue):
    first, second, export, other = (
        job(kind, behaviour)
        for kind, behaviour in (
            (JobKind.TRAINING, "slow"), (JobKind.STUDIO, "ok"), (JobKind.EXPORT, "ok"), (JobKind.EXPORT, "ok"),
        )
    )  # fmt: skip
    for each in (first, second, export, other):
        queue.add(each)
    assert [j.state for j in (first, second, export, other)] == [
        JobState.RUNNING, JobState.QUEUED, JobState.RUNNING, JobState.QUEUED,
    ]  # fmt: skip
    assert queue.n_waiting == 2
    qtbot.waitUntil(lambda: other.is_over, timeout=15_000)
    assert second.state == JobState.QUEUED
    qtbot.waitUntil(lambda: first.progress.done == 3, timeout=10_000)
    first.stop()
    qtbot.waitUntil(lambda: second.is_over, timeout=15_000)
    assert (first.state, second.state) == (JobState.STOPPED, JobState.DONE)


def test_what_waits_can_be_taken_off_and_the_next_moves_up(qtbot, queue):
    running, waiting, last = job(JobKind.EXPORT, "slow"), job(JobKind.EXPORT), job(JobKind.EXPORT)
    for each in (running, waiting, last):
        queue.add(each)
    waiting.stop()
    assert waiting.state == JobState.STOPPED
    qtbot.waitUntil(lambda: running.progress.done == 3, timeout=10_000)
    running.stop()
    qtbot.waitUntil(lambda: last.is_over, timeout=15_000)
    assert last.state == JobState.DONE
    queue.clear_finished()
    assert queue.jobs == ()


def test_a_failure_does_not_stop_the_queue(qtbot, queue):
    bad, good = job(JobKind.EXPORT, "fails"), job(JobKind.EXPORT)
    queue.add(bad)
    queue.add(good)
    qtbot.waitUntil(lambda: good.is_over, timeout=15_000)
    assert (bad.state, good.state) == (JobState.FAILED, JobState.DONE)


def test_the_panel_shows_every_job_and_the_log_of_the_selected_one(qtbot, queue, tmp_path):
    dock = JobDock(queue)
    qtbot.addWidget(dock)
    dock.show()
    panel = dock.panel
    assert panel._empty.isVisible()
    first, second = job(JobKind.EXPORT, "one", folder=tmp_path), job(JobKind.EXPORT, "fails")
    queue.add(first)
    queue.add(second)
    qtbot.waitUntil(lambda: second.is_over, timeout=15_000)
    assert [row.job for row in panel.rows] == [first, second]
    one, two = panel.rows
    assert one.folder_button.isVisible()
    assert not one.stop_button.isVisible()
    assert two.state.text() == "There is no file clip.mp4; check the name."
    one.selected.emit(first)
    assert "line of one" in panel.log.toPlainText()
    two.selected.emit(second)
    assert "clip.mp4" in panel.log.toPlainText()
    assert "line of one" not in panel.log.toPlainText()
    two.dismiss_button.click()
    assert [row.job for row in panel.rows] == [first]
    assert "line of one" in panel.log.toPlainText()
    panel.clear_button.click()
    assert panel.rows == ()
    assert panel._empty.isVisible()
    assert panel.log.toPlainText() == ""


def test_a_log_is_saved(qtbot, queue, tmp_path, monkeypatch):
    dock = JobDock(queue)
    qtbot.addWidget(dock)
    done = job(JobKind.EXPORT, "one")
    with qtbot.waitSignal(done.finished, timeout=10_000):
        queue.add(done)
    path = tmp_path / "job.log"
    monkeypatch.setattr("app.jobs.panel.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    dock.panel.save_button.click()
    assert path.read_text().splitlines() == list(done.log)


def test_the_strip_shows_what_runs_and_stops_it(qtbot, queue):
    strip = JobStrip(queue)
    qtbot.addWidget(strip)
    assert strip.isHidden()
    queue.add(job(JobKind.TRAINING, "slow", "Training a"))
    queue.add(job(JobKind.STUDIO, "ok", "Studio b"))
    qtbot.waitUntil(lambda: strip.bar.value() == 3, timeout=10_000)
    assert not strip.isHidden()
    assert "Training a" in strip.label.text()
    assert "1 more" in strip.label.text()
    assert strip.stop_button.text() == "Stop"
    strip.stop_button.click()
    qtbot.waitUntil(lambda: not queue.running and not queue.n_waiting, timeout=15_000)
    assert strip.isHidden()
