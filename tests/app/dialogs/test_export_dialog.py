from pathlib import Path

import pytest

from app.export.dialog import ExportDialog
from app.export.formats_list import OF_VIDEO
from app.export.saving import choice_arguments
from core.exporters import EXPORTERS
from core.filters import FilterChoice
from core.process.job import ENDINGS
from core.sequence.export_choices import ExportChoices


@pytest.fixture
def make(qtbot):
    def make(*, is_file=True):
        dialog = ExportDialog("clip.mp4", Path("/tmp/x"), is_file=is_file)
        qtbot.addWidget(dialog)
        return dialog

    return make


def test_it_wants_a_format_and_a_folder(make):
    dialog = make()
    assert dialog.request.formats == ("npz", "csv")
    assert dialog.request.folder == Path("/tmp/x")
    assert dialog.ok.isEnabled()
    for box in dialog.formats.boxes.values():
        box.setChecked(False)
    assert not dialog.ok.isEnabled()
    dialog.formats.boxes["json"].setChecked(True)
    assert dialog.request.formats == ("json",)
    dialog.folder.setText(" ")
    assert not dialog.ok.isEnabled()


def test_every_format_of_the_registry_is_offered_and_pictures_only_of_files(make):
    assert set(make().formats.boxes) == {*EXPORTERS, *OF_VIDEO} == set(ENDINGS)
    assert set(make(is_file=False).formats.boxes) == set(EXPORTERS)


def test_a_range_must_not_end_before_it_begins(make):
    dialog = make()
    assert (dialog.request.start_s, dialog.request.end_s) == (0.0, None)
    dialog.whole.setChecked(False)
    dialog.start.setValue(3.0)
    dialog.end.setValue(2.0)
    assert not dialog.ok.isEnabled()
    dialog.end.setValue(4.5)
    assert dialog.ok.isEnabled()
    assert (dialog.request.start_s, dialog.request.end_s) == (3.0, 4.5)
    dialog.end.setValue(0.0)
    assert dialog.end.text() == "the end"
    assert dialog.ok.isEnabled()
    assert (dialog.request.start_s, dialog.request.end_s) == (3.0, None)


def test_formats_are_remembered(make):
    dialog = make()
    dialog.formats.boxes["csv"].setChecked(False)
    dialog.opens_folder.setChecked(True)
    dialog.choices.axes.setCurrentText("Upright, z up")
    dialog.choices.filter.setCurrentIndex(dialog.choices.filter.findData("butterworth"))
    dialog.choices.gap.setValue(300)
    dialog.choices.rate.setCurrentIndex(dialog.choices.rate.findData(50.0))
    dialog.ok.click()
    again = make()
    assert again.request.choices == ExportChoices("upright", "z", FilterChoice("butterworth"), 300.0, rate_hz=50.0)
    assert again.request.formats == ("npz",)
    assert again.request.opens_folder


def test_untouched_it_leaves_everything_to_the_formats(make):
    assert make().request.choices == ExportChoices()
    assert choice_arguments(ExportChoices()) == []


def test_hips_do_not_travel_in_a_frame_that_has_them_at_its_origin(make):
    dialog = make()
    dialog.choices.travel.setChecked(True)
    dialog.choices.axes.setCurrentText("Camera")
    assert dialog.request.choices.travel
    dialog.choices.axes.setCurrentText("View-ray")
    assert not dialog.request.choices.travel


def test_process_knows_every_option_that_it_is_given():
    import typer

    from core.cli import process

    cli = typer.Typer()
    process.register(cli)
    known = {option for parameter in typer.main.get_command(cli).params for option in parameter.opts}
    everything = ExportChoices("upright", "y", FilterChoice("kalman"), 100.0, 0.2, True, 70.0, 1.8, 3.0, 25.0)
    arguments = choice_arguments(everything)
    assert {argument for argument in arguments if argument.startswith("--")} <= known
    assert arguments[:5] == ["--coordinates", "upright", "--up", "y", "--filter"]
    assert FilterChoice.parse(arguments[5]).name == "kalman"
    assert arguments[arguments.index("--rate") + 1] == "25.0"


def test_joints_of_both_kinds_go_to_two_folders(make):
    from app.export.saving import file_export
    from core.settings import Settings

    dialog = make()
    dialog.joints.button(2).click()
    for is_refining, folders in ((True, ["/tmp/x/refined", "/tmp/x/raw"]), (False, ["/tmp/x"])):
        job = file_export(Path("a.mp4"), dialog.request, Settings(), is_refining=is_refining)
        assert [step.arguments[step.arguments.index("-o") + 1] for step in job.steps] == folders
        assert "--no-learned-depth-refinement" in job.steps[-1].arguments
