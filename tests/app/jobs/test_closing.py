import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app.jobs.closing import Answer, BackgroundWindow, ask_about_jobs
from app.jobs.job import Job, JobKind
from app.jobs.queue import JobQueue
from app.jobs.step import Command
from app.window import MainWindow

pytestmark = pytest.mark.usefixtures("program")


def running_job(qtbot, queue, *, kind=JobKind.TRAINING):
    job = Job(kind, "Training of <b>me</b>", [Command("The training", ("slow",))])
    queue.add(job)
    qtbot.waitUntil(lambda: job.progress.done == 3, timeout=10_000)
    return job


@pytest.fixture
def answer(qtbot):
    """Press a button of the next question; returns the list into which the question's texts go."""

    def begin(words):
        seen = []

        def look():
            box = QApplication.activeModalWidget()
            if not isinstance(box, QMessageBox):
                QTimer.singleShot(5, look)
                return
            seen.extend([box.text(), box.informativeText(), *(button.text() for button in box.buttons())])
            next(button for button in box.buttons() if button.text() == words).click()

        QTimer.singleShot(0, look)
        return seen

    return begin


@pytest.fixture
def busy_window(qtbot, lab):
    window = MainWindow(lab.session())
    window.show()
    job = running_job(qtbot, window.desk.queue)
    yield window, job
    window.close_at_once()
    window.deleteLater()


def test_a_window_with_a_job_asks_and_stays_when_told_so(busy_window, answer):
    window, job = busy_window
    seen = answer("Stay")
    assert not window.close()
    assert "Training of <b>me</b>: " in seen[0]
    assert "continued" in seen[1]
    assert {"Stay", "Stop and close", "Go on in the background"} == set(seen[2:])
    assert window.isVisible()
    assert job.running.is_running


def test_stopping_ends_the_process_and_the_window(busy_window, answer):
    window, job = busy_window
    process = job.running
    answer("Stop and close")
    assert window.close()
    assert not process.is_running


def test_in_the_background_the_job_is_finished_and_then_the_program_ends(qtbot, busy_window, answer):
    window, job = busy_window
    waiting = Job(JobKind.STUDIO, "Waiting", [Command("The studio", ("ok",))])
    window.desk.queue.add(waiting)
    answer("Go on in the background")
    assert window.close()
    assert job.running.is_running
    (small,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, BackgroundWindow)]
    assert small.isVisible()
    with qtbot.waitSignal(small.closed, timeout=15_000):
        job.stop()
    assert waiting.is_over
    assert not small.isVisible()


def test_the_small_window_asks_too(qtbot, answer):
    queue = JobQueue()
    running_job(qtbot, queue, kind=JobKind.EXPORT)
    small = BackgroundWindow(queue)
    qtbot.addWidget(small)
    small.show()
    seen = answer("Stay")
    assert not small.close()
    assert set(seen[2:]) == {"Stay", "Stop and close"}
    answer("Stop and close")
    assert small.close()
    queue.close()


def test_waving_the_question_away_is_staying(qtbot, answer):
    queue = JobQueue()
    running_job(qtbot, queue)
    small = BackgroundWindow(queue)
    qtbot.addWidget(small)
    QTimer.singleShot(100, lambda: QApplication.activeModalWidget().reject())
    assert ask_about_jobs(queue, small) is Answer.STAY
    queue.close()
    queue.changed.disconnect(small._close_when_done)


def test_a_window_without_jobs_closes_without_a_question(qtbot, lab):
    window = MainWindow(lab.session())
    window.show()
    assert window.close()
    window.deleteLater()
