"""Everything that reads files of others, each with a sound file to start from and the call that reads it."""

import io
import json
import lzma
import pickle
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from core.exporters import EXPORTERS
from core.pose.skeleton import N_JOINTS, N_LANDMARKS
from core.pose.types import Detection, Frame, Refined
from core.process.inputs import PerFile
from core.process.result_settings import Record
from core.refinement.card import ModelCard
from core.sequence.pairs import load_pairs, pair_splits
from core.sequence.pose_sequence import ARRAY_SHAPES, PoseSequence
from core.settings import load_settings
from core.sources.intrinsics import load_intrinsics
from core.take.recording.journal import JournalWriter, read_journal
from models.data.aist.layout import Annotations
from models.data.aist.unpickle import load_arrays
from models.data.calibration.files import read_calibration
from models.data.motion.collect import load_motions
from models.data.motion.types import MOTION_JOINTS
from models.data.multiview.cache import cached
from models.data.multiview.marker_files import read_markers
from models.data.multiview.marker_sets import load_marker_set
from models.data.pose_pool import load_pose_pool
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig


@dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        name: Of the file, with the ending that the parser goes by.
        seed: A sound file.
        read: Reads the path.
    """

    name: str
    seed: bytes
    read: Callable[[Path], Any]


BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Spine1
  {
    OFFSET 0 22 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 12 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333
0 90 0 1 2 3 4 5 6
0 91 0 2 3 4 5 6 7
"""
ASF = """:version 1.10
:name a
:units
  mass 1.0
:root
   order TX TY TZ RX RY RZ
:bonedata
  begin
     id 1
     name lfemur
     direction 0.3 -0.9 0
     length 7.2
     axis 0 0 20 XYZ
     dof rx ry rz
  end
:hierarchy
  begin
    root lfemur
  end
"""
AMC = """:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 4 5 6
lfemur 1 2 3
2
root 1 2 3 4 5 6
lfemur 2 3 4
"""
QCA = """<calibration><camera serial="1"><fov_video left="0" top="0" right="1919" bottom="1079"/>
<transform x="1" y="2" z="3" r11="1" r12="0" r13="0" r21="0" r22="1" r23="0" r31="0" r32="0" r33="1"/>
<intrinsic focalLengthU="90000" focalLengthV="90000" centerPointU="61000" centerPointV="34000" radialDistortion1="0"
 radialDistortion2="0" tangentalDistortion1="0" tangentalDistortion2="0" radialDistortion3="0"/></camera></calibration>
"""
TRC = """PathFileType\t4\t(X/Y/Z)\ta.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
60\t60\t2\t2\tm\t60\t1\t2
Frame#\tTime\tHip\t\t\tKnee\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.0\t0.1\t0.9\t0.0\t0.1\t0.5\t0.0
2\t0.0167\t0.1\t0.9\t0.0\t0.1\t0.5\t0.0
"""
OPENCV_YAML = """%YAML:1.0
---
names:
   - "1"
K_1: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [1000, 0, 960, 0, 1000, 540, 0, 0, 1]
dist_1: !!opencv-matrix
   rows: 1
   cols: 5
   dt: d
   data: [0, 0, 0, 0, 0]
"""

DEEPMIMIC = json.dumps({"Loop": "wrap", "Frames": [[0.05, 0.0, 0.9, 0.0, *([1.0, 0.0, 0.0, 0.0] * 10)]] * 3})

INTRINSICS = """%YAML:1.0
---
image_width: 640
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [600, 0, 320, 0, 600, 240, 0, 0, 1]
"""

INTRINSICS_XML = """<?xml version="1.0"?>
<opencv_storage>
<image_width>640</image_width>
<camera_matrix type_id="opencv-matrix"><rows>3</rows><cols>3</cols><dt>d</dt>
  <data>600. 0. 320. 0. 600. 240. 0. 0. 1.</data></camera_matrix>
</opencv_storage>
"""

OPENCV_EXTRINSIC = """%YAML:1.0
---
Rot_1: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
T_1: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [0, 0, 3]
"""


def _npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _sequence() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    arrays = {name: rng.uniform(0.1, 0.9, (2, *shape)).round(4) for name, shape in ARRAY_SHAPES.items()}
    return {**arrays, "time_s": np.array([0.0, 0.1]), "frame_index": np.arange(2)}


def _json_sequence() -> bytes:
    arrays = {name: array.tolist() for name, array in _sequence().items()}
    frames = [{name: values[i] for name, values in arrays.items()} for i in range(2)]
    meta = {"schema": "neural-depth-refinement sequence", "schema_version": 1}
    return json.dumps({**meta, "meta": {}, "image_size": [64, 48], "frames": frames}).encode()


