from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.controllers import jobs as desk_module
from app.controllers.jobs import JobController
from app.refiners.runs import Run
from app.training.job import TrainingJob
from app.widgets.banner import Banner


class CutOff(Run):
    can_resume = True

    def was_cut_off(self):
        return True


class NoSession(QObject):
    changed = Signal()


@pytest.mark.parametrize(("folder", "is_said"), [("a", False), ("b", True)])
def test_the_offer_of_a_cut_off_run_goes_when_that_run_goes_on(qtbot, tmp_path, monkeypatch, folder, is_said):
    monkeypatch.setattr(desk_module, "list_runs", lambda: [CutOff(tmp_path / "a", {"epochs": 5}, ())])
    window, banner = QWidget(), Banner()
    qtbot.addWidget(window)
    qtbot.addWidget(banner)
    desk = JobController(NoSession(), banner, window)
    qtbot.waitUntil(lambda: "broke off" in banner.text)
    job = TrainingJob(tmp_path / folder, choice=None, name="x", current=Path("m.onnx"), test_sets=())
    monkeypatch.setattr(job, "start", lambda: None)
    desk.queue.add(job)
    assert bool(banner.strips) == is_said
