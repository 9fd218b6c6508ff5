import tomllib

import numpy as np
import pandas
import pytest

from core.errors import DataError, OutputError, SettingsError
from core.exporters import npz
from core.exporters.registry import EXPORTERS
from core.filters import FilterChoice
from core.process.export_sequence import ENDINGS, export_sequence
from core.process.result_settings import Record, describe_input
from core.sequence.export_choices import AS_RECORDED, ExportChoices
from tests.core.scenes import squat_scene


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "in" / "Tänzer 1 (größer).npz"
    EXPORTERS["npz"].save(squat_scene(n=40).sequence, path)
    return path


def test_every_format_comes_from_the_recording(recording, tmp_path):
    formats = tuple(name for name in ENDINGS if name != "npz")
    paths = export_sequence(recording, tmp_path / "out", formats, ExportChoices(travel=True))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        [*(path.name for path in paths.values()), "Tänzer 1 (größer).export.toml"]
    )
    assert all(path.stat().st_size > 200 for path in paths.values())


def test_the_choices_are_saved_beside_the_result(recording, tmp_path):
    choices = ExportChoices(filter=FilterChoice.parse("butterworth:cutoff_hz=4"), height_m=1.8)
    export_sequence(recording, tmp_path, ("trc", "csv"), choices)
    record = tomllib.loads((tmp_path / "Tänzer 1 (größer).export.toml").read_text("utf-8"))
    assert record["export"]["trc"]["filter"] == "butterworth:cutoff_hz=4,order=4"
    assert record["export"]["trc"]["coordinates"] == "upright"
    assert record["export"]["csv"]["coordinates"] == "view-ray"
    assert record["export"]["trc"]["input"]["name"] == recording.name
    assert any("field of view" in note for note in record["export"]["trc"]["notes"])


def test_a_range_keeps_the_times_of_the_video(recording, tmp_path):
    export_sequence(recording, tmp_path, ("csv",), ExportChoices(), start_s=0.5, end_s=1.0)
    table = pandas.read_csv(tmp_path / "Tänzer 1 (größer).csv")
    np.testing.assert_allclose(table["time_s"], np.arange(15, 30) / 30, atol=1e-6)
    with pytest.raises(DataError, match=r"no frame in the range; it runs until 1.30 s"):
        export_sequence(recording, tmp_path, ("csv",), ExportChoices(), start_s=7)
    with pytest.raises(SettingsError, match="makes no sense"):
        export_sequence(recording, tmp_path, ("csv",), ExportChoices(), start_s=2, end_s=1)


def test_the_recording_is_never_replaced_by_its_own_export(recording, tmp_path):
    before = recording.read_bytes()
    with pytest.raises(SettingsError, match="would be replaced"):
        export_sequence(recording, recording.parent, ("npz",), ExportChoices())
    assert recording.read_bytes() == before
    export_sequence(recording, tmp_path, ("npz",), ExportChoices(), end_s=0.5)
    assert len(npz.load(tmp_path / recording.name)) == 15


def test_the_command_line_writes_and_explains(run, recording, tmp_path):
    code, out, _ = run("export-sequence", recording, "-f", "TRC, bvh", "-o", tmp_path / "o", "--filter", "none")
    assert code == 0
    assert [line.rsplit(".", 1)[1] for line in out.split("\n") if line] == ["trc", "bvh"]
    for args, sentence in (
        (["-f", "mp4"], "There is no format 'mp4'"),
        (["-f", "trc", "--filter", "butter"], "There is no filter 'butter'"),
        (["-f", "trc", "--coordinates", "world"], "choose one of view-ray, camera, upright"),
        (["-f", "trc", "--height", "178"], "'height_m' is 178; give 0.3 to 3"),
        (["-f", "trc", "--coordinates", "view-ray", "--root-trajectory"], "origin at the hips"),
    ):
        code, _, err = run("export-sequence", recording, "-o", tmp_path, *args)
        assert (code, err.count("\n")) == (2, 1), err
        assert sentence in err
    code, _, err = run("export-sequence", tmp_path / "gone.npz", "-f", "trc")
    assert code == 2
    assert "gone.npz is not a readable pose sequence" in err


def test_what_is_written_in_another_way_is_told_by_the_record_that_wrote_it_last(tmp_path, recording):
    """Settings beside a file that was exported upright do not say view-ray."""
    folder = recording.parent
    made = {"csv": AS_RECORDED.table() | {"file": f"{recording.stem}.csv"}}
    record = Record(describe_input(recording), {}, {"complete": True}).wrote([f"{recording.stem}.csv"], made)
    record.save(folder / f"{recording.stem}.settings.toml")
    (folder / f"{recording.stem}.csv").touch()
    export_sequence(recording, folder, ("csv", "trc"), ExportChoices(coordinates="upright"))
    settings = (folder / f"{recording.stem}.settings.toml").read_text("utf-8")
    assert "view-ray" not in settings
    assert f"{recording.stem}.csv" not in settings
    export_sequence(recording, folder, ("csv",), ExportChoices(coordinates="camera"), end_s=0.5)
    exports = tomllib.loads((folder / f"{recording.stem}.export.toml").read_text("utf-8"))["export"]
    assert {name: made["coordinates"] for name, made in exports.items()} == {"csv": "camera", "trc": "upright"}
    assert (exports["csv"]["end_s"], "end_s" in exports["trc"]) == (0.5, False)


def test_a_file_of_somebody_else_is_never_replaced_unasked(recording, tmp_path):
    own = tmp_path / f"{recording.stem}.c3d"
    own.write_bytes(b"from the laboratory")
    with pytest.raises(OutputError, match=r"c3d is there and was not written by this program"):
        export_sequence(recording, tmp_path, ("trc", "c3d"), ExportChoices())
    assert own.read_bytes() == b"from the laboratory"
    assert sorted(path.name for path in tmp_path.iterdir()) == [own.name, "in"]
    export_sequence(recording, tmp_path, ("trc", "c3d"), ExportChoices(), overwrite=True)
    assert own.read_bytes() != b"from the laboratory"
    export_sequence(recording, tmp_path, ("c3d",), ExportChoices())  # now it is this program's


def test_recordings_of_one_name_are_refused_before_the_first_is_written(run, recording, tmp_path):
    other = tmp_path / "other" / recording.name
    other.parent.mkdir()
    other.write_bytes(recording.read_bytes())
    code, _, err = run("export-sequence", recording, other, "-f", "trc", "-o", tmp_path / "out")
    assert code == 2
    assert "would both be written as" in err
    assert not (tmp_path / "out").exists()
