import time

import av
import numpy as np
import pytest

from app.session.choices import Choices
from app.session.state import SessionState
from core.errors import DataError, ModelError, SourceError
from core.settings import Settings
from core.sources import open_source
from tests.app.conftest import FakeSource


def poll(qtbot, session, condition, timeout=60_000):
    """Take packets as the window does until a condition holds; return those taken."""
    packets = []

    def step():
        packet = session.take()
        if packet is not None:
            packets.append(packet)
        assert condition(packets)

    qtbot.waitUntil(step, timeout=timeout)
    return packets


def is_playing(session):
    return lambda _: session.state == SessionState.PLAYING


def test_a_camera_flows_and_the_figures_are_real(qtbot, session, lab):
    lab.sources["0"] = FakeSource(name="camera 0")
    assert session.state == SessionState.EMPTY
    session.open(0)
    assert session.state == SessionState.OPENING
    packets = poll(qtbot, session, lambda p: len(p) >= 5)
    indices = [p.detection.frame.index for p in packets]
    assert indices == sorted(set(indices))
    status = session.status
    assert (status.state, status.source_name) == (SessionState.PLAYING, "camera 0")
    assert (status.model_name, status.provider) == ("tiny", "CPUExecutionProvider")
    assert status.n_recorded >= 5
    assert session.file is None


def test_the_newest_packet_wins(qtbot, session, lab):
    lab.sources["0"] = FakeSource(interval_s=0.002)
    session.open(0)
    poll(qtbot, session, lambda p: p)
    before = session.status.n_recorded
    time.sleep(0.3)  # nobody looks
    packet = session.take()
    assert packet.detection.frame.index > before + 10
    assert session.take() is None or session.take() is None  # the ones between are gone, not queued


