import threading
from dataclasses import replace
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.session import recording as recording_module
from app.session.recording import Recorder, Recording
from app.session.state import SessionState
from core.errors import DataError, OutputError
from core.exporters import EXPORTERS
from core.take.detections import Completed, DetectionReader
from core.take.recording.drafts import Draft
from core.take.store import TakeStore
from tests.app.conftest import FakeSource

TIMES_S = (4.0, 4.033, 4.1, 4.2, 4.2333)


def test_picture_and_poses_have_the_same_frames_at_the_same_times(tmp_path, make_packet):
    recording = Recording(tmp_path / "new", "one", 30.0, {"source": "fake"})
    for i, time_s in enumerate(TIMES_S):
        recording.add(make_packet(time_s, index=100 + 3 * i, image=np.full((64, 96, 3), 40 + 40 * i, np.uint8)))
    result = recording.stop()
    sequence = EXPORTERS["npz"].load(result.sequence)
    with av.open(str(result.video)) as container:
        frames = list(container.decode(video=0))
    assert result.n_frames == len(frames) == len(sequence) == 5
    assert [frame.time for frame in frames] == pytest.approx(sequence.time_s, abs=1e-4)
    assert sequence.time_s == pytest.approx(np.array(TIMES_S) - 4.0)
    assert sequence.frame_index.tolist() == [0, 1, 2, 3, 4]
    assert [frame.to_ndarray(format="rgb24").mean() for frame in frames] == pytest.approx(
        [40, 80, 120, 160, 200], abs=3
    )
    assert sequence.meta["video"] == "one.mp4"
    assert not list((tmp_path / "new").glob("*.part*"))


def test_no_draft_is_left_where_an_open_file_cannot_be_deleted(tmp_path, make_packet, monkeypatch):
    recording, remove = Recording(tmp_path, "one", 30.0, {}), Draft.remove
    monkeypatch.setattr(Draft, "remove", lambda draft: recording._held.closed and remove(draft))  # as on Windows
    recording.add(make_packet(0.0, index=0, image=np.zeros((64, 96, 3), np.uint8)))
    recording.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.mp4", "one.npz"]


def test_inference_never_waits_for_the_encoder(tmp_path, make_packet, monkeypatch):
    go = threading.Event()

    class Slow(recording_module.VideoWriter):
        def add(self, image, time_s):
            go.wait(60)
            super().add(image, time_s)

    monkeypatch.setattr(recording_module, "VideoWriter", Slow)
    recording = Recording(tmp_path, "slow", 30.0, {})
    for i in range(100):
        recording.add(make_packet(i / 30, index=i, image=np.zeros((64, 96, 3), np.uint8)))
    assert recording.n_left_out > 50
    go.set()
    result = recording.stop()
    assert result.n_frames + result.n_left_out == 100
    with av.open(str(result.video)) as container:
        assert len(list(container.decode(video=0))) == result.n_frames == len(EXPORTERS["npz"].load(result.sequence))


def test_a_folder_that_cannot_be_made_and_a_full_disk_are_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot make"):
        Recording(tmp_path / "file" / "x", "r", 30.0, {})
    monkeypatch.setattr(recording_module, "free_bytes", lambda _: 1000)
    with pytest.raises(OutputError, match="nearly full"):
        Recording(tmp_path, "r", 30.0, {})


def test_what_comes_after_a_break_is_as_much_later_as_really_passed(make_packet, monkeypatch):
    clock = SimpleNamespace(now_s=100.0, monotonic=lambda: clock.now_s)
    monkeypatch.setattr(recording_module, "time", clock)
    recorder = Recorder()
    recorder.add(make_packet(4.0, index=8))
    recorder.add(make_packet(4.1, index=9))
    recorder.begin_part()
    clock.now_s += 7.0
    recorder.add(make_packet(0.0, index=0))
    clock.now_s += 2.0  # the computer is slow: within a part the source's times count
    recorder.add(make_packet(0.1, index=1))
    sequence = recorder.sequence({})
    assert np.diff(sequence.time_s) == pytest.approx([0.1, 7.0, 0.1])
    assert np.diff(sequence.frame_index).tolist() == [1, 2, 1]


def test_nothing_recorded_is_said(tmp_path):
    recording = Recording(tmp_path, "empty", 30.0, {})
    with pytest.raises(DataError, match="Nothing is recorded"):
        recording.stop()


def test_a_computer_that_slept_for_days_breaks_no_recording(tmp_path, make_packet):
    """MP4 has no room for gaps of more than ten hours."""
    times_s = [0.0, 0.1, 0.2, 200_000.0, 200_000.1, 200_000.2, 500_000.0, 500_000.1]
    recording = Recording(tmp_path, "slept", 30.0, {})
    for i, time_s in enumerate(times_s):
        recording.add(make_packet(time_s, index=i))
    result = recording.stop()
    with av.open(str(result.video)) as container:
        shown = np.array([frame.time for frame in container.decode(video=0)])
    assert np.diff(shown) == pytest.approx([0.1, 0.1, 3600, 0.1, 0.1, 3600, 0.1], abs=1e-3)
    assert EXPORTERS["npz"].load(result.sequence).time_s == pytest.approx(times_s)


