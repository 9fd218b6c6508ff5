"""A video opened in the window: analysed by a child process, shown from what is known, kept with what was said."""

import contextlib
import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from app.session import open_take as module
from app.session.session import Session
from app.session.state import SessionState
from core.detection.bundle import PoseModel
from core.settings import Settings
from core.system.progress import Progress
from core.take.analysis import analyse
from core.take.content import content_hash
from core.take.detections import DetectionReader
from core.take.instrument import MOST_PEOPLE, Instrument
from core.take.store import TakeStore
from core.take.take import Subject
from tests.conftest import write_tiny_refiner
from tests.core.conftest import KnownDetector

N = 60
SHA = "cd" * 32


class ChildInAThread:
    """Stands in for the child process: the real analysis with a detector that knows what it sees, started by hand."""

    children: ClassVar = []

    def __init__(self, what, arguments, parent):
        from PySide6.QtCore import QObject, Signal

        class Signals(QObject):
            reported, logged, finished = Signal(dict), Signal(str), Signal(object)

        self._signals = Signals()
        self.reported, self.logged, self.finished = (
            self._signals.reported, self._signals.logged, self._signals.finished
        )  # fmt: skip
        self.arguments, self.is_killed = arguments, False
        ChildInAThread.children.append(self)

    def start(self):
        pass

    def kill(self):
        self.is_killed = True

    def deleteLater(self):
        pass

    def look_at(self, n, joints, looks=("full",), n_people=1):
        """Do the first n frames, as the child would."""
        detector = KnownDetector(joints)
        video, folder = Path(self.arguments[1]), Path(self.arguments[self.arguments.index("--take") + 1])
        shas = {look.removesuffix("-mirrored"): SHA for look in looks}
        instrument, done = Instrument(looks, shas, n_people=n_people), []

        def see(frames):
            for frame in frames:
                done.append(frame.index)
                yield [detector.detect(frame)]

        before = 0
        with contextlib.suppress(Exception):
            before = len(DetectionReader(instrument.path(folder)).read())
        result = analyse(
            video, folder, instrument, lambda: contextlib.nullcontext(see), content_hash(video),
            stop=lambda: before + len([i for i in done if i >= before]) >= n,
        )  # fmt: skip
        self.reported.emit(json.loads(Progress(result.n_frames, N).line()))
        return result


@pytest.fixture
def child(monkeypatch):
    monkeypatch.setattr(module, "ChildProcess", ChildInAThread)
    monkeypatch.setattr("app.session.refining.load_pose_model", lambda variant, _report: PoseModel(None, variant, SHA))
    ChildInAThread.children = []
    return ChildInAThread.children


@pytest.fixture
def make_session(qtbot, tmp_path, child, tiny_refiner_path):
    sessions = []

    def make():
        settings = Settings(quality="fast", refiner=str(tiny_refiner_path))
        sessions.append(Session(settings, takes=TakeStore(tmp_path / "takes")))
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()


def opened(qtbot, session, video, child):
    n = len(child)
    session.open(video)
    qtbot.waitUntil(lambda: session.open_take is not None and session.state != SessionState.OPENING, timeout=20_000)
    return n


def known(session):
    return len(session.track.seen()[0])


def test_what_is_done_can_be_seen_while_the_rest_is_looked_at(qtbot, make_session, make_video, child, standing_ray):
    session, shown = make_session(), []
    opened(qtbot, session, make_video(n=N, fps=30), child)
    session.pause()
    take = session.open_take
    qtbot.waitUntil(lambda: len(child) == 1, timeout=20_000)
    assert child[0].arguments[-3:] == ["--looks", "full", "--json-progress"]
    child[0].look_at(20, standing_ray)
    qtbot.waitUntil(lambda: take.n_done == 20, timeout=20_000)
    assert (known(session), take.is_analysed) == (20, False)
    assert "33" in session.status.activity

    def is_at(time_s):
        packet = session.take()
        if packet is not None:
            shown.append(packet)
        return bool(shown) and abs(shown[-1].detection.frame.time_s - time_s) < 0.02

    session.transport.seek(0.5)
    qtbot.waitUntil(lambda: is_at(0.5), timeout=20_000)
    assert shown[-1].detection.is_found
    assert not np.allclose(shown[-1].joints_m, shown[-1].raw_m)
    session.transport.seek(1.5)
    qtbot.waitUntil(lambda: is_at(1.5), timeout=20_000)
    assert not shown[-1].detection.is_found  # not looked at yet
    child[0].look_at(N + 1, standing_ray)
    qtbot.waitUntil(lambda: take.is_analysed, timeout=20_000)
    # the frame that stands there is shown anew, by itself
    qtbot.waitUntil(lambda: is_at(1.5) and shown[-1].detection.is_found, timeout=20_000)
    assert (known(session), take.share_done, session.status.activity) == (N, 1.0, "")


def test_closed_in_the_middle_it_goes_on_and_then_nothing_is_looked_at(
    qtbot, make_session, make_video, child, standing_ray
):
    video = make_video(n=N, fps=30)
    session = make_session()
    opened(qtbot, session, video, child)
    qtbot.waitUntil(lambda: len(child) == 1, timeout=20_000)
    child[0].look_at(25, standing_ray)
    qtbot.waitUntil(lambda: session.open_take.n_done == 25, timeout=20_000)
    session.open_take.change(subject=Subject("Ann", 1.74))
    session.close()
    assert child[0].is_killed

    session = make_session()
    opened(qtbot, session, video, child)
    qtbot.waitUntil(lambda: len(child) == 2 and session.open_take.n_done == 25, timeout=20_000)
    assert session.open_take.take.subject == Subject("Ann", 1.74)
    assert session.choices.height_m == 1.74
    assert child[1].look_at(N + 1, standing_ray).n_new == N - 25
    qtbot.waitUntil(lambda: session.open_take.is_analysed, timeout=20_000)
    session.close()

    session = make_session()
    opened(qtbot, session, video, child)
    qtbot.waitUntil(lambda: session.open_take.is_analysed, timeout=20_000)
    assert len(child) == 2


