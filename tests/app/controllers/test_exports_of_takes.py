"""A batch of videos: each is exported with what is known of whoever is in it, and with nothing of the others."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.export.saving import ExportRequest
from app.jobs.job import JobState
from app.session.session import Session
from app.window import MainWindow
from core.settings import Settings
from core.take.store import TakeStore
from core.take.take import Processing, Subject


@pytest.fixture
def desk(qtbot, tmp_path, monkeypatch):
    session = Session(Settings(), takes=TakeStore(tmp_path / "takes"))
    window = MainWindow(session)
    qtbot.addWidget(window)
    monkeypatch.setattr(window.desk.queue, "add", lambda _job: None)
    yield window.desk
    window.close_at_once()


def test_ten_takes_of_ten_heights(desk, tmp_path):
    videos, store = [], TakeStore(tmp_path / "takes")
    for i in range(10):
        video = tmp_path / f"{i}.mp4"
        video.write_bytes(bytes([i]) * 100)
        place, take = store.open(video, Processing(carried="full"))
        if i:
            place.save(replace(take, subject=Subject(f"person {i}", 1.5 + i / 20)))
        videos.append(video)
    said = []
    for video in videos:
        (step,) = desk.export(ExportRequest(Path("out"), ("npz",)), video).steps
        arguments = list(step.arguments)
        said.append(arguments[arguments.index("--height") + 1] if "--height" in arguments else None)
        assert arguments[arguments.index("--looks") + 1] == "full"
        assert arguments[arguments.index("--take") + 1] == str(store.find(video)[0].folder)  # nothing is detected twice
    assert said == [None, *(f"{1.5 + i / 20}" for i in range(1, 10))]


@pytest.mark.parametrize(("state", "n"), [(JobState.DONE, 1), (JobState.FAILED, 0), (JobState.STOPPED, 0)])
def test_a_take_knows_what_was_saved_of_it(desk, tmp_path, state, n):
    video, store = tmp_path / "clip.mp4", TakeStore(tmp_path / "takes")
    video.write_bytes(b"x" * 100)
    store.open(video, Processing(carried="full"))
    job = desk.export(ExportRequest(tmp_path / "out", ("npz", "csv")), video)
    job.state = state
    desk.queue.finished.emit(job)
    exports = store.find(video)[1].exports
    assert [(done.folder, done.formats) for done in exports] == [(str(tmp_path / "out"), ("npz", "csv"))] * n
