"""TRC, C3D and MOT, opened by other programs' readers and compared number by number."""

import dataclasses
import io
import struct

import ezc3d
import numpy as np
import pandas
import pytest
from scipy.spatial.transform import Rotation

from core.exporters import EXPORTERS, c3d
from core.exporters.mot import COORDINATES
from core.exporters.trc import MARKERS, with_hip_middle
from core.filters import FilterChoice
from core.pose.skeleton import LANDMARK_NAMES
from core.sequence.export_choices import ExportChoices
from tests.core.scenes import squat_scene

ALL = slice(0, 100_000)
PLAIN = ExportChoices(filter=FilterChoice("none"), max_gap_ms=0.0)


def written(name, sequence, tmp_path, choices=PLAIN):
    path = tmp_path / f"Tänzer 1 (a).{name}"
    EXPORTERS[name].save(sequence, path, choices)
    return path, EXPORTERS[name].prepare(sequence, choices).points(ALL)


def read_trc(path):
    """Read a TRC as OpenSim's own description of the format says; empty cells are NaN."""
    lines = path.read_text("utf-8").split("\n")
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    names = lines[3].split("\t")[2::3]
    assert lines[4].split("\t")[2:5] == ["X1", "Y1", "Z1"]
    table = pandas.read_csv(io.StringIO("\n".join(lines[5:])), sep="\t", header=None, skip_blank_lines=True)
    values = table.to_numpy(dtype=float)
    return head, [name for name in names if name], values[:, 1], values[:, 2:].reshape(len(values), -1, 3)


def test_trc_holds_every_marker_within_a_micrometre(tmp_path):
    scene = squat_scene(n=20, fps=29.97)
    path, points = written("trc", scene.sequence, tmp_path)
    head, names, times, markers = read_trc(path)
    assert (head["NumFrames"], head["NumMarkers"], head["Units"]) == ("20", str(len(MARKERS)), "m")
    assert float(head["DataRate"]) == pytest.approx(29.97)
    assert names == list(MARKERS)
    np.testing.assert_allclose(times, np.arange(20) / 29.97, atol=1e-6)
    np.testing.assert_allclose(markers, with_hip_middle(points), atol=6e-7)


def test_trc_leaves_unknown_markers_empty(tmp_path):
    path, _ = written("trc", squat_scene(n=6, empty=[2]).sequence, tmp_path)
    markers = read_trc(path)[3]
    assert np.isnan(markers[2]).all()
    assert np.isfinite(np.delete(markers, 2, axis=0)).all()
    assert "nan" not in path.read_text("utf-8").lower()


