import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app.child_process
from app.export.dialog import ExportDialog
from app.export.saving import ExportRequest
from app.jobs.job import JobState
from app.refiners.runs import runs_folder
from app.session.session import SessionState
from app.window import MainWindow
from core.exporters import EXPORTERS
from tests.app.conftest import FakeSource

SCRIPT = """
import json, sys, time
arguments = sys.argv[1:]
out = arguments[arguments.index("-o") + 1]
if out.endswith("forbidden"):
    print("Cannot write there; choose another folder.", file=sys.stderr)
    sys.exit(2)
open(out, "w").write(json.dumps(arguments))
try:
    for frame in range(1, 4):
        print(json.dumps({"event": "progress", "done": frame, "total": 3}), flush=True)
    print("Note: Half of it is dark.", file=sys.stderr)
    time.sleep(60 if out.endswith("slow") else 0)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def playing(qtbot, window, lab):
    def play(**keywords):
        lab.sources["0"] = FakeSource(**keywords)
        window.open("0")
        qtbot.waitUntil(lambda: window.session.track.version > 5)
        return window

    return play


@pytest.fixture
def fake_program(monkeypatch, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)


def finish(qtbot, window, request, file=None):
    with qtbot.waitSignal(window.desk.queue.finished, timeout=15_000) as finished:
        window.desk.export(request, file)
    return finished.args[0]


def test_a_camera_recording_is_saved_and_reads_back(qtbot, playing, tmp_path):
    window = playing(name="camera 0")
    job = finish(qtbot, window, ExportRequest(tmp_path / "out", ("npz", "csv")))
    assert job.state == JobState.DONE
    paths = [next((tmp_path / "out").glob(f"camera-0-*.{name}")) for name in ("npz", "csv")]
    sequences = [EXPORTERS[path.suffix[1:]].load(path) for path in paths]
    packet = window.board.stage.video._packet
    for sequence in sequences:
        assert len(sequence) > 5
        assert np.allclose(sequence.joints_m[0], packet.joints_m, atol=1e-4)
        assert np.allclose(sequence.raw_m[0], packet.raw_m, atol=1e-4)
    assert window.session.state == SessionState.PLAYING  # saving did not stop the camera
    assert paths[0].name in window.banner.text
    assert not window.desk.strip.isVisible()


def test_a_folder_that_cannot_be_written_is_said(qtbot, playing, tmp_path):
    window = playing(name="camera 0")
    (tmp_path / "file").write_text("")
    finish(qtbot, window, ExportRequest(tmp_path / "file" / "out", ("npz",)))
    assert "Cannot write" in window.banner.text


def test_a_file_is_exported_by_the_program(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False, name="clip.mp4")
    request = ExportRequest(tmp_path / "out", ("npz", "json"), start_s=1.5, end_s=4.0)
    job = finish(qtbot, window, request, Path("clip.mp4"))
    arguments = json.loads((tmp_path / "out").read_text())
    assert arguments[:2] == ["process", "clip.mp4"]
    assert arguments[arguments.index("--format") + 1] == "npz,json"
    assert arguments[arguments.index("--start") + 1 :][:3] == ["1.5", "--end", "4"]
    assert "--learned-depth-refinement" in arguments
    assert job.progress.done == 3
    assert window.banner.text.startswith("Exported clip.mp4 to")
    assert "Half of it is dark." in window.banner.text


def test_a_failed_export_says_why(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    finish(qtbot, window, ExportRequest(tmp_path / "forbidden", ("npz",)), Path("a.mp4"))
    assert window.banner.text == "Cannot write there; choose another folder."


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_export_is_cancelled(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    window.desk.export(ExportRequest(tmp_path / "slow", ("npz",)), Path("a.mp4"))
    qtbot.waitUntil(lambda: window.desk.strip.bar.value() == 3, timeout=10_000)
    with qtbot.waitSignal(window.desk.queue.finished, timeout=10_000):
        window.desk.strip.stop_button.click()
    assert window.banner.text.startswith("The export was stopped. The frames done until then are in")


def test_several_videos_become_a_job_each(qtbot, playing, fake_program, tmp_path, monkeypatch):
    window = playing(is_live=False)
    monkeypatch.setattr(ExportDialog, "exec", lambda self: self.folder.setText(str(tmp_path / "out")) or 1)
    names = [str(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    monkeypatch.setattr("app.controllers.jobs.QFileDialog.getOpenFileNames", lambda *_: (names, ""))
    window.actions_by_name["export_batch"].trigger()
    jobs = window.desk.queue.jobs
    assert [job.title for job in jobs] == ["Export of a.mp4", "Export of b.mp4"]
    assert window.desk.dock.isVisible()
    qtbot.waitUntil(lambda: all(job.is_over for job in jobs), timeout=15_000)


def test_closing_the_window_ends_an_export(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    job = window.desk.export(ExportRequest(tmp_path / "slow", ("npz",)), Path("a.mp4"))
    qtbot.waitUntil(lambda: job.progress.done == 3, timeout=10_000)
    process = job.running
    window.close_at_once()
    assert not process.is_running


def test_the_dialog_begins_with_the_in_and_out_points_and_the_person_is_as_tall_as_said(
    qtbot, playing, fake_program, tmp_path, monkeypatch
):
    window = playing(is_live=False, name="clip.mp4")
    monkeypatch.setattr(type(window.session), "file", property(lambda _: tmp_path / "clip.mp4"))
    window.session.transport.set_range(1.0, 2.5)
    window.session.set_choices(replace(window.session.choices, height_m=1.75, fov_deg=0.0))
    monkeypatch.setattr(ExportDialog, "exec", lambda self: self.folder.setText(str(tmp_path / "out")) or 1)
    with qtbot.waitSignal(window.desk.queue.finished, timeout=15_000):
        window.actions_by_name["export"].trigger()
    arguments = json.loads((tmp_path / "out").read_text())
    assert arguments[arguments.index("--start") + 1 :][:3] == ["1", "--end", "2.5"]
    assert arguments[arguments.index("--height") + 1] == "1.75"
    assert "--fov" not in arguments


def test_a_training_that_died_is_offered_when_the_window_opens_again(qtbot, lab):
    folder = runs_folder() / "a"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('pairs = ["x"]\nepochs = 5\n')
    (folder / "last.ckpt").write_text("")
    code = (
        "import os, sys; from PySide6.QtCore import QLockFile; lock = QLockFile(sys.argv[1]); lock.lock(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "in-use.lock")], check=False)
    window = MainWindow(lab.session())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.banner.isVisible)
    assert window.banner.text == "The training of a broke off after epoch 0 of 5."
    window.close()
