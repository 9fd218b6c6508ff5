"""The demo clips of Pose2Sim come out of a wheel that may be anything."""

import zipfile

import pytest

from core.errors import SourceError
from models.data.multiview.pose2sim import fetch_clip


def _damaged(path):
    """A wheel whose first packed member is no deflate stream any more."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in [f"videos/cam0{n}.mp4" for n in range(1, 5)] + ["calibration/Calib.qca.txt"]:
            archive.writestr(f"Pose2Sim/Demo_SinglePerson/{name}", bytes(range(256)) * 40)
    content = bytearray(path.read_bytes())
    start = 30 + len("Pose2Sim/Demo_SinglePerson/videos/cam01.mp4")
    content[start : start + 40] = b"\xff" * 40
    path.write_bytes(content)


def _no_zip(path):
    path.write_bytes(b"nothing packed" * 50)


def _other(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("else.txt", "x")


@pytest.mark.parametrize("make", [_damaged, _no_zip, _other])
def test_a_wheel_without_the_clips_is_a_sentence_and_leaves_nothing(make, tmp_path, monkeypatch):
    monkeypatch.setattr("models.data.multiview.pose2sim.cache_folder", lambda: tmp_path / "cache")
    wheel = tmp_path / "pose2sim.whl"
    make(wheel)
    with pytest.raises(SourceError, match="is not a wheel of pose2sim"):
        fetch_clip(wheel, lambda _line: None)
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
