import json

import numpy as np
import pytest
import typer

from app.training import data_sets
from app.training.convert_dialog import ConvertDialog
from app.training.data_sets import count, known_paths, remember
from app.training.studio_dialog import StudioDialog
from models.cli import convert


def write_set(folder, **n_frames):
    folder.mkdir(parents=True)
    for split, n in n_frames.items():
        np.savez_compressed(folder / f"{split}.npz", corrupted=np.zeros((n, 17, 3)), visibility=np.zeros((n, 17)))
    files = {f"{split}.npz": split for split in n_frames}
    (folder / "index.json").write_text(json.dumps({"about": {}, "files": files}))
    return folder


@pytest.fixture(autouse=True)
def pairs_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "pairs"


def test_frames_are_counted_in_each_split(tmp_path):
    found = count(write_set(tmp_path / "a", train=30, val=7, test=11))
    assert found.n_frames == {"train": 30, "val": 7, "test": 11}
    assert found.can_train
    assert found.best_test_split == "test"
    assert found.trouble == ""


def test_what_cannot_be_trained_on_says_why(tmp_path):
    found = count(write_set(tmp_path / "a", test=11))
    assert not found.can_train
    assert "train and val" in found.trouble
    assert count(write_set(tmp_path / "b", train=5, val=2)).best_test_split == "val"
    (tmp_path / "empty").mkdir()
    assert "no pair files" in count(tmp_path / "empty").trouble
    assert "no pair file or folder" in count(tmp_path / "nowhere").trouble


def test_a_damaged_file_is_named(tmp_path):
    folder = write_set(tmp_path / "a", train=5, val=5)
    (folder / "val.npz").write_bytes(b"PK\x03\x04 nothing")
    assert "val.npz" in count(folder).trouble
    assert not count(folder).can_train


def test_a_single_file_serves_as_both(tmp_path):
    folder = write_set(tmp_path / "a", train=5)
    found = count(folder / "train.npz")
    assert found.can_train
    assert (found.n_frames, found.best_test_split) == ({"": 5}, "")


def test_added_folders_are_remembered_while_they_are_there(tmp_path, pairs_folder):
    own = write_set(pairs_folder / "own", train=1)
    added, gone = write_set(tmp_path / "added", train=1), write_set(tmp_path / "gone", train=1)
    for path in (added, gone, added):
        remember(path)
    (gone / "train.npz").unlink()
    (gone / "index.json").unlink()
    gone.rmdir()
    assert set(known_paths()) == {own, added}
    assert len(known_paths()) == 2


def test_the_studio_asks_for_motion_and_makes_a_set_that_is_not_there_yet(qtbot, tmp_path, pairs_folder, monkeypatch):
    write_set(pairs_folder / "studio", train=1)
    dialog = StudioDialog()
    qtbot.addWidget(dialog)
    assert dialog.folder == pairs_folder / "studio-2"
    assert not dialog.ok.isEnabled()
    dialog.motion.edit.setText(str(tmp_path / "nowhere"))
    assert "no folder" in dialog.hint.text()
    dialog.motion.edit.setText(str(tmp_path))
    assert dialog.ok.isEnabled()
    dialog.name.setText("../escape")
    assert not dialog.ok.isEnabled()
    dialog.name.setText("studio")
    assert "continued" in dialog.hint.text()
    assert dialog.ok.isEnabled()
    dialog.frames.setValue(1200)
    arguments = dialog.job.steps[0].arguments
    assert arguments[:3] == ("studio", "--motion", str(tmp_path))
    assert arguments[arguments.index("--frames") + 1] == "1200"
    again = StudioDialog()
    qtbot.addWidget(again)
    assert again.motion.edit.text() == str(tmp_path)


def test_footage_needs_its_videos_and_cameras(qtbot, tmp_path, pairs_folder):
    dialog = ConvertDialog()
    qtbot.addWidget(dialog)
    assert not dialog.ok.isEnabled()
    calibration = tmp_path / "calib.toml"
    dialog.videos.edit.setText(str(tmp_path))
    dialog.calibration.edit.setText(str(calibration))
    assert dialog.hint.text() == f"There is no file {calibration}."
    calibration.write_text("")
    dialog.calibration.edit.setText(str(calibration) + " ")
    assert dialog.ok.isEnabled()
    arguments = dialog.job.steps[0].arguments
    assert arguments[:2] == ("convert", "multiview")
    assert arguments[arguments.index("-o") + 1] == str(pairs_folder / "footage")
    assert "--truth" not in arguments
    assert "--json-progress" in arguments
    dialog.kind.setCurrentIndex(1)
    assert not dialog.ok.isEnabled()
    dialog.annotations.edit.setText(str(tmp_path))
    arguments = dialog.job.steps[0].arguments
    assert arguments[1] == "aist"
    assert arguments[arguments.index("--split") + 1] == "all"
    assert "--json-progress" in arguments


@pytest.mark.parametrize("kind", [0, 1])
def test_convert_knows_every_option_that_it_is_given(qtbot, kind):
    cli = typer.Typer()
    convert.register(cli)
    cli.callback()(lambda: None)
    dialog = ConvertDialog()
    qtbot.addWidget(dialog)
    dialog.kind.setCurrentIndex(kind)
    dialog.truth.edit.setText("x.c3d")
    arguments = dialog.job.steps[0].arguments
    group = typer.main.get_command(cli).commands["convert"]
    known = {option for parameter in group.commands[arguments[1]].params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("-")} <= known
