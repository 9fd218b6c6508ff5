import csv
import json

import numpy as np
import pytest

from core.errors import DataError, OutputError
from core.exporters import EXPORTERS
from core.exporters.csv import COLUMNS
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES, LANDMARK_TO_COCO
from core.sequence.pose_sequence import ARRAY_NAMES, SequenceBuilder


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    return builder.build({"source": "Tänze.mp4", "settings": {"variant": "full"}, "partial": False})


def saved(sequence, name, tmp_path):
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].save(sequence, path)
    return path


def test_npz_gives_back_everything_exactly(sequence, tmp_path):
    loaded = EXPORTERS["npz"].load(saved(sequence, "npz", tmp_path))
    assert loaded.equals(sequence)
    assert loaded.meta == sequence.meta


def test_npz_can_be_read_without_this_program(sequence, tmp_path):
    with np.load(saved(sequence, "npz", tmp_path), allow_pickle=False) as archive:
        assert list(archive["joint_names"]) == list(COCO_NAMES)
        assert archive["azimuth_deg"][1] == pytest.approx(np.rad2deg(0.3), abs=1e-4)
        assert json.loads(str(archive["meta"]))["schema_version"] == 1
        np.testing.assert_array_equal(archive["bone_cv"], sequence.bone_cv)


def test_json_gives_back_every_number(sequence, tmp_path):
    loaded = EXPORTERS["json"].load(saved(sequence, "json", tmp_path))
    assert loaded.equals(sequence, tolerance=5e-4)
    for name in ("joints_m", "raw_m", "landmarks_m", "uncertainty_m", "direction", "time_s"):
        np.testing.assert_allclose(getattr(loaded, name), getattr(sequence, name), rtol=0, atol=6e-7)


def test_json_is_strict_and_says_what_its_numbers_are(sequence, tmp_path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    document = json.loads(saved(sequence, "json", tmp_path).read_text("utf-8"), parse_constant=refuse)
    assert document["joint_names"] == list(COCO_NAMES)
    assert document["frames"][2]["joints_m"][0] == [None, None, None]
    assert document["frames"][3]["frame_index"] == 5
    assert document["frames"][1]["azimuth_deg"] == pytest.approx(np.rad2deg(0.3), abs=1e-3)


def test_csv_gives_back_what_it_holds_number_by_number(sequence, tmp_path):
    loaded = EXPORTERS["csv"].load(saved(sequence, "csv", tmp_path))
    for name in ("joints_m", "raw_m", "uncertainty_m", "visibility", "time_s", "frame_index"):
        np.testing.assert_allclose(getattr(loaded, name), getattr(sequence, name), rtol=0, atol=6e-7)
    np.testing.assert_allclose(loaded.direction, sequence.direction, atol=1e-6)
    pixels = sequence.landmarks_px[:, LANDMARK_TO_COCO]
    np.testing.assert_allclose(loaded.landmarks_px[:, LANDMARK_TO_COCO], pixels, atol=6e-4)


def test_csv_columns_hold_what_their_names_say(sequence, tmp_path):
    with saved(sequence, "csv", tmp_path).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(set(COLUMNS)) == len(COLUMNS)
    row = rows[4]
    assert row["frame"] == "6"
    knee = COCO_NAMES.index("left_knee")
    got = [float(row[f"left_knee_{axis}_m"]) for axis in "xyz"]
    np.testing.assert_allclose(got, sequence.joints_m[4, knee], atol=1e-6)
    got = [float(row[f"left_knee_raw_{axis}_m"]) for axis in "xyz"]
    np.testing.assert_allclose(got, sequence.raw_m[4, knee], atol=1e-6)
    assert float(row["left_knee_v_px"]) == pytest.approx(sequence.landmarks_px[4, 25, 1], abs=1e-3)
    heel = attach_rigid_landmarks(sequence.landmarks_m, sequence.joints_m)[4, LANDMARK_NAMES.index("right_heel")]
    np.testing.assert_allclose([float(row[f"right_heel_{axis}_m"]) for axis in "xyz"], heel, atol=1e-6)
    assert rows[2]["left_knee_x_m"] == rows[2]["azimuth_deg"] == ""


READABLE = [e.name for e in EXPORTERS.values() if e.load is not None]


@pytest.mark.parametrize("name", READABLE)
def test_an_empty_sequence_survives(name, tmp_path):
    empty = SequenceBuilder().build({})
    assert len(EXPORTERS[name].load(saved(empty, name, tmp_path))) == 0


@pytest.mark.parametrize("name", READABLE)
def test_what_is_no_sequence_is_refused(name, sequence, tmp_path):
    path = tmp_path / f"bad.{name}"
    with pytest.raises(DataError, match="bad"):
        EXPORTERS[name].load(path)
    path.write_text("nonsense")
    with pytest.raises(DataError, match="bad"):
        EXPORTERS[name].load(path)
    whole = saved(sequence, name, tmp_path).read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(DataError, match="bad"):
        EXPORTERS[name].load(path)


def test_a_newer_schema_and_pickled_objects_are_refused(sequence, tmp_path):
    path = saved(sequence, "json", tmp_path)
    path.write_text(path.read_text("utf-8").replace('"schema_version":1', '"schema_version":9'), "utf-8")
    with pytest.raises(DataError, match="schema version 9, this program reads 1"):
        EXPORTERS["json"].load(path)
    arrays = {name: getattr(sequence, name) for name in ARRAY_NAMES} | {"image_size": np.array([1, 1])}
    arrays["meta"] = np.array({"schema": "neural-depth-refinement sequence"}, dtype=object)
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(DataError, match="not a readable pose sequence"):
        EXPORTERS["npz"].load(tmp_path / "p.npz")


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_folder_that_is_a_file_is_an_output_error(name, sequence, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="Cannot write"):
        EXPORTERS[name].save(sequence, tmp_path / "file" / f"a.{name}")
