import dataclasses
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import app.child_process
from app.jobs.job import JobState
from app.jobs.queue import JobQueue
from app.refiners.runs import Run, list_runs
from app.training import train_dialog
from app.training.device import Device
from app.training.job import ComparisonSet
from app.training.train_dialog import TrainDialog
from core.system.progress import TrainingProgress

SCRIPT = """
import json, sys, time, pathlib
command, arguments = sys.argv[1], sys.argv[2:]
option = lambda name: pathlib.Path(arguments[arguments.index(name) + 1])
if command == "train":
    out = option("-o")
    is_resumed = "--resume" in arguments
    config = ((out if is_resumed else option("--config")) / "config.toml").read_text()
    if "seed = 13" in config:
        print("There are no pairs there; name another folder.", file=sys.stderr)
        sys.exit(2)
    (out / "config.toml").write_text(config)
    head = "epoch,train_total,val_depth_mm,val_raw_depth_mm"
    rows = (out / "log.csv").read_text().splitlines() if is_resumed else [head]
    for epoch in range(len(rows), 4):
        print(json.dumps({"event": "progress", "epoch": epoch, "n_epochs": 3, "step": 10 * epoch, "n_steps": 30,
            "done": 10 * epoch, "total": 30, "unit": "steps",
            "losses": {"total": 1 / epoch}, "val_depth_mm": 90.0 - epoch, "val_raw_depth_mm": 100.0,
            "eta_s": 60.0 - 20 * epoch}), flush=True)
        rows.append(f"{epoch},{1 / epoch},{90 - epoch},100")
        (out / "log.csv").write_text("\\n".join(rows) + "\\n")
        for name in ("best.ckpt", "last.ckpt"):
            (out / name).write_text("weights")
        if "seed = 7" in config and not is_resumed and epoch == 2:
            try:
                time.sleep(60)
            except KeyboardInterrupt:
                sys.exit(130)
elif command == "export":
    assert option("--checkpoint").is_file()
    option("-o").write_text("onnx")
elif command == "evaluate":
    assert arguments[arguments.index("--split") + 1] == "test"
    is_new = option("--model").parent.parent.name == "runs"
    groups = {"raw": 100.0, "refined": 70.0 if is_new else 80.0, "viewpoint_raw": 9.0, "viewpoint": 6.0}
    key = lambda name: "azimuth_median_deg" if name.startswith("viewpoint") else "depth_mm"
    table = {name: {key(name): value} for name, value in groups.items()}
    option("--json").write_text(json.dumps({"n_frames": 500, **table}))
elif command == "inspect":
    print("Problem: sequence a is in train and test" if "bad" in arguments[0] else "No problems found.")
    sys.exit(int("bad" in arguments[0]))
"""


def write_data_set(folder, *, splits=("train", "val", "test"), n=5):
    folder.mkdir(parents=True)
    for split in splits:
        np.savez(folder / f"{split}.npz", corrupted=np.zeros((n, 17, 3)))
    files = {f"{split}.npz": split for split in splits}
    (folder / "index.json").write_text(json.dumps({"about": {}, "files": files}))
    return folder


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.setattr("app.training.data_sets.cache_folder", lambda: tmp_path / "cache")
    return write_data_set(tmp_path / "cache" / "pairs" / "dance")


@pytest.fixture
def queue(qtbot):
    queue = JobQueue()
    yield queue
    queue.close()


@pytest.fixture
def make_dialog(qtbot, monkeypatch, tmp_path, queue, pairs):
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)
    monkeypatch.setattr(train_dialog, "find_device", lambda: Device("the CPU", can_train=True))
    made = []

    def make(current_model=Path("/models/old.onnx")):
        dialog = TrainDialog(queue, current_model)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: bool(dialog.setup.table.chosen) and dialog.setup._device is not None)
        made.append(dialog)
        return dialog

    yield make
    for dialog in made:
        dialog.shut()


@pytest.fixture
def dialog(make_dialog):
    return make_dialog()


def begin(dialog, *, seed=0):
    dialog.setup.name.setText("my dance")
    dialog.setup.epochs.setValue(3)
    dialog.setup.seed.setValue(seed)
    dialog.start_button.click()
    assert dialog.is_running
    return dialog.job


def until_slow(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog.progress.bar.value() == 20, timeout=10_000)