def test_c3d_opened_by_ezc3d_has_every_point(tmp_path):
    scene = squat_scene(n=12, fps=50.0, empty=[3])
    path, points = written("c3d", scene.sequence, tmp_path)
    read = ezc3d.c3d(str(path))
    point = read["parameters"]["POINT"]
    assert point["LABELS"]["value"] == list(MARKERS)
    assert point["UNITS"]["value"] == ["mm"]
    assert point["RATE"]["value"][0] == pytest.approx(50.0)
    data = read["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(data, with_hip_middle(points) * 1000, rtol=0, atol=1e-3)
    residuals = read["data"]["meta_points"]["residuals"][0].T
    assert (residuals[3] < 0).all()
    assert (np.delete(residuals, 3, axis=0) == 0).all()
    head = data[0, MARKERS.index("nose"), 2] - data[0, MARKERS.index("left_heel"), 2]
    assert head > 1000  # z is up, and the unit is the millimetre


class Many:
    """A motion of more frames than 16 bits count, the last of them elsewhere."""

    n, rate_hz, is_y_up, notes, choices = 66_000, 60.0, False, (), PLAIN
    is_known, is_left_out = np.ones((1, 33), bool), np.zeros(33, bool)

    def __len__(self):
        return self.n

    def blocks(self):
        return (slice(start, min(start + 3000, self.n)) for start in range(0, self.n, 3000))

    def points(self, part):
        return np.ones((part.stop - part.start, 33, 3)) * (2.0 if part.stop == self.n else 1.0)


def test_c3d_of_more_frames_than_its_old_fields_can_count_is_whole(tmp_path):
    path = tmp_path / "long.c3d"
    c3d.write(Many(), path)
    content = path.read_bytes()
    assert struct.unpack_from("<H", content, 8) == (65_535,)  # the header's last frame
    place = content.index(b"ACTUAL_END_FIELD") + len("ACTUAL_END_FIELD") + 5
    low, high = struct.unpack_from("<HH", content, place)
    assert low + 65_536 * high == 66_000
    data_start = (struct.unpack_from("<H", content, 16)[0] - 1) * 512
    data = np.frombuffer(content, "<f4", count=66_000 * len(MARKERS) * 4, offset=data_start)
    assert data[0] == 1000.0
    assert data[-4] == 2000.0


def read_mot(path):
    lines = path.read_text("utf-8").split("\n")
    end = lines.index("endheader")
    head = dict(line.split("=") for line in lines[:end] if "=" in line)
    table = pandas.read_csv(io.StringIO("\n".join(lines[end + 1 :])), sep="\t")
    assert (int(head["nRows"]), int(head["nColumns"])) == table.shape
    assert head["inDegrees"] == "yes"
    return table


def test_mot_has_the_angles_of_a_squat(tmp_path):
    path, _ = written("mot", squat_scene(n=31).sequence, tmp_path)
    table = read_mot(path)
    assert list(table.columns) == ["time", *COORDINATES]
    deepest = table.iloc[15]
    assert deepest["knee_angle_r"] == pytest.approx(90, abs=0.2)
    assert deepest["hip_flexion_l"] == pytest.approx(90, abs=0.2)
    assert deepest["hip_adduction_r"] == pytest.approx(-5, abs=0.2)
    assert deepest["pelvis_rotation"] == pytest.approx(0, abs=0.5)  # faces the camera
    assert deepest["elbow_flex_l"] == pytest.approx(70, abs=0.2)


def test_mot_puts_the_thigh_where_the_markers_are(tmp_path):
    """What OpenSim does: chain the coordinates' rotations; the result must point along the markers' thigh."""
    choices = ExportChoices(filter=FilterChoice("none"))
    scene = squat_scene(n=9, roll_deg=8)
    path, points = written("mot", scene.sequence, tmp_path, choices)
    table = read_mot(path)
    for side, mirror in (("right", 1), ("left", -1)):
        hip, knee = LANDMARK_NAMES.index(f"{side}_hip"), LANDMARK_NAMES.index(f"{side}_knee")
        for i, row in table.iterrows():
            pelvis = Rotation.from_euler("ZXY", row[["pelvis_tilt", "pelvis_list", "pelvis_rotation"]], degrees=True)
            names = [f"{what}_{side[0]}" for what in ("hip_flexion", "hip_adduction", "hip_rotation")]
            thigh = Rotation.from_euler("ZXY", row[names].to_numpy() * [1, mirror, mirror], degrees=True)
            got = (pelvis * thigh).apply([0, -1, 0])
            true = points[i, knee] - points[i, hip]
            true = np.array([true[2], true[1], -true[0]]) / np.linalg.norm(true)  # OpenSim's ground
            assert np.degrees(np.arccos(np.clip(got @ true, -1, 1))) < 0.1


def test_mot_has_no_holes_and_no_jump_through_a_full_turn(tmp_path):
    path, _ = written("mot", squat_scene(n=20, empty=[0, 7, 8, 19]).sequence, tmp_path)
    table = read_mot(path)
    assert np.isfinite(table.to_numpy()).all()
    assert np.abs(np.diff(table["pelvis_rotation"])).max() < 30


@pytest.mark.parametrize("name", ["trc", "c3d", "mot"])
@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_frames_give_a_file_that_opens(name, n, tmp_path):
    sequence = squat_scene(n=1).sequence
    if n == 0:
        sequence = dataclasses.replace(sequence.rows(slice(0)), meta={})
    path, points = written(name, sequence, tmp_path)
    if name == "trc" and n:
        np.testing.assert_allclose(read_trc(path)[3], with_hip_middle(points), atol=6e-7)
    elif name == "mot":
        assert len(read_mot(path)) == n
    elif name == "c3d" and n:
        assert ezc3d.c3d(str(path))["data"]["points"].shape == (4, len(MARKERS), 1)
    assert path.stat().st_size > 100
