"""One run in two processes is the run of one process with the same frames per step."""

import dataclasses
import os
import subprocess
import sys

import pytest

from core.errors import SettingsError
from core.system.files.program import ROOT
from models.network.refiner_network import NetworkConfig
from models.training.augmentation import AugmentConfig
from models.training.checkpoint import load_checkpoint
from models.training.config import TrainConfig
from models.training.distributed import Processes, is_main_process
from models.training.trainer import BEST, LAST, train

pytestmark = pytest.mark.train

SMALL = NetworkConfig(width=16, n_layers=1, n_view_hidden=16, n_view_embedding=4, dropout=0.0)
# chance differs between the processes, so nothing is left to it, whatever there is to augment
UNALTERED = AugmentConfig(
    **{
        field.name: (0.0,) * len(field.default) if isinstance(field.default, tuple) else 0.0
        for field in dataclasses.fields(AugmentConfig)
        if field.name != "error_scale"
    },
    error_scale=(1.0, 1.0),
)


@pytest.fixture
def no_gpu(monkeypatch):
    """Hide GPUs: two processes want two devices."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def run_train(*arguments, **environment):
    names = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "main.py", "train", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**clean, **environment}, timeout=300,
    )  # fmt: skip


def test_two_processes_learn_as_one_with_the_same_global_batch(pair_folder, tmp_path, no_gpu):
    config = TrainConfig(pairs=(str(pair_folder),), epochs=3, batch_size=64, lr=3e-3, network=SMALL, augment=UNALTERED)
    one = train(config, tmp_path / "one")
    two = tmp_path / "two"
    done = run_train("-o", two, "--config", tmp_path / "one", "--batch-size", 32, "--devices", 2)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("validation depth error") == 1, "only one process may report"
    assert [line.split("  ")[0] for line in done.stderr.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    history = load_checkpoint(two / LAST)["refiner"]["history"]
    assert len(history) == 3
    for found, expected in zip(history, one.history, strict=True):
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-3, abs=1e-5), name
    assert one.history[-1]["train_total"] < 0.99 * one.history[0]["train_total"]
    assert (two / BEST).is_file()
    assert TrainConfig.load(two).batch_size == 32


def test_devices_that_are_not_there_are_one_sentence(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert Processes().trainer_options()["devices"] == 2
    assert Processes().trainer_options()["strategy"] == "ddp"
    assert Processes(1).trainer_options()["strategy"] == "auto"
    assert Processes(1, nodes=2).trainer_options()["strategy"] == "ddp"
    with pytest.raises(SettingsError, match="there are 2 GPUs"):
        Processes(3).trainer_options()
    with pytest.raises(SettingsError, match="1 or more"):
        Processes(0).trainer_options()


@pytest.mark.parametrize(
    ("environment", "is_main"),
    [
        ({}, True),
        ({"LOCAL_RANK": "1", "NODE_RANK": "0"}, False),  # started by Lightning
        ({"LOCAL_RANK": "0", "NODE_RANK": "0"}, True),
        ({"NODE_RANK": "1"}, False),  # the first process of the second machine
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),  # torchrun
        ({"RANK": "2", "LOCAL_RANK": "0"}, False),
        ({"SLURM_PROCID": "3"}, False),
    ],
)
def test_one_process_of_all_is_the_main_one(monkeypatch, environment, is_main):
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_main_process() == is_main
