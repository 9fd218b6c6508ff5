"""Somebody leaves the picture for half a second and for two: the same answer in every format."""

import csv
import json
from pathlib import Path

import ezc3d
import numpy as np
import pygltflib
import pytest

from core.exporters import EXPORTERS
from core.sequence.export_choices import ExportChoices
from core.sequence.resampling import MOST_ROWS
from tests.core.scenes import squat_scene

GONE = [*range(45, 60), *range(105, 165)]
SPANS = [[1.5, 2.0], [3.5, 5.5]]


@pytest.fixture(scope="module")
def sequence():
    return squat_scene(n=180, fps=30.0, empty=GONE).sequence


def saved(name, sequence, folder, choices=None):
    path = folder / f"a{EXPORTERS[name].ending}"
    EXPORTERS[name].save(sequence, path, choices or ExportChoices())
    return path


def rows_of(path, after):
    return path.read_text().partition(after)[2].splitlines()[1:]


def unknown_frames(name, path):
    """Return the numbers of frames in which a format says that nothing is known."""
    if name == "npz":
        return np.flatnonzero(np.isnan(np.load(path)["points_m"]).all(axis=(1, 2)))
    if name == "json":
        joints = [frame["joints_m"] for frame in json.loads(path.read_text())["frames"]]
        return np.flatnonzero([all(x is None for joint in frame for x in joint) for frame in joints])
    if name == "trc":
        rows = path.read_text().splitlines()[6:]
        return np.flatnonzero([not "".join(row.split("\t")[2:]) for row in rows])
    if name == "c3d":
        residuals = ezc3d.c3d(str(path))["data"]["meta_points"]["residuals"][0]
        return np.flatnonzero((residuals < 0).all(axis=0))
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    column = {"csv": "nose_x_m", "tidy": "x_m", "angles": "left_knee_flexion_deg"}[name]
    return sorted({int(row["frame"]) for row in rows if not row[column]})


@pytest.mark.parametrize("name", ["npz", "csv", "tidy", "json", "angles", "trc", "c3d"])
def test_formats_with_unknown_values_say_unknown(sequence, tmp_path, name):
    assert list(unknown_frames(name, saved(name, sequence, tmp_path))) == GONE
    assert EXPORTERS[name].prepare(sequence, ExportChoices()).facts()["absences_s"] == SPANS


@pytest.mark.parametrize("name", ["bvh", "mot"])
def test_formats_without_hold_the_last_pose_and_say_when(sequence, tmp_path, name):
    path = saved(name, sequence, tmp_path)
    text = path.read_text()
    rows = [row.split() for row in text.partition({"bvh": "Frame Time", "mot": "\ntime"}[name])[2].splitlines()[1:]]
    values = np.array(rows, dtype=float)[:, 1 if name == "mot" else 0 :]
    assert len(values) == 180
    for start, end in ((45, 60), (105, 165)):
        np.testing.assert_array_equal(values[start:end], np.tile(values[start - 1], (end - start, 1)))
        assert np.abs(values[end] - values[end - 1]).max() > 1.0
    note = "Nobody is seen from 1.50 to 2.00 s, 3.50 to 5.50 s: the last pose is held there."
    motion = EXPORTERS[name].prepare(sequence, ExportChoices())
    assert motion.notes[-1] == note
    assert motion.facts()["absences_s"] == SPANS
    assert note in text or name == "bvh"  # a BVH has no place for words


def test_the_figure_stands_still_and_says_when(sequence, tmp_path):
    document = pygltflib.GLTF2().load(str(saved("glb", sequence, tmp_path)))
    assert document.asset.extras["absences_s"] == SPANS


@pytest.mark.parametrize("name", ["trc", "c3d", "bvh", "mot"])
@pytest.mark.parametrize("pause_s", [20.0, 95_443.7])
def test_no_format_writes_more_rows_than_anybody_asked_for(tmp_path, name, pause_s):
    times = np.r_[np.arange(30) / 30, pause_s + np.arange(30) / 30]
    motion = EXPORTERS[name].prepare(squat_scene(n=60, times_s=times).sequence, ExportChoices())
    assert len(motion) <= MOST_ROWS * 60
    assert any("Pauses of the source are shortened" in note for note in motion.notes)
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].write(motion, path)
    assert Path(path).stat().st_size < 1_000_000