def test_a_run_reports_live_is_measured_and_ends_with_a_choice(qtbot, dialog, pairs):
    job = begin(dialog)
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert job.state == JobState.DONE, job.words
    x, loss = dialog.progress.loss_curve.getData()
    assert np.allclose(x, [1, 2, 3])
    assert np.allclose(loss, [1, 0.95, 0.95 - 0.1 * (0.95 - 1 / 3)])
    assert np.allclose(dialog.progress.step_curve.getData()[1], [1, 1 / 2, 1 / 3])
    assert np.allclose(dialog.progress.val_curve.getData()[1], [89.0, 88.0, 87.0])
    assert np.allclose(dialog.progress.raw_curve.getData()[1], 100.0)
    assert "−13 %" in dialog.progress.val_panel.value
    assert dialog.card.isVisible()
    assert dialog.card.verdict.text().startswith("Its depth error is 12% smaller than that of the model in use")
    with qtbot.waitSignal(dialog.model_chosen) as chosen:
        dialog.card.use_button.click()
    assert chosen.args[0].read_text() == "onnx"
    assert dialog.current_model == chosen.args[0]
    assert any("export" in line and "--name 'my dance'" in line for line in job.log)
    config = tomllib.loads((job.run_folder / "config.toml").read_text())
    assert config["pairs"] == [str(pairs)]
    assert (config["epochs"], config["batch_size"], config["fp16"]) == (3, 64, False)


def test_keeping_the_old_model_changes_nothing_and_leaves_the_new_one_there(qtbot, dialog):
    job = begin(dialog)
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    with qtbot.assertNotEmitted(dialog.model_chosen):
        dialog.card.keep_button.click()
    assert dialog.current_model == Path("/models/old.onnx")
    assert job.model.is_file()
    assert dialog.start_button.isVisible()


def test_training_starts_from_the_model_in_use_unless_told_otherwise(qtbot, make_dialog, tmp_path):
    model = tmp_path / "mine.onnx"
    model.write_text("onnx")
    dialog = make_dialog(model)
    assert dialog.setup.start_from.currentText() == "Model in use: mine"
    job = begin(dialog)
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert tomllib.loads((job.run_folder / "config.toml").read_text())["start_from"] == str(model)
    dialog.show_setup()
    dialog.setup.start_from.setCurrentText("Random weights")
    dialog.setup.refresh()  # as when a data set has come
    assert dialog.setup.choice.start_from == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_stopping_keeps_the_best_model(qtbot, dialog):
    job = begin(dialog, seed=7)
    until_slow(qtbot, dialog)
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert dialog.progress.message.text() == "The training was stopped."
    assert job.model is not None
    assert dialog.card.isVisible()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_paused_run_goes_on_where_it_was(qtbot, dialog):
    job = begin(dialog, seed=7)
    until_slow(qtbot, dialog)
    dialog.pause_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert job.model is None
    assert dialog.setup.unfinished.isVisible()
    assert "after epoch 2 of 3" in dialog.setup.unfinished.label.text()
    assert "88.0 mm" in dialog.setup.unfinished.label.text()
    dialog.setup.unfinished.resume_button.click()
    assert np.allclose(dialog.progress.val_curve.getData()[1], [89.0, 88.0])  # what was reached before
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert np.allclose(dialog.progress.val_curve.getData()[1], [89.0, 88.0, 87.0])
    assert dialog.job.run_folder == job.run_folder
    assert dialog.card.isVisible()


def test_a_run_that_died_with_its_window_is_offered_again(qtbot, dialog, make_dialog, queue):
    job = begin(dialog, seed=7)
    until_slow(qtbot, dialog)
    job.running.kill()
    qtbot.waitUntil(lambda: job.is_over, timeout=10_000)
    assert job.state == JobState.FAILED
    assert "broke off" in dialog.progress.message.text()
    again = make_dialog()
    assert again.setup.unfinished.isVisible()
    assert list_runs()[0].can_resume
    again.close()
    dialog.continue_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=20_000)
    assert dialog.job.run_folder == job.run_folder
    assert dialog.card.isVisible()
    assert not dialog.continue_button.isVisible()


def test_closing_the_window_ends_the_run_so_that_it_can_go_on(qtbot, dialog, queue):
    job = begin(dialog, seed=7)
    until_slow(qtbot, dialog)
    process = job.running
    dialog.close()
    assert process.is_running
    queue.close()
    assert not process.is_running
    assert Run.load(job.run_folder).can_resume
    assert Run.load(job.run_folder).lock() is not None


