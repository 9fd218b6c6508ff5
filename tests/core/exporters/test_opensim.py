"""OpenSim reads our markers and coordinates, and its inverse kinematics agrees with our angles.

Needs a Python that has OpenSim (`pip install opensim`): this one, or the one that NDR_OPENSIM_PYTHON names.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.system.files.program import SAMPLE

PYTHON = os.environ.get("NDR_OPENSIM_PYTHON") or (sys.executable if importlib.util.find_spec("opensim") else "")


@pytest.mark.detect
@pytest.mark.skipif(not PYTHON, reason="OpenSim is not installed; NDR_OPENSIM_PYTHON names a Python that has it")
def test_opensims_inverse_kinematics_of_the_sample_agrees_within_two_degrees(run, tmp_path):
    code, _, _ = run("process", SAMPLE, "-o", tmp_path, "--quality", "fast", "-f", "trc,mot")
    assert code == 0
    script = Path(__file__).with_name("opensim_ik.py")
    command = [PYTHON, str(script), str(tmp_path / "sample.trc"), str(tmp_path / "sample.mot"), str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    report = json.loads(ended.stdout.rpartition("RESULT ")[2])
    assert report["trc"] == [240, 34]
    assert report["mot"] == [240, 27]
    assert report["in_degrees"] == "yes"
    for side in "rl":
        for name in ("hip_flexion", "knee_angle", "hip_adduction"):
            median_deg, most_deg, range_deg = report[f"{name}_{side}"]
            assert median_deg < 1.0
            assert most_deg < (2.0 if name != "hip_adduction" else 2.5)
            assert range_deg > 10 * median_deg  # it is of something that moves