def test_pause_holds_and_play_goes_on(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(is_live=False)
    session.open("clip")
    poll(qtbot, session, lambda p: len(p) >= 3)
    session.toggle()
    assert session.state == SessionState.PAUSED
    time.sleep(0.15)
    session.take()
    time.sleep(0.15)
    assert session.take() is None
    session.toggle()
    poll(qtbot, session, lambda p: p)
    assert session.state == SessionState.PLAYING


def test_a_file_ends_and_plays_again(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(10, is_live=False)
    session.open("clip")
    poll(qtbot, session, lambda _: session.state == SessionState.ENDED)
    lab.sources["clip"] = FakeSource(10, is_live=False)
    session.play()
    packets = poll(qtbot, session, lambda p: p)
    assert packets[0].detection.frame.index < 10


def test_refinement_is_switched_while_it_runs(qtbot, session, lab):
    lab.sources["0"] = FakeSource()
    session.open(0)
    is_refined = lambda p: not np.allclose(p.joints_m, p.raw_m)  # noqa: E731
    assert is_refined(poll(qtbot, session, lambda p: p)[0])
    session.set_refinement(False)
    poll(qtbot, session, lambda p: p and not is_refined(p[-1]))
    session.set_refinement(True)
    poll(qtbot, session, lambda p: p and is_refined(p[-1]))


def test_refinement_chosen_before_opening_holds(qtbot, session, lab):
    lab.sources["0"] = FakeSource()
    session.set_refinement(False)
    session.open(0)
    packet = poll(qtbot, session, lambda p: p)[0]
    assert np.allclose(packet.joints_m, packet.raw_m)


def test_a_source_that_cannot_be_opened_is_said_and_the_old_one_goes_on(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(is_live=False, name="clip")
    lab.sources["missing.mp4"] = SourceError("There is no file missing.mp4; check the name.")
    session.open("clip")
    poll(qtbot, session, is_playing(session))
    with qtbot.waitSignal(session.failed) as failed:
        session.open("missing.mp4")
    assert failed.args == ["There is no file missing.mp4; check the name."]
    assert session.state == SessionState.PLAYING
    assert session.status.source_name == "clip"


def test_a_camera_that_breaks_off_is_said_once_and_comes_back_by_itself(qtbot, session, lab):
    gone = SourceError("Camera 0 stopped giving images; was it unplugged?")
    lab.sources["0"] = FakeSource(5, error=gone)
    session.loss.retry.setInterval(20)
    failed, noted = [], []
    session.failed.connect(failed.append)
    session.noted.connect(noted.append)
    session.open(0)
    poll(qtbot, session, lambda _: failed)
    lab.sources["0"] = SourceError("There is no camera 0.")
    qtbot.wait(120)  # several attempts fail
    session.take()
    assert failed == [f"{gone} Trying again every 2 seconds."]
    assert session.state == SessionState.LOST
    lab.sources["0"] = FakeSource()
    poll(qtbot, session, is_playing(session))
    assert noted == ["Fake is back."]
    assert session.take() is not None or poll(qtbot, session, lambda p: p)


def test_what_a_camera_gave_before_it_was_lost_can_still_be_saved_when_it_is_back(qtbot, session, lab):
    lab.sources["0"] = FakeSource(5, error=SourceError("gone."))
    session.loss.retry.setInterval(150)
    session.open(0)
    poll(qtbot, session, lambda _: session.state == SessionState.LOST)
    n_before = session.status.n_recorded
    assert n_before > 0
    lab.sources["0"] = FakeSource()
    poll(qtbot, session, lambda _: session.status.n_recorded > n_before + 5)
    sequence = session.recording()
    assert len(sequence) > n_before + 5
    steps_s = np.diff(sequence.time_s)
    assert steps_s.min() > 0
    away = steps_s.argmax()  # at or behind n_before - 1: a frame may still have been on its way
    assert away in (n_before - 1, n_before)
    assert (np.diff(sequence.frame_index) > 0).all()
    assert sequence.frame_index[away + 1] > sequence.frame_index[away] + 1  # frames are missing there
    lab.sources["1"] = FakeSource(name="second")
    session.open(1)
    poll(qtbot, session, lambda _: session.status.source_name == "second" and session.status.n_recorded)
    assert session.recording().time_s[0] < 1  # another source is another recording


def test_a_lost_camera_is_no_longer_asked_for_when_something_else_is_opened(qtbot, session, lab):
    lab.sources["0"] = FakeSource(5, error=SourceError("gone."))
    session.loss.retry.setInterval(20)
    session.open(0)
    poll(qtbot, session, lambda _: session.state == SessionState.LOST)
    lab.sources.update({"0": FakeSource(name="camera"), "1": FakeSource(name="second")})
    session.open(1)
    poll(qtbot, session, lambda _: session.status.source_name == "second" and session.state == SessionState.PLAYING)
    qtbot.wait(80)
    assert session.status.source_name == "second"


def test_a_file_goes_on_where_it_was_with_another_model(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(1000, is_live=False)
    session.open("clip")
    poll(qtbot, session, is_playing(session))
    session.pause()
    session.transport.seek(5.0)
    poll(qtbot, session, lambda _: session.position_s == pytest.approx(5.0))
    lab.sources["clip"] = FakeSource(1000, is_live=False)
    session.use_quality("fast")
    packets = poll(qtbot, session, lambda p: p)
    assert packets[0].detection.frame.time_s == pytest.approx(5.0)
    assert session.state == SessionState.PAUSED
    assert session.settings.quality == "fast"


def test_choices_reach_the_pipeline_at_once_and_the_next_one_too(qtbot, session, lab):
    lab.sources["0"] = FakeSource()
    session.open(0)
    poll(qtbot, session, is_playing(session))
    session.set_choices(Choices(lock_bones=False))
    assert not lab.pipelines[0].choices.lock_bones
    session.use_quality("best")
    poll(qtbot, session, lambda _: len(lab.pipelines) == 2 and session.state == SessionState.PLAYING)
    assert not lab.pipelines[1].choices.lock_bones


def test_every_frame_of_a_file_is_in_the_track_though_few_reach_the_screen(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(40, interval_s=0.005, is_live=False)
    session.open("clip")
    qtbot.waitUntil(lambda: session.state == SessionState.ENDED)
    session.take()
    time_s, found = session.track.seen()
    assert time_s == pytest.approx(np.arange(40) * 0.005)
    assert (found == 1).all()


def test_a_pose_model_that_cannot_be_had_is_said(qtbot, session, lab):
    def load(settings, report):
        raise ModelError("Cannot fetch the pose model; check the network.")

    lab.load = load
    lab.sources["0"] = FakeSource()
    heard = []
    session.failed.connect(heard.append)
    session.open(0)
    poll(qtbot, session, lambda _: heard)
    assert heard == ["Cannot fetch the pose model; check the network."]


def test_notes_of_the_models_and_warnings_of_the_source_are_passed_on(qtbot, session, lab):
    lab.notes = ("There is no refiner.",)
    lab.sources["0"] = FakeSource()
    heard = []
    session.noted.connect(heard.append)
    session.open(0)
    poll(qtbot, session, is_playing(session))
    lab.sources["0"].warnings.append("3 frames were damaged.")
    poll(qtbot, session, lambda _: len(heard) == 2)
    assert heard == ["There is no refiner.", "3 frames were damaged."]


@pytest.mark.parametrize("is_live", [True, False])
def test_opening_another_source_closes_the_one_before(qtbot, session, lab, is_live):
    first, second = FakeSource(is_live=is_live), FakeSource(name="second")
    lab.sources.update({"0": first, "1": second})
    session.open(0)
    poll(qtbot, session, is_playing(session))
    session.open(1)
    poll(qtbot, session, lambda _: session.status.source_name == "second" and session.state == SessionState.PLAYING)
    assert first.closed.is_set()
    assert lab.pipelines[0].closed
    assert not second.closed.is_set()


def test_the_last_of_several_openings_wins_and_none_leaks(qtbot, session, lab):
    sources = {str(i): FakeSource(name=f"camera {i}") for i in range(6)}
    lab.sources.update(sources)
    for i in range(6):
        session.open(i)
    poll(qtbot, session, is_playing(session))
    assert session.status.source_name == "camera 5"
    qtbot.waitUntil(lambda: all(sources[str(i)].closed.is_set() for i in range(5)))


@pytest.mark.parametrize("n_polls", [0, 1, 3])
def test_close_at_any_moment_ends_everything(qtbot, lab, n_polls):
    for _ in range(10):
        session = lab.session()
        lab.sources["0"] = FakeSource()
        session.open(0)
        for _ in range(n_polls):
            qtbot.wait(5)
            session.take()
        session.close()
        assert session.state == SessionState.EMPTY
        assert lab.sources["0"].closed.is_set()
    assert all(pipeline.closed for pipeline in lab.pipelines)


def test_a_recording_is_what_came(qtbot, session, lab):
    with pytest.raises(DataError, match="Nothing is recorded"):
        session.recording()
    lab.sources["0"] = FakeSource()
    session.open(0)
    poll(qtbot, session, lambda _: session.status.n_recorded >= 10)
    sequence = session.recording()
    assert len(sequence) >= 10
    assert sequence.frame_index.tolist() == sorted(set(sequence.frame_index.tolist()))
    assert sequence.image_size == (320, 180)
    assert sequence.meta["source"] == "fake"


def test_a_real_video_file_flows_to_its_last_frame(qtbot, lab, tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=50)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 10 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    session = lab.session()
    lab.open = open_source
    session.open(path)
    poll(qtbot, session, lambda _: session.state == SessionState.ENDED)
    assert session._loop.stats.n_processed == 20
    assert session.file == path
    assert session.settings == Settings()
    session.close()


def test_a_paused_file_shows_a_new_choice_at_once(qtbot, session, lab):
    lab.sources["clip"] = FakeSource(300, is_live=False)
    session.open("clip")
    poll(qtbot, session, lambda packets: packets)
    session.pause()
    qtbot.wait(50)
    while session.take() is not None:
        pass
    here = session.position_s
    session.set_refinement(False)
    qtbot.waitUntil(lambda: (shown := session.take()) is not None and np.allclose(shown.joints_m, shown.raw_m))
    assert session.position_s == here
    assert session.state == SessionState.PAUSED
