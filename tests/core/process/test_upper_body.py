"""A real video of an upper body: MediaPipe answers for its legs, and no file has numbers of them."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.system.files.program import MAIN

VIDEO = Path(__file__).parents[4] / "shared" / "cases" / "upper.mp4"
LEGS = ("knee", "ankle", "heel", "foot")


@pytest.mark.skipif(not VIDEO.is_file(), reason="the videos beside the repository are not here")
def test_legs_below_the_picture_are_in_no_file(tmp_path):
    command = [sys.executable, str(MAIN), "process", str(VIDEO), "-o", str(tmp_path), "--format", "npz,angles,trc,csv"]
    subprocess.run(command, check=True, capture_output=True)
    with (tmp_path / "upper_angles.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    of_legs = [column for column in rows[0] if any(part in column for part in ("knee", "ankle", "hip"))]
    assert len(of_legs) == 3 * 10
    assert not any(row[column] for row in rows for column in of_legs)
    markers = (tmp_path / "upper.trc").read_text().splitlines()[3]
    assert not any(part in markers for part in LEGS)
    assert "nose" in markers
    with (tmp_path / "upper.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert not any(
        row[column] for row in rows for column in row if column.endswith("_m") and any(p in column for p in LEGS)
    )
    assert sum(bool(row["nose_x_m"]) for row in rows) > 40
    data = np.load(tmp_path / "upper.npz")
    assert np.isfinite(data["landmarks_m"]).all(axis=(1, 2)).sum() > 40  # what MediaPipe said stays
