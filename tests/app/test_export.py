from pathlib import Path

import numpy as np
import pytest

import app.child_process
from app.dialogs.export import ExportDialog
from app.session import SessionState
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
        print(json.dumps({"event": "progress", "frame": frame, "n_frames": 3}), flush=True)
    time.sleep(60 if out.endswith("slow") else 0)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def playing(qtbot, window, lab):
    def play(**keywords):
        lab.sources["0"] = FakeSource(**keywords)
        window.open("0")
        qtbot.waitUntil(lambda: len(window.board.azimuth.history) > 5)
        return window

    return play


@pytest.fixture
def fake_program(monkeypatch, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)


def test_a_camera_recording_is_saved_and_reads_back(qtbot, playing, tmp_path):
    window = playing(name="camera 0")
    with qtbot.waitSignal(window.exporter.succeeded):
        window.exporter.start(tmp_path / "out", ["npz", "csv"])
    paths = [next((tmp_path / "out").glob(f"camera-0-*.{name}")) for name in ("npz", "csv")]
    sequences = [EXPORTERS[path.suffix[1:]].load(path) for path in paths]
    packet = window.board.video._packet
    for sequence in sequences:
        assert len(sequence) > 5
        assert np.allclose(sequence.joints_m[0], packet.joints_m, atol=1e-4)
        assert np.allclose(sequence.raw_m[0], packet.raw_m, atol=1e-4)
    assert window.session.state == SessionState.PLAYING  # saving did not stop the camera
    assert paths[0].name in window.banner.text
    assert not window.jobs.isVisible()


def test_a_folder_that_cannot_be_written_is_said(qtbot, playing, tmp_path):
    window = playing(name="camera 0")
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(window.exporter.failed):
        window.exporter.start(tmp_path / "file" / "out", ["npz"])
    assert "Cannot write" in window.banner.text
    assert window.actions_by_name["export"].isEnabled()


def test_a_file_is_exported_whole_by_the_program(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False, name="0")
    progress = []
    window.exporter.progressed.connect(lambda *p: progress.append(p))
    with qtbot.waitSignal(window.exporter.succeeded, timeout=10_000):
        window.exporter.start(tmp_path / "out", ["npz", "json"])
        assert not window.actions_by_name["export"].isEnabled()
        assert window.jobs.isVisible()
    arguments = (tmp_path / "out").read_text()
    assert '"process", "0"' in arguments
    assert '"npz,json"' in arguments
    assert '"--learned-depth-refinement"' in arguments
    assert progress == [(1, 3), (2, 3), (3, 3)]
    assert not window.jobs.isVisible()


def test_a_failed_export_says_why(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    with qtbot.waitSignal(window.exporter.failed, timeout=10_000):
        window.exporter.start(tmp_path / "forbidden", ["npz"])
    assert window.banner.text == "Cannot write there; choose another folder."


def test_an_export_is_cancelled(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    window.exporter.start(tmp_path / "slow", ["npz"])
    qtbot.waitUntil(lambda: window.jobs.bar.value() == 3, timeout=10_000)
    with qtbot.waitSignal(window.exporter.succeeded, timeout=10_000):
        window.jobs.cancelled.emit()
    assert window.banner.text.startswith("The export was stopped. The frames done until then are in")


def test_closing_the_window_ends_an_export(qtbot, playing, fake_program, tmp_path):
    window = playing(is_live=False)
    window.exporter.start(tmp_path / "slow", ["npz"])
    qtbot.waitUntil(lambda: window.jobs.bar.value() == 3, timeout=10_000)
    process = window.exporter._process
    window.close()
    assert not process.is_running


def test_the_dialog_wants_a_format_and_a_folder(qtbot):
    dialog = ExportDialog("clip.mp4", Path("/tmp/x"))
    qtbot.addWidget(dialog)
    assert dialog.formats == ["npz", "csv"]
    assert dialog._ok.isEnabled()
    for box in dialog.boxes.values():
        box.setChecked(False)
    assert not dialog._ok.isEnabled()
    dialog.boxes["json"].setChecked(True)
    assert dialog.formats == ["json"]
    dialog._folder.setText(" ")
    assert not dialog._ok.isEnabled()