def test_two_windows_do_not_train_in_one_folder(qtbot, dialog):
    job = begin(dialog, seed=7)
    until_slow(qtbot, dialog)
    assert Run.load(job.run_folder).lock() is None


def test_a_run_that_fails_says_why_and_offers_no_model(qtbot, dialog):
    begin(dialog, seed=13)
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=10_000)
    assert dialog.progress.message.text() == "There are no pairs there; name another folder."
    assert not dialog.card.isVisible()
    dialog.again_button.click()
    assert dialog.start_button.isEnabled()


def test_without_the_training_packages_it_says_how_to_get_them(dialog):
    dialog.setup.show_device(Device("The training packages are not installed: pip install", can_train=False))
    assert not dialog.start_button.isEnabled()
    assert "pip install" in dialog.setup.summary.text()


def test_a_data_set_that_cannot_be_ticked_says_why(qtbot, dialog, tmp_path):
    folder = tmp_path / "cache" / "pairs" / "dance"
    index = json.loads((folder / "index.json").read_text())
    index["files"] = dict.fromkeys(index["files"], "train")
    (folder / "index.json").write_text(json.dumps(index))
    dialog.setup.refresh()
    qtbot.waitUntil(lambda: dialog.setup.summary.text().startswith("dance cannot be ticked: No val split"))
    assert not dialog.start_button.isEnabled()


def test_a_check_shows_what_it_found(qtbot, dialog, tmp_path):
    write_data_set(tmp_path / "cache" / "pairs" / "bad")
    dialog.setup.refresh()
    qtbot.waitUntil(lambda: len(dialog.setup.table._data) == 2)
    for name in ("dance", "bad"):
        job = dialog.check(tmp_path / "cache" / "pairs" / name)
        qtbot.waitUntil(lambda job=job: job.is_over, timeout=10_000)
    shown = {row.text(0): (row.text(4), row.toolTip(4)) for row in dialog.setup.table.rows}
    assert shown["dance"][0] == "no problems"
    assert shown["bad"] == ("1 problem", "sequence a is in train and test")


def test_presets_fill_the_numbers_in(dialog):
    quick, full = dialog.setup.presets.buttons()
    quick.click()
    assert dialog.setup.choice.epochs == 5
    full.click()
    assert (dialog.setup.choice.epochs, dialog.setup.choice.batch_size) == (50, 64)


def test_several_data_sets_and_a_pose_pool_are_what_the_run_is_told(qtbot, dialog, tmp_path):
    write_data_set(tmp_path / "cache" / "pairs" / "other")
    dialog.setup.refresh(tmp_path / "cache" / "pairs" / "other")
    qtbot.waitUntil(lambda: len(dialog.setup.table._data) == 2)
    assert len(dialog.setup.choice.pairs) == 2
    assert dialog.setup.choice.poses == ""
    assert not dialog.setup.film_share.isEnabled()
    pool = tmp_path / "poses.npz"
    dialog.setup.poses.edit.setText(str(pool))
    assert dialog.setup.summary.text() == f"There is no file {pool}."
    assert not dialog.start_button.isEnabled()
    pool.write_bytes(b"")
    dialog.setup.poses.edit.setText(f"{pool} ")
    dialog.setup.film_share.setValue(35)
    assert dialog.start_button.isEnabled()
    from models.training.config import TrainConfig

    choice = dialog.setup.choice
    known = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(dataclasses.asdict(choice)) <= known  # what the run's config.toml may hold
    assert (choice.poses, choice.film_share) == (str(pool), 0.35)


def test_using_a_model_is_remembered(qtbot, window, lab, tiny_refiner_path):
    from core.settings import load_settings, user_settings_path

    window.desk.use_model(tiny_refiner_path)
    assert window.session.settings.refiner == str(tiny_refiner_path)
    assert "tiny" in window.banner.text
    assert load_settings(user_settings_path()).refiner == str(tiny_refiner_path)


def test_null_figures_are_unknown_not_zero():
    progress = TrainingProgress.from_message({"event": "progress", "n_epochs": 3, "losses": {}, "val_depth_mm": None})
    assert np.isnan([progress.loss, progress.val_depth_mm, progress.eta_s]).all()


def test_pairs_without_a_split_are_said_to_favour_the_new_model():
    assert ComparisonSet(Path("/data/dance"), "test").text == "dance (test)"
    assert "favours" in ComparisonSet(Path("/data/clip.npz")).text  # they were trained on too
