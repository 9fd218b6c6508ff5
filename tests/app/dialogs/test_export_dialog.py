from pathlib import Path

import pytest

from app.dialogs.export import ExportDialog
from core.exporters import EXPORTERS


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
    for box in dialog.boxes.values():
        box.setChecked(False)
    assert not dialog.ok.isEnabled()
    dialog.boxes["json"].setChecked(True)
    assert dialog.request.formats == ("json",)
    dialog.folder.setText(" ")
    assert not dialog.ok.isEnabled()


def test_every_format_of_the_registry_is_offered_and_pictures_only_of_files(make):
    assert set(make().boxes) == {*EXPORTERS, "mp4", "png"}
    assert set(make(is_file=False).boxes) == set(EXPORTERS)


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


def test_formats_are_remembered(make):
    dialog = make()
    dialog.boxes["csv"].setChecked(False)
    dialog.opens_folder.setChecked(True)
    dialog.ok.click()
    again = make()
    assert again.request.formats == ("npz",)
    assert again.request.opens_folder
