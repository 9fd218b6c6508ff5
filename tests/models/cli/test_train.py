import json
import math
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.errors import SettingsError
from core.refinement.card import ModelCard
from core.system.progress import TrainingProgress
from models import export as export_module
from models.cli import export as export_cli
from models.cli import train as train_cli
from models.training.config import TrainConfig

pytestmark = pytest.mark.train


@pytest.fixture
def cli() -> typer.Typer:
    app = typer.Typer()
    train_cli.register(app)
    export_cli.register(app)
    return app


def test_train_resume_and_export(cli, pair_folder, tmp_path, monkeypatch):
    run = tmp_path / "run"
    invoke = CliRunner().invoke
    arguments = ["--pairs", str(pair_folder), "-o", str(run), "--epochs", "1", "--batch-size", "96", "--json-progress"]
    first = invoke(cli, ["train", *arguments], catch_exceptions=False)
    assert first.exit_code == 0
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert lines[-1]["event"] == "done"
    assert lines[-2]["event"] == "progress"
    assert lines[-2].keys() >= {"epoch", "step", "losses", "val_depth_mm", "val_raw_depth_mm", "eta_s"}

    resumed = invoke(cli, ["train", "-o", str(run), "--resume", "--epochs", "2"], catch_exceptions=False)
    assert resumed.exit_code == 0
    assert "epoch 2/2" in resumed.stderr
    assert "mm" in resumed.stdout

    monkeypatch.setattr(export_module, "to_onnx", lambda *_: b"graph")  # test_export.py has the true one
    monkeypatch.setattr(export_module, "check_parity", lambda *_: 0.0)
    monkeypatch.setattr(export_module, "measure_latency_us", lambda *_: 0.0)
    output = tmp_path / "refiner.onnx"
    done = invoke(cli, ["export", "--checkpoint", str(run / "best.ckpt"), "-o", str(output)], catch_exceptions=False)
    assert done.exit_code == 0
    assert ModelCard.load(output.with_suffix(".toml")).name == "refiner"


def test_settings_come_from_names_then_the_base_run(tmp_path):
    TrainConfig(pairs=("a",), epochs=7, lr=0.5).save(tmp_path / "base")
    settings = train_cli.settings_of_run(tmp_path / "new", {"lr": 0.1}, tmp_path / "base", resume=False)
    assert settings == TrainConfig(pairs=("a",), epochs=7, lr=0.1)
    with pytest.raises(SettingsError, match="--pairs"):
        train_cli.settings_of_run(tmp_path / "new", {}, None, resume=False)


def test_a_resumed_run_keeps_its_settings(tmp_path: Path):
    config = TrainConfig(pairs=("a",), epochs=7)
    config.save(tmp_path)
    assert train_cli.settings_of_run(tmp_path, {}, None, resume=True) == config
    assert train_cli.settings_of_run(tmp_path, {"epochs": 9}, None, resume=True).epochs == 9
    with pytest.raises(SettingsError, match="lr"):
        train_cli.settings_of_run(tmp_path, {"lr": 0.1}, None, resume=True)


def test_unknown_figures_are_null_in_json(capsys):
    train_cli.print_json(TrainingProgress(0, 5, 1, 50, {"total": 0.5}, math.nan, math.nan, math.nan, 3.0))
    assert json.loads(capsys.readouterr().out)["val_depth_mm"] is None
