import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.errors import DataError, OutputError, SettingsError
from core.sequence.pairs import save_pairs, write_index
from core.system.files.program import ROOT
from core.system.progress import TrainingProgress
from models.data.pose_pool import save_pose_pool
from models.network.refiner_network import NetworkConfig
from models.training.augmentation import AugmentConfig
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig
from models.training.dataset import PairDataset
from models.training.trainer import BEST, LAST, LOG, train

pytestmark = pytest.mark.train

SMALL = NetworkConfig(width=16, n_layers=1, n_view_hidden=16, n_view_embedding=4)


def config_for(pairs: Path, **changes: object) -> TrainConfig:
    values = {"epochs": 4, "batch_size": 32, "lr": 3e-3, "network": SMALL, **changes}
    return TrainConfig(pairs=(str(pairs),), **values)


def test_learns_a_known_corruption(pair_folder, tmp_path, capfd):
    unaltered = AugmentConfig(error_scale=(1.0, 1.0), roll_deg=0.0, noise_depth_m=0.0, drop_depth=0.0, copy_2d=0.0)
    result = train(config_for(pair_folder, epochs=40, lr=1e-2, augment=unaltered), tmp_path / "run")
    last = result.history[-1]
    assert last["val_raw_depth_mm"] > 50
    assert last["val_depth_mm"] < 0.5 * last["val_raw_depth_mm"]
    assert last["train_depth"] < 0.5 * result.history[0]["train_depth"]
    assert capfd.readouterr() == ("", ""), "training must not chat"


def test_the_uncertainty_is_right_on_validation_frames(pair_folder, tmp_path):
    result = train(config_for(pair_folder, epochs=2), tmp_path / "run")
    network = network_of(load_checkpoint(result.last), result.last)
    frames = PairDataset.load([pair_folder], "val", network.config.ages_s)
    batch = frames[range(len(frames))]
    with torch.inference_mode():
        refined, _, sigma = network(batch.pose, batch.visibility, batch.pose_2d)
    error = (refined - batch.truth[:, 0])[:, 5:, 2].abs()
    assert (error <= sigma[:, 5:]).float().mean() == pytest.approx(1 - math.exp(-math.sqrt(2)), abs=0.01)


def test_a_resumed_run_equals_an_unbroken_one(pair_folder, tmp_path):
    def stop_after_two(progress: TrainingProgress) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    config = config_for(pair_folder)
    whole = train(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "cut", on_progress=stop_after_two)
    # the report of the second epoch comes before its checkpoint: the run goes back to the end of the first
    assert len(load_checkpoint(tmp_path / "cut" / LAST)["refiner"]["history"]) == 1
    resumed = train(TrainConfig.load(tmp_path / "cut"), tmp_path / "cut", resume=True)

    expected, found = load_checkpoint(whole.last)["state_dict"], load_checkpoint(resumed.last)["state_dict"]
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name
    assert resumed.history == whole.history
    assert (tmp_path / "cut" / LOG).read_text() == (tmp_path / "whole" / LOG).read_text()


def test_a_run_of_another_network_is_not_resumed(pair_folder, tmp_path):
    train(config_for(pair_folder, epochs=1), tmp_path / "run")
    other = config_for(pair_folder, network=dataclasses.replace(SMALL, backbone="transformer", n_heads=2))
    with pytest.raises(DataError, match="another shape"):
        train(other, tmp_path / "run", resume=True)


def test_a_full_disk_is_one_sentence(pair_folder, tmp_path):
    def fail(_: TrainingProgress) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        train(config_for(pair_folder), tmp_path / "run", on_progress=fail)


def test_filmed_poses_join_the_pairs(pair_folder, tmp_path, standing_ray):
    pool = (standing_ray * [1.0, -1.0, -1.0])[None].repeat(8, axis=0).astype("float32")
    save_pose_pool(tmp_path / "pool.npz", pool, {})
    plain = train(config_for(pair_folder, epochs=1), tmp_path / "plain")
    config = config_for(pair_folder, epochs=1, poses=str(tmp_path / "pool.npz"), film_share=0.75)
    projected = train(config, tmp_path / "projected")
    assert projected.history[0]["val_raw_depth_mm"] == plain.history[0]["val_raw_depth_mm"]
    assert projected.history != plain.history


def test_other_seed_gives_other_weights(pair_folder, tmp_path):
    a = train(config_for(pair_folder, epochs=1), tmp_path / "a")
    b = train(config_for(pair_folder, epochs=1, seed=1), tmp_path / "b")
    assert a.history != b.history


def test_best_checkpoint_is_the_best_epoch_and_last_the_last(pair_folder, pairs_of, tmp_path):
    perfect = pairs_of(64, 3)
    save_pairs(pair_folder / "c.npz", dataclasses.replace(perfect, corrupted=perfect.ground_truth))
    result = train(config_for(pair_folder, epochs=6, lr=0.05), tmp_path / "run")
    depths = [row["val_depth_mm"] for row in result.history]
    kept = load_checkpoint(tmp_path / "run" / BEST)["refiner"]["history"]
    assert depths[-1] > min(depths), "what is learned must not help here"
    assert len(kept) == 1 + depths.index(min(depths))
    assert len(load_checkpoint(tmp_path / "run" / LAST)["refiner"]["history"]) == 6


def test_progress_is_reported_every_epoch(pair_folder, tmp_path):
    seen: list[TrainingProgress] = []
    train(config_for(pair_folder, epochs=3), tmp_path / "run", on_progress=seen.append)
    ends = [p for p in seen if p.step % 6 == 0 and p.step]
    assert [p.epoch for p in ends] == [1, 2, 3]
    assert ends[-1].step == ends[-1].n_steps == 18
    assert ends[-1].eta_s == 0
    assert all(math.isfinite(p.val_depth_mm) and p.eta_s >= 0 for p in ends)
    assert ends[-1].losses.keys() == {"depth", "sideways", "bone_length", "symmetry", "camera", "sigma", "total"}