def test_what_comes_while_it_is_stopped_is_in_neither_file(tmp_path, make_packet):
    recording = Recording(tmp_path, "late", 30.0, {})
    recording.add(make_packet(0.0))
    result = recording.stop()
    recording.add(make_packet(0.1, index=1))
    assert recording.n_frames == result.n_frames == 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (OSError("no space left"), "no space left"),
        (ValueError("not a picture"), "not a picture"),
        (KeyError("what nobody thought of"), "the log has the details"),
    ],
    ids=["disk", "picture", "bug"],
)
def test_an_encoder_that_breaks_is_a_sentence_and_keeps_the_poses(tmp_path, make_packet, monkeypatch, broken, said):
    class Broken(recording_module.VideoWriter):
        def add(self, image, time_s):
            if time_s > 0.1:
                raise broken
            super().add(image, time_s)

    monkeypatch.setattr(threading, "excepthook", lambda *_: None)
    monkeypatch.setattr(recording_module, "VideoWriter", Broken)
    recording = Recording(tmp_path, "broken", 30.0, {})
    for i in range(60):
        recording.add(make_packet(i / 30, index=i))
    with pytest.raises(OutputError, match=said):
        recording.stop()
    (kept,) = tmp_path.iterdir()
    assert len(EXPORTERS["npz"].load(kept)) == recording.n_frames > 5


def test_the_window_records_a_camera_and_says_where(qtbot, window, lab, tmp_path, monkeypatch):
    monkeypatch.setattr(type(window.recorder), "folder", property(lambda _: tmp_path / "films"))
    lab.sources["0"] = FakeSource()
    window.open(0)
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.recorder.is_possible)
    window.actions_by_name["record"].trigger()
    assert window.actions_by_name["record"].isChecked()
    qtbot.waitUntil(lambda: window.session.recording_to.n_frames > 5)
    qtbot.waitUntil(lambda: window.status_line.recording.text().startswith("● REC 0:0"))
    assert "GB free" in window.status_line.recording.text()
    window.actions_by_name["record"].trigger()
    qtbot.waitUntil(lambda: window.banner.text.startswith("Recorded "))
    assert len(list((tmp_path / "films").glob("recording-*.npz"))) == 1
    assert len(list((tmp_path / "films").glob("recording-*.mp4"))) == 1


def test_what_was_recorded_is_a_take_with_its_person_and_opens_from_the_notice(
    qtbot, window, lab, tmp_path, monkeypatch
):
    monkeypatch.setattr(type(window.recorder), "folder", property(lambda _: tmp_path / "films"))
    window.session.takes = store = TakeStore(tmp_path / "takes")
    lab.sources["0"] = FakeSource()
    window.open(0)
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.recorder.is_possible)
    window.session.set_choices(replace(window.session.choices, height_m=1.62, fov_deg=70.0))
    window.recorder.start()
    qtbot.waitUntil(lambda: window.session.recording_to.n_frames > 5)
    window.recorder.stop()
    qtbot.waitUntil(lambda: window.banner.text.startswith("Recorded "))
    ((place, take),) = store.all()
    (video,) = (tmp_path / "films").glob("*.mp4")
    assert take.source == str(video)
    assert (take.subject.height_m, take.camera.fov_deg) == (1.62, 70.0)
    (kept,) = place.folder.glob("*.detections")
    held = EXPORTERS["npz"].load(video.with_suffix(".npz"))
    np.testing.assert_array_equal(DetectionReader(kept).read().time_s, held.time_s)
    assert Completed.load(kept).n_frames == len(held)
    asked = []
    monkeypatch.setattr(window.session, "open", asked.append)
    qtbot.mouseClick(window.banner.strips[0].button, Qt.MouseButton.LeftButton)
    assert asked == [video]


def test_closing_the_window_keeps_what_is_recorded(qtbot, lab, tmp_path, monkeypatch):
    from app.controllers.recording import RecordingController
    from app.window import MainWindow

    monkeypatch.setattr(RecordingController, "folder", property(lambda _: tmp_path))
    lab.sources["0"] = FakeSource()
    window = MainWindow(lab.session())
    window.show()
    window.open(0)
    qtbot.waitUntil(lambda: window.recorder.is_possible)
    window.recorder.start()
    qtbot.waitUntil(lambda: window.session.recording_to.n_frames > 5)
    window.close()
    assert len(EXPORTERS["npz"].load(next(tmp_path.glob("*.npz")))) > 5
    window.deleteLater()


def test_a_recording_that_was_cut_off_becomes_files_when_the_window_opens(
    qtbot, lab, make_packet, tmp_path, monkeypatch
):
    from app.controllers.recording import RecordingController
    from app.window import MainWindow

    monkeypatch.setattr(RecordingController, "folder", property(lambda _: tmp_path))
    monkeypatch.setattr(Draft, "name_picture", lambda _: 1 / 0)  # as far as it got when it was killed
    recording = Recording(tmp_path, "cut", 30.0, {})
    for i in range(5):
        recording.add(make_packet(i / 30, index=i))
    with pytest.raises(ZeroDivisionError):
        recording.stop()
    window = MainWindow(lab.session())
    window.show()
    qtbot.waitUntil(lambda: "was cut off" in window.banner.text)
    assert "cut.mp4" in window.banner.text
    assert len(EXPORTERS["npz"].load(tmp_path / "cut.npz")) == 5
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(("cut", ".cut"))) == [
        "cut.mp4",
        "cut.npz",
    ]
    window.close()
    window.deleteLater()
