from pathlib import Path

import pytest

from core.analysis.analysis import cycles_of_meta
from core.analysis.cycles import Cycle, Cycles
from core.detection.chosen_point import ChosenPoint
from core.errors import DataError, SettingsError
from core.filters import FilterChoice
from core.sequence.export_choices import ExportChoices
from core.take.take import Exported, Marker, Processing, Subject, Take, TakeCamera, with_marker

FULL = Take(
    name="Ann, squats",
    source="/videos/a.mp4",
    content="ab",
    opened="2026-01-01T10:00:00",
    subject=Subject("Ann", 1.74, "left knee\nhurts"),
    camera=TakeCamera(70.0, "lens.yml", -3.0, is_mirrored=True),
    processing=Processing(
        "fast", "heavy,full", "", "full", False, "r.onnx", False, FilterChoice("butterworth", (("cutoff_hz", 5.0),))
    ),
    person=ChosenPoint(120.0, 80.5, 2.0),
    in_s=1.0,
    out_s=4.5,
    markers=(Marker(3.0, "down"), Marker(1.5, "up")),
    exports=(Exported("2026-01-01", "/out", ("npz", "csv")),),
)


def test_a_take_comes_back_as_it_was_saved(tmp_path):
    path = tmp_path / "a.take.toml"
    for take in (Take(), FULL):
        take.save(path)
        back = Take.load(path)
        assert back.table() == take.table()
        assert back.processing.filter == take.processing.filter or str(back.processing.filter) == str(
            take.processing.filter
        )
    assert [marker.name for marker in back.markers] == ["up", "down"]


def test_a_person_may_write_whole_numbers_and_leave_out_the_rest(tmp_path):
    path = tmp_path / "a.take.toml"
    path.write_text("\ufeff[subject]\nheight_m = 2\n[camera]\nfov_deg = 70\n", encoding="utf-8")
    take = Take.load(path)
    assert (take.subject.height_m, take.camera.fov_deg, take.processing.quality) == (2.0, 70.0, "automatic")


@pytest.mark.parametrize(
    "text",
    [
        "[subject]\nheight_m = 17.4", "[subject]\nname = 3", "[subject]\nheight_m = 'tall'", "[camera]\nfov_deg = 400",
        "[camera]\nis_mirrored = 'yes'", "[take]\nschema = 99", "[tke]\nname = 'x'",
        "[take]\nnme = 'x'", "[range]\nin_s = 3\nout_s = 2",
        "[processing]\nvariant = 'huge'", "[processing]\ncarried = 'huge'", "[processing]\nquality = 'so so'",
        "[processing]\nfilter = 'soft'", "person = 3", "markers = 3", "subject = 'Ann'",
        "[person]\nx_px = nan\ny_px = 1", "[range]\nin_s = nan", "not toml",
    ],
)  # fmt: skip
def test_nonsense_is_one_sentence(tmp_path, text):
    path = tmp_path / "a.take.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"The take .*a\.take\.toml cannot be read \(.*\); mend or delete it\."):
        Take.load(path)


def test_what_the_take_knows_fills_in_what_is_left_open():
    choices = FULL.choices(ExportChoices(height_m=1.6))
    assert (choices.height_m, choices.fov_deg, choices.roll_deg) == (1.6, 70.0, -3.0)
    assert choices.filter.name == "butterworth"
    assert Take().choices(ExportChoices()) == ExportChoices()


def test_facts_name_nobodys_folders():
    facts = FULL.facts()
    assert facts["subject"]["name"] == "Ann"
    assert facts["person"] == {"x_px": 120.0, "y_px": 80.5, "time_s": 2.0}
    assert "lens.yml" not in str(facts)
    assert "/videos" not in str(facts)


def test_a_person_is_a_place_and_a_time():
    assert ChosenPoint.parse("120,80.5@2") == ChosenPoint(120.0, 80.5, 2.0)
    assert ChosenPoint.parse(str(FULL.person)) == FULL.person
    assert ChosenPoint.parse("1,2") == ChosenPoint(1.0, 2.0)
    for wrong in ("1", "1,2,3", "a,b", "1,2@x", "nan,1", ""):
        with pytest.raises(SettingsError):
            ChosenPoint.parse(wrong)


def test_a_marker_replaces_the_one_at_its_time():
    take = with_marker(with_marker(Take(), Marker(1.0, "a")), Marker(0.5, "b"))
    assert with_marker(take, Marker(1.0, "c")).markers == (Marker(0.5, "b"), Marker(1.0, "c"))


def test_the_refiner_that_comes_along_has_no_path():
    from core.settings import Settings

    assert Processing.of(Settings()).refiner == ""
    assert Path(Processing().settings.refiner).name == "refiner.onnx"


def test_corrected_repetitions_are_kept_and_travel_with_the_recording(tmp_path):
    cycles = Cycles("left_knee_flexion", (Cycle(0.5, 1.5), Cycle(1.5, 2.25, False)), by_hand=True)
    take = Take(name="squat", cycles=cycles)
    take.save(tmp_path / "take.toml")
    assert Take.load(tmp_path / "take.toml").cycles == cycles
    assert cycles_of_meta({"take": take.facts()}) == cycles
    text = (tmp_path / "take.toml").read_text(encoding="utf-8").replace("left_knee_flexion", "left_tail")
    (tmp_path / "take.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="left_tail"):
        Take.load(tmp_path / "take.toml")