def test_mixed_precision_trains(pair_folder, tmp_path):
    result = train(config_for(pair_folder, epochs=2, fp16=True), tmp_path / "run")
    assert math.isfinite(result.history[-1]["val_depth_mm"])


def test_starts_from_another_run(pair_folder, tmp_path):
    first = train(config_for(pair_folder, epochs=1), tmp_path / "first")
    config = config_for(pair_folder, epochs=1, lr=1e-9, weight_decay=0.0, start_from=str(first.best))
    second = train(config, tmp_path / "second")
    a, b = (network_of(load_checkpoint(r.best), r.best) for r in (first, second))
    assert torch.allclose(a.backbone.leave[-1].weight, b.backbone.leave[-1].weight, atol=1e-6)


def test_a_share_of_the_first_weights_is_kept(pair_folder, tmp_path):
    first = train(config_for(pair_folder, epochs=2), tmp_path / "first")
    config = config_for(pair_folder, epochs=2, start_from=str(first.last))
    free = train(config, tmp_path / "free")
    kept = train(dataclasses.replace(config, keep=0.25), tmp_path / "kept")
    start, end, between = (load_checkpoint(r.last)["state_dict"] for r in (first, free, kept))
    for name in dict(network_of(load_checkpoint(first.last), first.last).named_parameters(prefix="network")):
        torch.testing.assert_close(between[name], 0.25 * start[name] + 0.75 * end[name])
    assert not torch.equal(between["network.sigma_scale"], end["network.sigma_scale"]), "validated as they are"
    assert kept.history[0] == free.history[0]
    assert kept.history[-1]["val_depth_mm"] != free.history[-1]["val_depth_mm"]

    def stop_at_the_end(progress: TrainingProgress) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    cut = dataclasses.replace(config, keep=0.25)
    with pytest.raises(KeyboardInterrupt):
        train(cut, tmp_path / "cut", on_progress=stop_at_the_end)
    resumed = train(cut, tmp_path / "cut", resume=True)
    for name, value in load_checkpoint(resumed.last)["state_dict"].items():
        assert torch.equal(value, between[name]), name


def test_missing_truth_does_no_harm(tmp_path, pairs_of):
    pairs = pairs_of(64)
    truth = pairs.ground_truth.copy()
    truth[:, 9] = float("nan")
    for name in ("a.npz", "b.npz"):
        save_pairs(tmp_path / "pairs" / name, dataclasses.replace(pairs, ground_truth=truth))
    write_index(tmp_path / "pairs", {"a.npz": "train", "b.npz": "val"}, {})
    result = train(config_for(tmp_path / "pairs", epochs=2), tmp_path / "run")
    assert all(math.isfinite(value) for value in result.history[-1].values())


def test_refuses_to_overwrite_or_to_resume_nothing(pair_folder, tmp_path):
    with pytest.raises(SettingsError, match="no run to resume"):
        train(config_for(pair_folder), tmp_path / "run", resume=True)
    config_for(pair_folder).save(tmp_path / "run")
    with pytest.raises(SettingsError, match="holds a training run already"):
        train(config_for(pair_folder), tmp_path / "run")


def test_damaged_checkpoint_is_one_sentence(pair_folder, tmp_path):
    config_for(pair_folder).save(tmp_path / "run")
    for content in (b"", b"nonsense", b"PK\x03\x04 cut short"):
        (tmp_path / "run" / LAST).write_bytes(content)
        with pytest.raises(DataError, match="not a checkpoint of the refiner"):
            train(config_for(pair_folder), tmp_path / "run", resume=True)


def test_config_round_trip(tmp_path):
    config = TrainConfig(pairs=("a", "b"), epochs=7, augment=AugmentConfig(error_scale=(0.25, 1.5)), network=SMALL)
    config.save(tmp_path)
    assert TrainConfig.load(tmp_path) == config


@pytest.mark.parametrize("text", ["epochs = 3", "pairs = ['a']\nepoch = 3", "pairs = ['a']\nloss = 3", "=", ""])
def test_bad_config_is_a_settings_error(tmp_path, text):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(SettingsError):
        TrainConfig.load(tmp_path)


@pytest.mark.parametrize(
    "bad",
    [{"epochs": 0}, {"batch_size": 0}, {"lr": -1.0}, {"lr": math.nan}, {"keep": 0.5}, {"keep": 1.0, "start_from": "a"}],
)
def test_senseless_config(bad):
    with pytest.raises(SettingsError):
        TrainConfig(pairs=("a",), **bad)


def test_mediapipe_survives_a_training_run_in_the_same_process(pair_folder, tmp_path):
    """Lightning resets signals; MediaPipe's profiling timer then ended the process (exit 155)."""
    script = (
        "import sys, pathlib, signal, numpy as np\n"
        "from core.detection.detector import PoseDetector\n"
        "from core.detection.bundle import load_pose_model\n"
        "from core.pose.types import Frame\n"
        "from models.training.config import TrainConfig\n"
        "from models.training.trainer import train\n"
        "detector = PoseDetector(load_pose_model('full'))\n"
        "image = np.zeros((240, 320, 3), np.uint8)\n"
        "detector.detect(Frame(image, 0, 0.0))\n"
        "train(TrainConfig(pairs=(sys.argv[1],), epochs=1), pathlib.Path(sys.argv[2]))\n"
        "for i in range(1, 200):\n"
        "    detector.detect(Frame(image, i, i / 30))\n"
        "detector.close()\n"
    )
    command = [sys.executable, "-c", script, str(pair_folder), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
