import shutil
import zipfile

import numpy as np
import pytest
from mediapipe.tasks.metadata import schema_py_generated as schema

from core.detection import bundle as pose_model
from core.detection.detector import PoseDetector
from core.detection.landmark_network import without_mask
from core.errors import ModelError
from core.sources import VideoFile
from core.system.files.program import SAMPLE


@pytest.fixture(scope="session")
def full_model():
    return pose_model.load_pose_model("full")


def test_the_bundle_is_what_the_tasks_api_maps_without_a_copy(full_model):
    content = full_model.path.read_bytes()
    with zipfile.ZipFile(full_model.path) as bundle:
        assert bundle.testzip() is None
        for info in bundle.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            start = content.index(bundle.read(info))
            assert start % 16 == 0
        assert bundle.namelist() == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]


def test_a_second_load_needs_no_network(full_model, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("went to the network")

    monkeypatch.setattr(pose_model.subprocess, "run", refuse)
    assert pose_model.load_pose_model("full") == full_model


@pytest.fixture(scope="module")
def frames():
    """Two seconds of a man in motion."""
    source = VideoFile(SAMPLE)
    return [frame for _, frame in zip(range(60), source.frames(), strict=False)]


@pytest.mark.detect
@pytest.mark.parametrize("variant", pose_model.VARIANTS)
@pytest.mark.parametrize(("mode", "n_people"), [("video", 1), ("image", 1), ("video", 3)])
def test_landmarks_without_the_mask_are_those_of_the_stock_model_to_the_last_bit(variant, mode, n_people, frames):
    used = frames[:: 1 if variant == "full" and n_people == 1 else 6]
    seen = []
    for load in (pose_model.load_stock_pose_model, pose_model.load_pose_model):
        with PoseDetector(load(variant), mode, n_people=n_people) as detector:
            seen.append([detector.detect_all(frame) for frame in used])
    n_seen = 0
    for stock, ours in zip(*seen, strict=True):
        for a, b in zip(stock, ours, strict=True):
            np.testing.assert_array_equal(a.landmarks_m, b.landmarks_m)
            np.testing.assert_array_equal(a.landmarks_px, b.landmarks_px)
            np.testing.assert_array_equal(a.visibility, b.visibility)
            n_seen += 1
    assert n_seen >= len(used)


def test_only_the_mask_is_gone(full_model):
    def network(model):
        with zipfile.ZipFile(model.path) as bundle:
            return bundle.read("pose_landmarks_detector.tflite")

    stock, ours = network(pose_model.load_stock_pose_model("full")), network(full_model)
    graphs = [schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0] for content in (stock, ours)]
    assert [len(graph.operators) for graph in graphs] == [332, 287]
    assert list(graphs[0].outputs) == list(graphs[1].outputs)
    with zipfile.ZipFile(full_model.path) as bundle, pytest.raises(ModelError, match="no segmentation mask"):
        without_mask(bundle.read("pose_detector.tflite"))


def test_what_an_earlier_version_left_is_cut_without_the_network(full_model, monkeypatch, tmp_path):
    (tmp_path / "pose").mkdir()
    stock = pose_model.load_stock_pose_model("full").path
    for path in (stock, stock.with_suffix(".sha256")):
        shutil.copy(path, tmp_path / "pose")
    monkeypatch.setattr(pose_model, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pose_model.subprocess, "run", lambda *_, **__: pytest.fail("went to the network"))
    made = pose_model.load_pose_model("full")
    assert made.path.parent == tmp_path / "pose"
    assert made.sha256 == full_model.sha256 != pose_model.load_stock_pose_model("full").sha256


def test_a_damaged_cache_is_said(full_model, monkeypatch, tmp_path):
    folder = tmp_path / "pose"
    folder.mkdir()
    content = bytearray(full_model.path.read_bytes())
    content[5000] ^= 1
    (folder / full_model.path.name).write_bytes(content)
    (folder / full_model.path.name).with_suffix(".sha256").write_text(full_model.sha256)
    monkeypatch.setattr(pose_model, "cache_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="damaged; delete"):
        pose_model.load_pose_model("full")


def test_no_network_is_one_sentence_and_leaves_nothing(monkeypatch, tmp_path):
    def fail(command, **_kwargs):
        raise pose_model.subprocess.CalledProcessError(1, command, stderr="noise\nERROR: no route to host\n")

    monkeypatch.setattr(pose_model, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pose_model.subprocess, "run", fail)
    with pytest.raises(ModelError, match="no route to host; check the network"):
        pose_model.load_pose_model("full")
    assert list(tmp_path.rglob("*")) == []


def test_another_file_under_the_same_name_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(pose_model, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pose_model, "_fetch_wheel", lambda: b"")
    monkeypatch.setattr(pose_model, "_zip_member", lambda _archive, _member: b"evil")
    with pytest.raises(ModelError, match="sha256 differs"):
        pose_model.load_pose_model("full")


def test_unknown_choices_name_the_known_ones(full_model):
    with pytest.raises(ModelError, match="lite, full, heavy"):
        pose_model.load_pose_model("medium")
    with pytest.raises(ModelError, match="video or image"):
        PoseDetector(full_model, mode="stream")


def test_mediapipe_refusing_a_file_is_one_sentence(tmp_path):
    path = tmp_path / "x.task"
    path.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="cannot load"):
        PoseDetector(pose_model.PoseModel(path, "full", ""))
