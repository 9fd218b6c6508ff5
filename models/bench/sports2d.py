"""Sports2D's work after detection beside ours, on the same poses: gaps, outliers, Butterworth filter, joint angles.

Sports2D (Pagnon 2024, BSD-3-Clause) finds angles in the image plane, this program in space. It brings a second OpenCV,
which must not be installed beside ours, so it runs in a Python of its own, named by NDR_SPORTS2D_PYTHON:

    python -m venv sports2d && sports2d/bin/pip install sports2d
    NDR_SPORTS2D_PYTHON=sports2d/bin/python python main.py bench --only peers
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from core.bench.clip import Bench, Figures
from core.exporters import EXPORTERS
from core.filters.choice import FilterChoice
from core.pose.angles.joint_angles import ANGLE_NAMES
from core.pose.skeleton import LANDMARK_NAMES
from core.pose.types import FloatArray, Frame
from core.refinement.pipeline import Pipeline
from core.sequence.angle_series import angle_series
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder

_PYTHON: Final = "NDR_SPORTS2D_PYTHON"
_PEER: Final = Path(__file__).with_name("sports2d_peer.py")
_LIMBS: Final = ("shoulder", "elbow", "wrist", "index", "hip", "knee", "ankle", "heel")
_KEYPOINTS: Final = {
    **{f"{side[0].upper()}{limb.capitalize()}": f"{side}_{limb}" for limb in _LIMBS for side in ("right", "left")},
    **{f"{side[0].upper()}BigToe": f"{side}_foot_index" for side in ("right", "left")},
    "Head": "nose",
}
"""Sports2D's name → MediaPipe's; its Hip and Neck are the middles of hips and shoulders."""
_CHOICES: Final = ExportChoices(filter=FilterChoice("butterworth"), max_gap_ms=1000.0, outlier_gate_m=0.3)


def after_detection(bench: Bench, frames: Sequence[Frame]) -> Figures:
    """Time both, in processor time per frame; Sports2D's is "not installed" where it is not."""
    builder = SequenceBuilder()
    with Pipeline(bench.detector(), bench.refiner) as line:
        for frame in frames:
            builder.append(line.process(frame))
    sequence, rounds = builder.build({}), bench.scaled(5)
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        angle_series(EXPORTERS["angles"].prepare(sequence, _CHOICES))
        seconds.append(time.process_time() - started)
    return {
        "post_processing_us_per_frame": statistics.median(seconds) / len(sequence) * 1e6,
        "post_processing_angles": len(ANGLE_NAMES),
        **_sports2d(sequence, rounds),
    }


def _sports2d(sequence: PoseSequence, rounds: int) -> Figures:
    python = os.environ.get(_PYTHON, sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        poses = Path(folder) / "poses.npz"
        pixels = keypoints_px(sequence)
        fps = (len(sequence) - 1) / (sequence.time_s[-1] - sequence.time_s[0])
        np.savez(poses, pixels=pixels, names=np.array([*_KEYPOINTS, "Hip", "Neck"]), fps=fps)
        environment = {**os.environ, "MPLBACKEND": "Agg"}
        try:
            ended = subprocess.run(  # noqa: S603 Python
                [python, str(_PEER), str(poses), str(rounds)], capture_output=True, text=True, env=environment
            )
        except OSError as error:
            return {"sports2d": f"not installed: {_PYTHON} is {python}: {error.strerror}"}
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        return {"sports2d": "not installed" if "No module named" in last else f"failed: {last}"}
    told = json.loads(ended.stdout)
    return {
        "sports2d": told["version"],
        "sports2d_us_per_frame": told["us_per_frame"],
        "sports2d_without_hampel_us_per_frame": told["us_per_frame_without_hampel"],
        "sports2d_angles": told["n_angles"],
    }


def keypoints_px(sequence: PoseSequence) -> FloatArray:
    """Return (T, n, 2) pixels in the order of Sports2D's names, Hip and Neck last."""
    of = {name: sequence.landmarks_px[:, number] for number, name in enumerate(LANDMARK_NAMES)}
    middles = [(of[f"left_{limb}"] + of[f"right_{limb}"]) / 2 for limb in ("hip", "shoulder")]
    return np.stack([*(of[name] for name in _KEYPOINTS.values()), *middles], axis=1).astype(float)
