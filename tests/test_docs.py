"""The Python examples of the documentation run, on a clip in which a known person stands."""

import re
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from core.exporters.pictures.encoder import VideoWriter
from core.live.streaming.json_lines import TcpSink
from core.system.files.program import ROOT


def examples(name):
    """The code of the ```python blocks of a page."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def run(code, **names):
    space = dict(names)
    exec(compile(code, "<docs>", "exec"), space)  # noqa: S102 - our own pages
    return space


@pytest.fixture
def marks(standing_ray):
    """(world landmarks, image landmarks) as MediaPipe gives them."""
    from core.pose.skeleton import LANDMARK_TO_COCO

    places = np.zeros((33, 3))
    places[LANDMARK_TO_COCO] = standing_ray
    world = [SimpleNamespace(x=x, y=y, z=z, visibility=0.9) for x, y, z in places]
    return world, [SimpleNamespace(x=0.5 + 0.3 * mark.x, y=0.5 + 0.3 * mark.y, visibility=0.9) for mark in world]


def test_the_api_page(monkeypatch, tmp_path, marks, standing_ray):
    """In order, as a reader would: later examples use the files of earlier ones."""
    monkeypatch.chdir(tmp_path)
    with VideoWriter(tmp_path / "dance.mp4", 30.0) as writer:
        for index in range(30):
            writer.add(np.full((48, 64, 3), 8 * index, np.uint8), index / 30)
    let_a_known_person_stand(monkeypatch, standing_ray)
    world, image = marks
    detection = (np.array([[m.x, m.y, m.z] for m in world]), np.full(33, 0.9), np.array([[m.x, m.y] for m in image]))
    given = {
        "world_landmarks": world,
        "image_landmarks": image,
        "width": 640,
        "height": 480,
        "detections": [detection] * 3,
    }
    first, refiner, stream, live, files, bones = [run(code, **given) for code in examples("api.md")]
    assert first["joints_m"].shape == (30, 17, 3)
    assert first["azimuth_deg"].shape == (30,)
    assert refiner["refinement"].joints_m.shape == (17, 3)
    assert np.isfinite(refiner["refinement"].joints_m).all()
    assert np.isfinite(stream["refinement"].joints_m).all()
    assert live["refined"].detection.frame.index == 29
    assert sorted(path.name for path in (tmp_path / "results").glob("dance.[bt]*")) == ["dance.bvh", "dance.trc"]
    assert files["sequence"].equals(first["sequence"])
    assert bones["places_m"].shape == (30, 24, 3)


def let_a_known_person_stand(monkeypatch, joints):
    """Replace MediaPipe, which the tests cannot count on, everywhere that the examples meet it."""
    from core.detection.bundle import PoseModel
    from core.pose.skeleton import LANDMARK_TO_COCO
    from core.pose.types import Detection, nobody

    class Known:
        def __init__(self, model):
            assert model.variant == "full"

        @classmethod
        def of_looks(cls, looks, models, *, point_px=None):
            assert len(looks) == 4
            return cls(models("full"))

        def detect(self, frame):
            marks = np.zeros((33, 3))
            marks[LANDMARK_TO_COCO] = joints
            marks[[29, 31, 30, 32]] = marks[[27, 27, 28, 28]] + [[0, 0.05, 0.02], [0, 0.06, -0.1]] * 2
            marks[[17, 19, 18, 20]] = marks[[15, 15, 16, 16]] + [[0.02, 0.07, 0], [-0.02, 0.07, 0]] * 2
            seen = Detection(frame, marks[:, :2] * 20 + [32, 24], marks, np.full(33, 0.9))
            return nobody(frame) if frame.index == 10 else seen

        def close(self):
            pass

    def load(variant, report):
        return PoseModel(None, variant, "0" * 64)

    monkeypatch.setattr("core.detection.detector.PoseDetector", Known)
    monkeypatch.setattr("core.process.run.open_detector", Known.of_looks)
    for place in ("core.process.run", "core.detection.bundle"):
        monkeypatch.setattr(f"{place}.load_pose_model", load)


def test_the_streaming_page(monkeypatch, capsys, standing_ray):
    client, sender = examples("streaming.md")
    ports = {"vmc": 9, "tcp": 0}
    sinks = [TcpSink("127.0.0.1", 0)]
    monkeypatch.setattr("core.live.streaming.targets.DEFAULT_PORTS", ports)
    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address: connect(("127.0.0.1", sinks[0].port), timeout=60))
    packet = a_packet(standing_ray)
    reader = threading.Thread(target=run, args=(client,))
    reader.start()
    while not sinks[0].n_clients:
        time.sleep(0.01)
    monkeypatch.setattr("core.live.streaming.open_sinks", lambda targets: sinks)
    run(sender, packets=[packet] * 3)
    reader.join(60)
    said = capsys.readouterr().out
    assert "StreamStats(" in said
    assert re.search(r"\[0\.\d+, -0\.\d+, 0\.\d+\]", said)  # the left wrist: to the left, below the hips, before them


def a_packet(joints):
    from core.pose.skeleton import LANDMARK_TO_COCO
    from core.pose.types import Detection, Frame, Refined, Viewpoint

    marks = np.zeros((33, 3))
    marks[LANDMARK_TO_COCO] = joints
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0)
    detection = Detection(frame, marks[:, :2] * 100 + [320, 240], marks, np.ones(33))
    view = Viewpoint(np.array([0.0, 0, 1]), 0.0, 0.0)
    return Refined(detection, joints, joints, np.full(17, 0.05), view, 0.1, 0.1, 0.001)


@pytest.mark.program
def test_the_reference_can_be_built(tmp_path):
    """`make docs` for one module: its docstrings are readable and show."""
    command = [sys.executable, "-m", "pdoc", "--docformat", "google", "-o", str(tmp_path), "core.pose.rotations"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    page = (tmp_path / "core" / "pose" / "rotations.html").read_text(encoding="utf-8")
    assert "solve_motion" in page
    assert "constant bone lengths" in page


def test_pages_and_files_that_are_linked_exist():
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    missing = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                missing.append(f"{page.name}: {target}")
    assert not missing
