"""Sports2D as a peer: in a Python of its own, or told as not installed."""

import os
import sys

import numpy as np
import pytest

from core.pose.skeleton import LANDMARK_NAMES
from core.sequence.pose_sequence import SequenceBuilder
from models.bench import sports2d
from tests.core.conftest import *  # noqa: F403 - its fixtures

PEER = """#!{python}
import json, sys
import numpy as np
with np.load(sys.argv[2]) as poses:
    assert poses["pixels"].shape == (4, len(poses["names"]), 2), poses["pixels"].shape
    assert poses["pixels"].dtype == float
print(json.dumps(dict(version="1", n_angles=28, us_per_frame=2.0, us_per_frame_without_hampel=1.0)))
"""


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets[:4]:
        builder.append(packet)
    return builder.build({})


def test_where_it_is_not_installed_that_is_told(sequence, monkeypatch):
    monkeypatch.delenv("NDR_SPORTS2D_PYTHON", raising=False)
    assert sports2d._sports2d(sequence, 1) == {"sports2d": "not installed"}
    monkeypatch.setenv("NDR_SPORTS2D_PYTHON", "/nowhere/python")
    assert "No such file" in sports2d._sports2d(sequence, 1)["sports2d"]


def test_a_python_that_has_it_is_asked(sequence, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text(PEER.format(python=sys.executable))
    os.chmod(python, 0o755)
    monkeypatch.setenv("NDR_SPORTS2D_PYTHON", str(python))
    assert sports2d._sports2d(sequence, 1) == {
        "sports2d": "1",
        "sports2d_us_per_frame": 2.0,
        "sports2d_without_hampel_us_per_frame": 1.0,
        "sports2d_angles": 28,
    }


def test_each_keypoint_is_where_it_belongs(sequence):
    of = {name: sequence.landmarks_px[:, number] for number, name in enumerate(LANDMARK_NAMES)}
    found = dict(
        zip([*sports2d._KEYPOINTS, "Hip", "Neck"], sports2d.keypoints_px(sequence).swapaxes(0, 1), strict=True)
    )
    np.testing.assert_allclose(found["RKnee"], of["right_knee"])
    np.testing.assert_allclose(found["LBigToe"], of["left_foot_index"])
    np.testing.assert_allclose(found["Neck"], (of["left_shoulder"] + of["right_shoulder"]) / 2)
