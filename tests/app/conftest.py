import functools
import os
import threading
import time
import xml.etree.ElementTree as ET

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QSettings

from app import language
from app.session.pipelines import LoadedPipeline
from app.session.session import Session
from app.window import MainWindow
from core.pose.geometry import direction_from_angles, viewpoint_from_direction
from core.pose.skeleton import LANDMARK_JOINT, LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import Detection, Frame, Refined, nobody
from core.settings import Settings


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    QCoreApplication.setOrganizationName("ndr-test")
    QCoreApplication.setApplicationName("ndr-test")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "qsettings"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def qtbot(qtbot):
    """pytest-qt's, which gives up after a minute and not after five seconds: how busy the machine is proves nothing."""
    for name in ("waitUntil", "waitSignal", "waitSignals"):
        setattr(qtbot, name, functools.partial(getattr(qtbot, name), timeout=60_000))
    return qtbot


@functools.cache
def catalogued():
    return {m.findtext("source") for m in ET.parse(language.CATALOGUES / "window_de.ts").getroot().iter("message")}


@pytest.fixture(autouse=True)
def _only_catalogued_texts_are_shown(monkeypatch):
    """Whatever a test makes the window say, a translator has seen: no tool finds texts that wait in constants."""
    shown = set()

    class Noting:
        @staticmethod
        def translate(context, text):
            shown.add(text)
            return QCoreApplication.translate(context, text)

    monkeypatch.setattr(language, "QCoreApplication", Noting)
    yield
    assert shown - catalogued() == set(), "name the table they are in in app/catalogue.py, then: make translations"


@pytest.fixture
def make_packet(standing_ray):
    """Packets of a person facing the camera; refined depth, azimuth and so on as asked for."""

    def make(
        time_s=0.0, *, index=0, azimuth_deg=0.0, elevation_deg=0.0, found=True, visibility=1.0, shift_m=0.0, image=None
    ):
        pixels = np.full((180, 320, 3), 90, np.uint8) if image is None else image
        frame = Frame(pixels, index, time_s)
        if not found:
            nan = np.full((N_JOINTS, 3), np.nan)
            return Refined(nobody(frame), nan, nan, np.full(N_JOINTS, np.nan), None, np.nan, np.nan, 0.0)
        landmarks_m, landmarks_px = np.zeros((N_LANDMARKS, 3)), np.full((N_LANDMARKS, 2), 160.0)
        # hands and feet a little beyond wrists and ankles, towards the camera
        landmarks_m[:] = standing_ray[LANDMARK_JOINT] + [0.0, 0.05, -0.08]
        landmarks_m[LANDMARK_TO_COCO] = standing_ray
        landmarks_px[LANDMARK_TO_COCO] = standing_ray[:, :2] * 80 + [160, 90]
        viewpoint = viewpoint_from_direction(
            direction_from_angles(np.deg2rad(azimuth_deg), np.deg2rad(elevation_deg)).astype(float)
        )
        detection = Detection(frame, landmarks_px, landmarks_m, np.full(N_LANDMARKS, visibility))
        refined = standing_ray + [0.0, 0.0, shift_m]
        return Refined(detection, standing_ray, refined, np.full(N_JOINTS, 0.02), viewpoint, 0.1, 0.03, 0.001)

    return make


class FakeSource:
    """A source of grey frames whose index is also their brightness."""

    def __init__(self, n=10_000, *, interval_s=0.01, is_live=True, error=None, name="fake"):
        self.name, self.size_px, self.fps, self.is_live = name, (320, 180), 1 / interval_s, is_live
        self.n_frames = None if is_live else n
        self.warnings = []
        self.duration_s = None if is_live else n * interval_s
        self._n, self._interval_s, self._error = n, interval_s, error
        self.closed = threading.Event()

    def frames(self):
        for index in range(self._n):
            if self.closed.is_set():
                return
            if self.is_live:
                time.sleep(self._interval_s)
            yield Frame(np.full((180, 320, 3), index % 256, np.uint8), index, index * self._interval_s)
        if self._error is not None:
            raise self._error

    def frames_from(self, time_s):
        return (frame for frame in self.frames() if frame.time_s >= time_s - 1e-9)

    def time_before(self, time_s):
        return max(round(time_s / self._interval_s) - 1, 0) * self._interval_s

    def close(self):
        self.closed.set()


class FakePipeline:
    """Makes packets without any model."""

    def __init__(self, make_packet):
        self._make_packet = make_packet
        self.refinement_on = True
        self.closed = False
        self.n_restarts = 0

    def restart(self):
        self.n_restarts += 1

    def apply(self, choices):
        self.choices = choices

    def choose_person(self, point_px):
        self.person_px = point_px

    def process(self, frame):
        shift = 0.1 if self.refinement_on else 0.0
        return self._make_packet(frame.time_s, index=frame.index, image=frame.image, shift_m=shift)

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Lab:
    """A session on fake sources and pipelines, and what was made for it."""

    def __init__(self, make_packet):
        self.sources = {}
        self.pipelines = []
        self.model_name = "tiny"
        self.notes = ()
        self._make_packet = make_packet

    def load(self, settings, report):
        report("Loading the pose model…")
        self.pipelines.append(FakePipeline(self._make_packet))
        return LoadedPipeline(self.pipelines[-1], self.model_name, "CPUExecutionProvider", self.notes)

    def open(self, spec):
        found = self.sources[str(spec)]
        if isinstance(found, Exception):
            raise found
        return found

    def session(self):
        return Session(
            Settings(), load=lambda *given: self.load(*given), open_=lambda *given: self.open(*given)
        )  # so that a test may exchange either


@pytest.fixture
def lab(make_packet):
    return Lab(make_packet)


@pytest.fixture
def session(qtbot, lab):
    session = lab.session()
    yield session
    session.close()


@pytest.fixture
def window(qtbot, session):
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.show()
    return window