def test_other_looks_add_to_what_is_known(qtbot, make_session, make_video, child, standing_ray):
    session = make_session()
    opened(qtbot, session, make_video(n=N, fps=30), child)
    qtbot.waitUntil(lambda: len(child) == 1, timeout=20_000)
    child[0].look_at(N + 1, standing_ray)
    take = session.open_take
    qtbot.waitUntil(lambda: take.is_analysed, timeout=20_000)
    session.use_quality("balanced")
    qtbot.waitUntil(lambda: len(child) == 2, timeout=20_000)
    assert "heavy,full" in child[1].arguments
    assert (known(session), take.is_analysed, take.showing.knows(50)) == (N, False, True)
    child[1].look_at(10, standing_ray * 1.1, ("heavy", "full"))
    qtbot.waitUntil(lambda: take.n_done == 10, timeout=20_000)
    assert known(session) == N
    session.use_quality("fast")
    qtbot.waitUntil(lambda: take.is_analysed, timeout=20_000)
    assert len(child) == 2
    assert child[1].is_killed


def test_another_filter_or_refiner_never_looks_again(qtbot, make_session, make_video, child, standing_ray, tmp_path):
    session = make_session()
    opened(qtbot, session, make_video(n=N, fps=30), child)
    qtbot.waitUntil(lambda: len(child) == 1, timeout=20_000)
    child[0].look_at(N + 1, standing_ray)
    take = session.open_take
    qtbot.waitUntil(lambda: take.is_analysed, timeout=20_000)
    before = take.showing.poses
    from dataclasses import replace

    for change in (
        lambda: session.set_refinement(False),
        lambda: session.set_refinement(True),
        lambda: session.set_choices(replace(session.choices, lock_bones=False, smooth=False)),
    ):
        poses = take.showing.poses
        change()
        qtbot.waitUntil(
            lambda poses=poses: take.showing.poses is not None and take.showing.poses is not poses, timeout=20_000
        )
    assert not np.allclose(before.joints_m, take.showing.poses.joints_m)
    assert len(child) == 1
    assert session.settings.learned_depth_refinement
    other = tmp_path / "other"
    other.mkdir()
    path = write_tiny_refiner(other)
    card = path.with_suffix(".toml")
    card.write_text(card.read_text(encoding="utf-8").replace('"tiny"', '"small"'), encoding="utf-8")
    assert session.status.model_name == "tiny"
    session.pause()
    session.use_refiner(path)
    qtbot.waitUntil(lambda: session.status.model_name == "small")
    assert len(child) == 1


def test_nothing_of_one_take_is_in_the_next(qtbot, make_session, make_video, child, standing_ray):
    session = make_session()
    opened(qtbot, session, make_video("a.mp4", n=N, fps=30), child)
    take = session.open_take
    from dataclasses import replace

    session.set_choices(replace(session.choices, height_m=1.9, fov_deg=80.0))
    session.set_refinement(False)
    session.use_quality("best")
    session.choose_person(20.0, 20.0)
    take.change(in_s=0.5, out_s=1.0)
    opened(qtbot, session, make_video("b.mp4", n=40, fps=30), child)
    qtbot.waitUntil(lambda: session.open_take is not take, timeout=20_000)
    other = session.open_take.take
    assert (session.choices.height_m, session.choices.fov_deg) == (0.0, 0.0)
    assert session.settings.learned_depth_refinement
    assert (other.person, other.in_s, other.out_s, other.processing.quality) == (None, 0.0, None, "fast")
    assert session.transport.range_s == (0.0, None)


def test_somebody_chosen_is_followed_in_all_of_it(qtbot, make_session, make_video, child, standing_ray):
    session = make_session()
    opened(qtbot, session, make_video(n=N, fps=30), child)
    qtbot.waitUntil(lambda: len(child) == 1, timeout=20_000)
    child[0].look_at(N + 1, standing_ray)
    qtbot.waitUntil(lambda: session.open_take.is_analysed, timeout=20_000)
    session.choose_person(32.0, 24.0)
    assert known(session) == 0
    qtbot.waitUntil(lambda: len(child) == 2, timeout=20_000)
    assert "--person" in child[1].arguments
    child[1].look_at(N + 1, standing_ray, n_people=MOST_PEOPLE)
    qtbot.waitUntil(lambda: session.open_take.is_analysed, timeout=20_000)
    assert known(session) == N


def test_where_nothing_can_be_kept_it_is_looked_at_while_it_plays(qtbot, tmp_path, make_video, lab):
    (tmp_path / "takes").write_text("in the way")
    from core.sources import open_source

    session, said = Session(Settings(), load=lab.load, open_=open_source, takes=TakeStore(tmp_path / "takes")), []
    session.noted.connect(said.append)
    session.open(make_video(n=N, fps=30))
    qtbot.waitUntil(lambda: session.take() is not None, timeout=20_000)
    assert session.open_take is None
    assert "nothing is kept" in said[0]
    session.close()
