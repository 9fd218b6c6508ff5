import tomllib
from pathlib import Path

import numpy as np
import pytest

import app.child_process
from app.dialogs.train import TrainDialog
from app.training import TrainingProgress

SCRIPT = """
import json, sys, time, pathlib
command, arguments = sys.argv[1], sys.argv[2:]
option = lambda name: pathlib.Path(arguments[arguments.index(name) + 1])
out = option("-o")
if command == "train":
    config = (option("--config") / "config.toml").read_text()
    if "missing" in config:
        print("There are no pairs in missing; name another folder.", file=sys.stderr)
        sys.exit(2)
    (out / "config.toml").write_text(config)
    for epoch in range(1, 4):
        print(json.dumps({"event": "progress", "epoch": epoch, "n_epochs": 3, "step": 10 * epoch, "n_steps": 30,
            "losses": {"total": 1 / epoch}, "val_depth_mm": 90.0 - epoch if epoch > 1 else None,
            "val_raw_depth_mm": 100.0 if epoch > 1 else None, "eta_s": 60.0 - 20 * epoch}), flush=True)
        (out / "best.ckpt").write_text("weights")
    if "slow" in config:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            sys.exit(130)
else:
    assert option("--checkpoint").is_file()
    out.write_text("onnx")
"""


@pytest.fixture
def dialog(qtbot, monkeypatch, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)
    dialog = TrainDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def run(qtbot, dialog, pairs):
    dialog.pairs.setText(pairs)
    dialog.epochs.setValue(3)
    dialog.start_button.click()
    assert dialog.is_running
    assert not dialog.start_button.isEnabled()


def test_a_run_reports_live_and_ends_with_a_model(qtbot, dialog):
    run(qtbot, dialog, "/pairs")
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    x, loss = dialog.loss_curve.getData()
    assert np.allclose(x, [1, 2, 3])
    assert np.allclose(loss, [1, 1 / 2, 1 / 3])
    assert np.allclose(dialog.val_curve.getData()[1], [88.0, 87.0])
    assert np.allclose(dialog.raw_curve.getData()[1], 100.0)
    with qtbot.waitSignal(dialog.model_chosen) as chosen:
        dialog.use_button.click()
    model = chosen.args[0]
    assert model.read_text() == "onnx"
    assert str(model) in dialog.message.text()
    config = tomllib.loads((model.parent / "config.toml").read_text())
    assert config == {"pairs": ["/pairs"], "epochs": 3, "batch_size": 64, "fp16": False}


def test_stopping_keeps_the_best_model(qtbot, dialog):
    run(qtbot, dialog, "/slow")
    qtbot.waitUntil(lambda: dialog.bar.value() == 30, timeout=10_000)
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=15_000)
    assert dialog.message.text().startswith("The training was stopped.")
    assert dialog.use_button.isEnabled()


def test_a_run_that_fails_says_why_and_offers_no_model(qtbot, dialog):
    run(qtbot, dialog, "/missing")
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=10_000)
    assert dialog.message.text() == "There are no pairs in missing; name another folder."
    assert not dialog.use_button.isEnabled()
    assert dialog.start_button.isEnabled()


def test_hiding_keeps_the_run_and_shutting_ends_it(qtbot, dialog):
    run(qtbot, dialog, "/slow")
    qtbot.waitUntil(lambda: dialog.bar.value() == 30, timeout=10_000)
    process = dialog._run._process
    dialog.close()
    assert process.is_running
    dialog.shut()
    assert not process.is_running


def test_using_a_model_makes_the_session_refine_with_it(qtbot, window, lab):
    window.show_training()
    window._training.model_chosen.emit(Path("/models/new.onnx"))
    assert window.session.settings.refiner == "/models/new.onnx"
    assert "new.onnx" in window.banner.text


def test_null_figures_are_unknown_not_zero():
    progress = TrainingProgress.from_message({"epoch": 0, "losses": {}, "val_depth_mm": None})
    assert np.isnan([progress.loss, progress.val_depth_mm, progress.eta_s]).all()
