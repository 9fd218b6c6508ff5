"""Shared fixtures: a tiny refiner with known outputs, synthetic people, and no stray warnings or threads."""

import hashlib
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
import tomli_w
from hypothesis import settings
from onnx import TensorProto, helper

import main
from core.pose.skeleton import COCO_NAMES, N_JOINTS

settings.register_profile("alike", derandomize=True, database=None, deadline=None)
settings.register_profile("afresh", max_examples=5000, deadline=None, print_blob=True)
settings.load_profile("alike")  # `make fuzz` takes the other


def write_tiny_refiner(folder: Path, *, depth_factor: float = 0.5) -> Path:
    """Write a refiner that multiplies depth by a factor, says that the camera is in front, and is 5 cm unsure."""
    pose = helper.make_tensor_value_info("pose", TensorProto.FLOAT, ["N", N_JOINTS, 3])
    visibility = helper.make_tensor_value_info("visibility", TensorProto.FLOAT, ["N", N_JOINTS])
    pose_2d = helper.make_tensor_value_info("pose_2d", TensorProto.FLOAT, ["N", N_JOINTS, 2])
    outputs = [
        helper.make_tensor_value_info("refined", TensorProto.FLOAT, ["N", N_JOINTS, 3]),
        helper.make_tensor_value_info("camera", TensorProto.FLOAT, ["N", 3]),
        helper.make_tensor_value_info("sigma", TensorProto.FLOAT, ["N", N_JOINTS]),
    ]
    constants = [
        helper.make_tensor("factor", TensorProto.FLOAT, [3], [1.0, 1.0, depth_factor]),
        helper.make_tensor("front", TensorProto.FLOAT, [3], [0.0, 0.0, 1.0]),
        helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        helper.make_tensor("five_cm", TensorProto.FLOAT, [1], [0.05]),
        helper.make_tensor("axes", TensorProto.INT64, [1], [1]),
        helper.make_tensor("spatial", TensorProto.INT64, [1], [2]),
    ]
    nodes = [
        helper.make_node("Mul", ["pose", "factor"], ["refined"]),
        helper.make_node("ReduceMean", ["visibility", "axes"], ["mean"], keepdims=1),  # (N, 1)
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "front"], ["camera"]),  # (N, 3)
        helper.make_node("ReduceMean", ["pose_2d", "spatial"], ["flat"], keepdims=0),  # (N, 17)
        helper.make_node("Mul", ["flat", "zero"], ["silence"]),
        helper.make_node("Add", ["silence", "five_cm"], ["sigma"]),
    ]
    graph = helper.make_graph(nodes, "tiny", [pose, visibility, pose_2d], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path = folder / "tiny.onnx"
    path.write_bytes(model.SerializeToString())
    card = {
        "model": {
            "name": "tiny",
            "contract": 1,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "parameters": 0,
            "pose_variant": "full",
            "running_mode": "video",
        },
        "io": {"joints": list(COCO_NAMES)},
    }
    onnx.checker.check_model(model)
    path.with_suffix(".toml").write_text(tomli_w.dumps(card), encoding="utf-8")
    return path


@pytest.fixture
def tiny_refiner_path(tmp_path: Path) -> Path:
    return write_tiny_refiner(tmp_path)


@pytest.fixture
def standing_ray() -> np.ndarray:
    """(17, 3) a person standing upright, facing a level camera, view-ray frame (x right, y down, z away)."""
    left = {
        1: (0.03, -0.68, -0.08), 3: (0.07, -0.66, 0.0), 5: (0.18, -0.5, 0.0), 7: (0.25, -0.22, 0.0),
        9: (0.28, 0.02, -0.05), 11: (0.1, 0.0, 0.0), 13: (0.11, 0.42, 0.0), 15: (0.11, 0.83, 0.05),
    }  # fmt: skip
    joints = np.zeros((N_JOINTS, 3))
    joints[0] = (0.0, -0.65, -0.1)
    for index, (x, y, z) in left.items():
        joints[index], joints[index + 1] = (x, y, z), (-x, y, z)
    return joints


@pytest.fixture(autouse=True)
def _no_thread_left_behind():
    before = set(threading.enumerate())
    yield
    # MediaPipe's constructor keeps an idle pool thread when it refuses a model
    left = [t for t in threading.enumerate() if t not in before and not t.name.startswith("ThreadPoolExecutor")]
    for thread in left:
        thread.join(20.0)
    left = [thread.name for thread in left if thread.is_alive()]
    assert not left, f"threads left running: {left}"


@pytest.fixture
def closed_port():
    """A port of this machine at which nobody listens, and at which nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process; returns exit code, stdout, stderr."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["main.py", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run
