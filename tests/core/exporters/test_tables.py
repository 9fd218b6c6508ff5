"""The tables and the archive, opened by pandas, pyarrow and plain NumPy."""

import json

import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest

from core.errors import DataError, SettingsError
from core.exporters import EXPORTERS
from core.filters import FilterChoice
from core.pose.angles.joint_angles import ANGLE_NAMES
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES
from core.sequence.export_choices import ExportChoices
from tests.core.scenes import squat_scene

ALL = slice(0, 100_000)


@pytest.fixture
def scene():
    return squat_scene(n=31, empty=[4])


def test_parquet_and_csv_say_the_same(scene, tmp_path):
    for name in ("csv", "parquet"):
        EXPORTERS[name].save(scene.sequence, tmp_path / f"a.{name}")
    table = pandas.read_csv(tmp_path / "a.csv")
    parquet = pq.read_table(tmp_path / "a.parquet")
    frame = parquet.to_pandas()
    assert list(frame.columns) == list(table.columns)
    np.testing.assert_allclose(frame.to_numpy(dtype=float), table.to_numpy(dtype=float), atol=6e-4)
    assert str(frame["left_knee_x_m"].dtype) == "float32"
    assert parquet.column("left_knee_x_m").null_count == 1
    meta = json.loads(parquet.schema.metadata[b"neural-depth-refinement"])
    assert meta["source"] == "scene.mp4"
    assert meta["export"]["filter"] == "none"


def test_tidy_has_a_row_for_each_landmark_and_version(scene, tmp_path):
    EXPORTERS["tidy"].save(scene.sequence, tmp_path / "a.csv")
    table = pandas.read_csv(tmp_path / "a.csv")
    assert len(table) == 31 * 33 * 2
    knee = table.query("landmark == 'left_knee' and version == 'refined'").set_index("frame")
    np.testing.assert_allclose(
        knee.loc[10, ["x_m", "y_m", "z_m"]].to_numpy(float), scene.sequence.joints_m[10, 13], atol=1e-6
    )
    raw = table.query("landmark == 'left_knee' and version == 'raw' and frame == 10").iloc[0]
    np.testing.assert_allclose(raw[["x_m", "y_m", "z_m"]].to_numpy(float), scene.sequence.raw_m[10, 13], atol=1e-6)
    assert np.isnan(raw["sd_m"])
    assert knee.loc[10, "sd_m"] == pytest.approx(0.03)
    assert np.isnan(knee.loc[4, "x_m"])
    assert set(table["landmark"]) == set(LANDMARK_NAMES)


def test_coordinates_and_filter_apply_to_tables_when_asked_for(scene, tmp_path):
    choices = ExportChoices(coordinates="upright", filter=FilterChoice("butterworth"), max_gap_ms=200.0)
    EXPORTERS["csv"].save(scene.sequence, tmp_path / "a.csv", choices)
    table = pandas.read_csv(tmp_path / "a.csv")
    assert table["nose_y_m"].min() > 0.4  # y up: the head is above the hips
    assert np.isfinite(table["nose_y_m"]).all()


def test_the_archive_has_the_recording_and_what_is_ready_to_use(scene, tmp_path):
    path = tmp_path / "a.npz"
    EXPORTERS["npz"].save(scene.sequence, path, ExportChoices(height_m=1.9))
    with np.load(path, allow_pickle=False) as archive:
        data = dict(archive)
    assert list(data["joint_names"]) == list(COCO_NAMES)
    assert list(data["point_names"]) == list(LANDMARK_NAMES)
    assert list(data["angle_names"]) == list(ANGLE_NAMES)
    np.testing.assert_array_equal(data["joints_m"], scene.sequence.joints_m)
    assert data["points_m"].shape == (31, 33, 3)
    assert (data["points_m"][:, LANDMARK_NAMES.index("nose"), 1] > 0.4).all()
    knee = data["angles_deg"][:, ANGLE_NAMES.index("right_knee_flexion")]
    assert knee.max() == pytest.approx(90, abs=1.5)
    assert data["raw_angles_deg"].shape == data["angles_deg"].shape
    meta = json.loads(str(data["meta"]))
    assert meta["export"]["height_m"] == 1.9
    assert meta["export"]["filter"].startswith("kalman:")
    assert meta["export"]["angles"]["right_knee_flexion"]["range_deg"] > 80
    assert abs(meta["export"]["angles"]["knee_flexion"]["symmetry_index_percent"]) < 1


def test_an_archive_gives_the_same_exports_as_the_recording(scene, tmp_path):
    EXPORTERS["npz"].save(scene.sequence, tmp_path / "a.npz")
    loaded = EXPORTERS["npz"].load(tmp_path / "a.npz")
    for name in ("trc", "csv", "angles", "c3d"):
        EXPORTERS[name].save(scene.sequence, tmp_path / f"one.{name}")
        EXPORTERS[name].save(loaded, tmp_path / "two" / f"one.{name}")
        assert (tmp_path / f"one.{name}").read_bytes() == (tmp_path / "two" / f"one.{name}").read_bytes()


def test_angles_are_a_table_of_refined_and_raw(scene, tmp_path):
    EXPORTERS["angles"].save(scene.sequence, tmp_path / "a.csv")
    table = pandas.read_csv(tmp_path / "a.csv")
    assert table["right_knee_flexion_deg"].max() == pytest.approx(90, abs=1.5)
    assert table["raw_right_knee_flexion_deg"].max() == pytest.approx(90, abs=1.5)
    assert len(table.columns) == 2 + 3 * len(ANGLE_NAMES)
    sd = table["right_knee_flexion_sd_deg"]
    assert np.flatnonzero(sd.isna()).tolist() == [4]  # a gap was closed there
    assert 0 < sd.median() < 10  # 3 cm of depth


def test_json_in_other_coordinates_is_no_source(scene, tmp_path):
    EXPORTERS["json"].save(scene.sequence, tmp_path / "a.json", ExportChoices(coordinates="upright"))
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert document["meta"]["export"]["coordinates"] == "upright"
    assert document["frames"][0]["joints_m"][0][1] > 0.4
    with pytest.raises(DataError, match="upright coordinates; load the NPZ"):
        EXPORTERS["json"].load(tmp_path / "a.json")


def test_a_missing_package_is_named_before_any_work(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"'parquet' needs pyarrow.*\[parquet\]"):
        EXPORTERS["parquet"].require_package()
    EXPORTERS["csv"].require_package()
