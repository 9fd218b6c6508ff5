"""A recording opens like a video: with its poses, without looking at anything, also where its video is gone."""

import numpy as np
import pytest

from app.export.saving import ExportRequest
from app.session import open_take as module
from app.session.session import Session
from app.session.state import SessionState
from app.window import MainWindow
from core.exporters import EXPORTERS, npz
from core.sequence.pose_sequence import SequenceBuilder
from core.settings import Settings
from core.take.store import TakeStore

N = 30


@pytest.fixture
def recording(make_packet, tmp_path):
    builder = SequenceBuilder()
    for i in range(N):
        builder.append(make_packet(i / 10, index=i, found=i != 7))
    path = tmp_path / "walk.npz"
    EXPORTERS["npz"].save(builder.build({"source": "gone.mp4", "fps": 10.0, "settings": {"looks": "full"}}), path)
    return path


@pytest.fixture
def session(qtbot, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("something was to be looked at")

    monkeypatch.setattr(module, "ChildProcess", never)
    session = Session(Settings(), takes=TakeStore(tmp_path / "takes"))
    yield session
    session.close()


def test_it_plays_without_its_video(qtbot, session, recording):
    noted, failed = [], []
    session.noted.connect(noted.append)
    session.failed.connect(failed.append)
    session.open(recording)
    qtbot.waitUntil(lambda: session.open_take is not None and session.open_take.is_analysed)
    assert "walk.npz is not beside it" in noted[0]
    assert session.open_take.take.recording == str(recording)
    packets = []

    def ended():
        packet = session.take()
        if packet is not None:
            packets.append(packet)
        return session.state == SessionState.ENDED

    session.transport.seek(0.0)
    qtbot.waitUntil(ended)
    assert packets[-1].detection.frame.size_px == (320, 180)
    assert session.duration_s == pytest.approx(N / 10)
    found = [packet for packet in packets if packet.detection.is_found]
    assert np.isfinite(found[-1].joints_m).all()
    assert failed == []
    session.use_quality("best")  # which its video would be needed for
    qtbot.waitUntil(lambda: bool(failed))
    assert "cannot be looked at in another way" in failed[0]


def test_it_is_exported_as_it_is_shown(qtbot, session, recording, tmp_path):
    window = MainWindow(session)
    qtbot.addWidget(window)
    session.open(recording)
    qtbot.waitUntil(lambda: session.open_take is not None and session.open_take.is_analysed)
    job = window.desk.export(ExportRequest(tmp_path / "out", ("npz", "csv")), session.file)
    qtbot.waitUntil(lambda: job.is_over)
    assert job.state == "done", job.words
    saved = npz.load(next((tmp_path / "out").glob("*.npz")))
    assert len(saved) == N
    assert np.isnan(saved.joints_m[7]).all()
    shown = session.open_take.showing.poses
    np.testing.assert_allclose(saved.raw_m, shown.raw_m, atol=1e-5, equal_nan=True)
    assert session.open_take.take.exports[-1].formats == ("npz", "csv")
    window.close_at_once()