def _csv_sequence() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        EXPORTERS["csv"].save(PoseSequence(**_sequence(), image_size=(64, 48), meta={}), Path(folder) / "a.csv")
        return (Path(folder) / "a.csv").read_bytes()


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in (("s/01.asf", ASF), ("s/01_01.amc", AMC)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def _wheel() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("pybullet_data/data/motions/humanoid3d_walk.txt", DEEPMIMIC)
    return stream.getvalue()


def _journal() -> bytes:
    marks = np.full((N_LANDMARKS, 3), 0.5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "poses.journal"
        with JournalWriter(path, {"source": "a"}) as journal:
            for i in range(3):
                seen = Detection(Frame(np.zeros((4, 4, 3), np.uint8), i, i / 30), marks[:, :2], marks, marks[:, 0])
                joints = marks[:N_JOINTS]
                journal.add(Refined(seen, joints, joints, joints[:, 0], None, 0.1, 0.1, 0.0), 0)
        return path.read_bytes()


def _recorded(path: Path) -> Any:
    journal = read_journal(path)
    return journal.sequence(len(journal), {})


def _dance() -> bytes:
    dancer = np.random.default_rng(0).normal(0.0, 30.0, (80, N_JOINTS, 3))
    dancer[:, :5, 1] += 150.0  # the head is above the hips
    return pickle.dumps({"keypoints3d_optim": dancer})


def _walk() -> Any:
    return np.random.default_rng(0).normal(size=(4, len(MOTION_JOINTS), 3))


def _aist_motion(path: Path) -> Any:
    inside = path.parent / "keypoints3d" / "gBR_sBM_cAll_d04_mBR0_ch01.pkl"
    inside.parent.mkdir(exist_ok=True)
    inside.write_bytes(path.read_bytes())
    return list(load_motions(inside))


def _annotations(path: Path) -> Any:
    """The three lists are the same file, since each holds words and lines."""
    for name in ("cameras", "keypoints3d", "splits"):
        (path.parent / name).mkdir(exist_ok=True)
    for name in ("cameras/mapping.txt", "splits/pose_train.txt", "ignore_list.txt"):
        (path.parent / name).write_bytes(path.read_bytes())
    return Annotations.load(path.parent)


def _motions(path: Path) -> Any:
    if path.suffix == ".amc":
        path.with_name("a.asf").write_text(ASF)
    if path.suffix == ".asf":
        path.with_name("a.amc").write_text(AMC)
        path = path.with_name("a.amc")
    return list(load_motions(path))


def _opencv(path: Path) -> Any:
    path.with_name("extri.yml").write_text(OPENCV_EXTRINSIC)
    return read_calibration(path)


def _detections(path: Path) -> Any:
    """A damaged cache is made again, whatever is in it."""
    for made in path.parent.glob("detections/*"):
        made.unlink()
    cached(path.parent, "a", {}, lambda: {"a": np.zeros(2)})
    (kept,) = (path.parent / "detections").iterdir()
    kept.write_bytes(path.read_bytes())
    return cached(path.parent, "a", {}, lambda: {"a": np.zeros(2)})


def _checkpoint() -> bytes:
    import torch

    stream = io.BytesIO()
    config = {"network": {"width": 16, "n_layers": 1, "n_heads": 2, "n_hidden": 16}}
    torch.save({"state_dict": {}, "refiner": {"config": config}}, stream)
    return stream.getvalue()


_META = np.array(json.dumps({"schema": "neural-depth-refinement sequence", "schema_version": 1}))
_PAIR = {
    "corrupted": np.zeros((2, 17, 3)), "ground_truth": np.zeros((2, 17, 3)), "visibility": np.ones((2, 17)),
    "pose_2d": np.zeros((2, 17, 2)), "meta": np.array("{}"),
}  # fmt: skip
_CARD = {
    "model": {"name": "a", "sha256": "0" * 64, "pose_variant": "full", "running_mode": "video", "contract": 1}
}  # fmt: skip
_CAMERA = {"cam": {"name": "a", "size": [64.0, 48.0], "matrix": [[60.0, 0.0, 32.0], [0.0, 60.0, 24.0], [0.0, 0.0, 1.0]],
                   "distortions": [0.0] * 4, "rotation": [0.0] * 3, "translation": [0.0] * 3}}  # fmt: skip
_AIST_CAMERA = [{"name": "c01", "size": [64, 48], "matrix": _CAMERA["cam"]["matrix"], "distortions": [0.0] * 5,
                 "rotation": [0.0] * 3, "translation": [0.0] * 3}]  # fmt: skip
_RECORD = {"input": {"name": "a"}, "settings": {"variant": "full"}, "result": {"complete": True}}
_TRAIN = {"pairs": ["a"], "epochs": 2, "network": {"width": 16}, "augment": {"error_scale": [0.5, 1.5]}}

TARGETS = {
    "BVH": Target("a.bvh", BVH.encode(), _motions),
    "ASF": Target("a.asf", ASF.encode(), _motions),
    "AMC": Target("a.amc", AMC.encode(), _motions),
    "motion archive": Target("a.tar", _tar(), _motions),
    "motion NPZ": Target("a.npz", _npz(joint_names=np.array(MOTION_JOINTS), fps=30.0, walk=_walk()), _motions),
    "BVH packed": Target("a.bvh.xz", lzma.compress(BVH.encode(), check=lzma.CHECK_NONE), _motions),
    "DeepMimic": Target("humanoid3d_walk.txt", DEEPMIMIC.encode(), _motions),
    "motion wheel": Target("a.whl", _wheel(), _motions),
    "AIST++ motion": Target("a.pkl", _dance(), _aist_motion),
    "AIST++ lists": Target("a.txt", b"gBR_sBM_cAll_d04_mBR0_ch01 setting1\n", _annotations),
    "recording journal": Target("poses.journal", _journal(), _recorded),
    "TRC": Target("a.trc", TRC.encode(), read_markers),
    "AIST++ pickle": Target(
        "a.pkl", pickle.dumps({"keypoints3d_optim": np.zeros((3, 17, 3)), "score": 1.0}), load_arrays
    ),
    "Qualisys calibration": Target("a.qca.txt", QCA.encode(), read_calibration),
    "TOML calibration": Target("a.toml", tomli_w.dumps(_CAMERA).encode(), read_calibration),
    "AIST++ calibration": Target("setting1.json", json.dumps(_AIST_CAMERA).encode(), read_calibration),
    "OpenCV calibration": Target("intri.yml", OPENCV_YAML.encode(), _opencv),
    "intrinsics YAML": Target("a.yml", INTRINSICS.encode(), lambda path: load_intrinsics(path, (640, 480))),
    "intrinsics XML": Target("a.xml", INTRINSICS_XML.encode(), lambda path: load_intrinsics(path, (640, 480))),
    "intrinsics JSON": Target(
        "a.json",
        b'{"K": {"type_id": "opencv-matrix", "rows": 3, "cols": 3, "data": [9, 0, 320, 0, 9, 240, 0, 0, 1]}}',
        lambda path: load_intrinsics(path, (640, 480)),
    ),
    "intrinsics TOML": Target("a.toml", tomli_w.dumps(_CAMERA).encode(), lambda path: load_intrinsics(path, (64, 48))),
    "marker set": Target("a.toml", b'left_knee = ["LKNE", "LKNM"]\n', lambda path: load_marker_set(str(path))),
    "detections": Target("a.npz", _npz(a=np.zeros(2)), _detections),
    "options per file": Target("a.toml", b'["a.mp4"]\nstart_s = 1.0\nformats = ["npz"]\n', PerFile.load),
    "settings": Target("settings.toml", b'variant = "full"\nlearned_depth_refinement = true\n', load_settings),
    "training settings": Target(
        "config.toml", tomli_w.dumps(_TRAIN).encode(), lambda path: TrainConfig.load(path.parent)
    ),
    "card": Target("a.toml", tomli_w.dumps(_CARD).encode(), ModelCard.load),
    "record": Target("a.toml", tomli_w.dumps(_RECORD).encode(), Record.load),
    "NPZ sequence": Target(
        "a.npz", _npz(**_sequence(), image_size=np.array([64, 48]), meta=_META), EXPORTERS["npz"].load
    ),
    "JSON sequence": Target("a.json", _json_sequence(), EXPORTERS["json"].load),
    "CSV sequence": Target("a.csv", _csv_sequence(), EXPORTERS["csv"].load),
    "pairs": Target("a.npz", _npz(**_PAIR), load_pairs),
    "pair index": Target("index.json", b'{"about": {}, "files": {"a.npz": "train"}}', lambda p: pair_splits(p.parent)),
    "pose pool": Target("a.npz", _npz(poses=np.zeros((4, 17, 3))), load_pose_pool),
    "checkpoint": Target("a.ckpt", _checkpoint(), lambda path: network_of(load_checkpoint(path), path)),
}
