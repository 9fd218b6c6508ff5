"""The window as a person uses it, with the real detector, the real command line and a real little training run."""

import importlib.util

import numpy as np
import pytest

from app.export.saving import ExportRequest
from app.jobs.job import JobState
from app.main import create_window
from app.session.state import SessionState
from app.training import train_dialog
from app.training.device import Device
from core.exporters import EXPORTERS
from core.settings import load_settings, user_settings_path
from core.system.files.program import ASSETS

pytestmark = [pytest.mark.train, pytest.mark.program]

PATIENCE_MS = 600_000

needs_training = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="the training packages")


@pytest.fixture
def playing(qtbot, monkeypatch):
    monkeypatch.setattr(train_dialog, "find_device", lambda: Device("the CPU", can_train=True))
    monkeypatch.delenv("XDG_CACHE_HOME")  # the pose model is fetched once per machine
    window = create_window(refinement=True)
    qtbot.addWidget(window)
    window.show()
    window.open(ASSETS / "sample.mp4")
    qtbot.waitUntil(lambda: window.session.position_s > 0.5, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(window.session.status.model_name), timeout=PATIENCE_MS)
    yield window
    window.close()


def finished(qtbot, job):
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.state == JobState.DONE, job.words
    return job


@needs_training
def test_play_toggle_export_train_and_switch(qtbot, playing, tmp_path):
    window, session, desk = playing, playing.session, playing.desk
    shipped = session.status.model_name
    assert shipped

    window.actions_by_name["refine"].trigger()
    qtbot.waitUntil(lambda: not session.settings.learned_depth_refinement)
    window.actions_by_name["refine"].trigger()
    if session.state != SessionState.PLAYING:  # the clip may have ended while its refiner was loaded
        window.actions_by_name["play"].trigger()
        qtbot.waitUntil(lambda: session.state == SessionState.PLAYING)
    window.actions_by_name["play"].trigger()
    qtbot.waitUntil(lambda: session.state == SessionState.PAUSED)

    request = ExportRequest(tmp_path / "out", ("npz", "bvh"), end_s=0.5)
    finished(qtbot, desk.export(request, session.file))
    sequence = EXPORTERS["npz"].load(tmp_path / "out" / "sample.npz")
    assert len(sequence) > 10
    assert not np.allclose(sequence.joints_m, sequence.raw_m, equal_nan=True)
    assert (tmp_path / "out" / "sample.bvh").read_text().startswith("HIERARCHY")

    desk.show_training()
    dialog = desk.training
    dialog.setup.table.refresh(ASSETS / "sample_truth.npz")
    qtbot.waitUntil(lambda: len(dialog.setup.table.chosen) == 1 and dialog.setup._device is not None, timeout=60_000)
    dialog.setup.epochs.setValue(1)
    dialog.setup.batch_size.setValue(120)
    dialog.setup.name.setText("little one")
    dialog.start_button.click()
    finished(qtbot, dialog.job)
    assert dialog.progress.epochs == (1,)
    comparison = dialog.job.comparison
    assert comparison.n_frames == 240
    assert comparison.current_name == shipped
    assert comparison.current["depth_mm"] < comparison.raw["depth_mm"]
    dialog.card.use_button.click()
    dialog.close()

    qtbot.waitUntil(lambda: session.status.model_name == "little one", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.state in (SessionState.PLAYING, SessionState.PAUSED), timeout=PATIENCE_MS)
    assert load_settings(user_settings_path()).refiner == session.settings.refiner


def test_nothing_is_invented_and_what_is_marked_by_hand_is_in_table_and_report(qtbot, playing, tmp_path):
    window, view = playing, playing.board.measures
    qtbot.waitUntil(lambda: window.session.open_take.is_analysed, timeout=PATIENCE_MS)
    dock = window.docks["analysis"]
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: len(view.series.time_s) == 240, timeout=PATIENCE_MS)
    assert view.said.text() == "No repetitions found"
    view.range_button.click()
    view.plots.show_range((2.0, 4.0))
    view.add_button.click()
    assert window.session.open_take.take.cycles.by_hand
    window.session.open_take.save()

    request = ExportRequest(tmp_path / "out", ("html", "pdf", "cycles"))
    finished(qtbot, window.desk.export(request, window.session.file))
    table = (tmp_path / "out" / "sample_cycles.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[:4] for row in table[1:]] == [["1", "2.000", "4.000", "2.000"]]
    assert "1 (corrected by hand)" in (tmp_path / "out" / "sample_report.html").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "sample_report.pdf").stat().st_size > 20_000
