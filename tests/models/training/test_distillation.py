import dataclasses
import math
from pathlib import Path

import pytest
import torch

from core.errors import DataError
from core.system.progress import TrainingProgress
from models import export as export_module
from models.network.flip_ensemble import Rolled
from models.network.refiner_network import NetworkConfig, PoseAwareDepthRefiner, present
from models.training.augmentation import AugmentConfig, mirror
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig
from models.training.dataset import Batch, PairDataset
from models.training.distillation import load_teachers, make_distillation_set, teachers_ages
from models.training.trainer import LAST, train

pytestmark = pytest.mark.train
SMALL = NetworkConfig(width=32, n_layers=1, n_view_hidden=16, n_view_embedding=4)
UNALTERED = AugmentConfig(
    mirror=0, roll_deg=0, size=0, error_scale=(1, 1), noise_2d=0, noise_depth_m=0, hide_joint=0, copy_2d=0,
    drop_depth=0, drop_past=0, swap_sides=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def kept() -> list[bytes]:
    """Hold what was trained once."""
    return []


@pytest.fixture
def taught(pair_folder, tmp_path, kept) -> Path:
    """Return the checkpoint of a network that has learned the corruption, which is the same in every `pair_folder`."""
    path = tmp_path / "teacher" / LAST
    if not kept:
        config = TrainConfig(
            pairs=(str(pair_folder),), epochs=15, batch_size=32, lr=1e-2, network=SMALL, augment=UNALTERED
        )
        kept.append(train(config, tmp_path / "first").last.read_bytes())
    path.parent.mkdir()
    path.write_bytes(kept[0])
    return path


def config_of(pair_folder: Path, teacher: Path, **changes: object) -> TrainConfig:
    values = {"epochs": 20, "batch_size": 64, "lr": 1e-2, "network": SMALL, "augment": UNALTERED, "n_lessons": 1000}
    return TrainConfig(pairs=(str(pair_folder),), teachers=(str(teacher),), **{**values, **changes})


def test_a_rolled_scene_is_answered_unrolled(pair_folder):
    torch.manual_seed(0)
    network = PoseAwareDepthRefiner(SMALL).eval()
    torch.nn.init.normal_(network.backbone.leave[-1].weight, std=0.3)
    batch = PairDataset.load([pair_folder], "val", SMALL.ages_s)[range(8)]
    inputs = batch.pose, batch.visibility, batch.pose_2d
    with torch.inference_mode():
        plain, still = network(*inputs), Rolled(network, 0.0)(*inputs)
        quarter = Rolled(network, math.pi / 2)(*inputs)
        turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
        by_hand = network(batch.pose @ turn.T, batch.visibility, batch.pose_2d @ turn[:2, :2].T).refined @ turn
    torch.testing.assert_close(plain.refined, still.refined)
    torch.testing.assert_close(quarter.refined, by_hand, atol=1e-5, rtol=1e-5)
    assert (plain.refined - quarter.refined).abs().max() > 0.01


def test_lessons_are_what_the_teachers_say(pair_folder, taught):
    config = config_of(pair_folder, taught)
    pairs = PairDataset.load([pair_folder], "train", SMALL.ages_s)
    seen: list[int] = []
    lessons = make_distillation_set(load_teachers([taught], SMALL.ages_s), pairs, None, config, seen.append)
    assert len(lessons) >= 1000
    assert seen[-1] == len(lessons)
    batch, refined, camera = lessons[range(100)]
    with torch.inference_mode():
        expected = load_teachers([taught], SMALL.ages_s)(batch.pose, batch.visibility, batch.pose_2d)
    torch.testing.assert_close(refined, expected.refined, atol=1e-2, rtol=0)  # its inputs are rounded
    torch.testing.assert_close(camera, expected.camera, atol=5e-2, rtol=0)
    assert (refined - present(batch.truth))[:, 5:].norm(dim=-1).nanmean() > 0.005, "teachers err, and are to be copied"
    again = make_distillation_set(load_teachers([taught], SMALL.ages_s), pairs, None, config)
    assert torch.equal(again[range(100)].refined, refined)


def test_a_student_comes_to_say_what_its_teacher_says(pair_folder, taught, tmp_path):
    wrong = tmp_path / "wrong.ckpt"
    checkpoint = torch.load(taught, weights_only=True)
    checkpoint["state_dict"]["network.backbone.leave.1.bias"][2::4] += 0.5  # all joints but the hips' middle, nearer
    checkpoint["state_dict"]["network.backbone.leave.1.bias"][2] += 1.0  # and the nose even more
    torch.save(checkpoint, wrong)
    result = train(config_of(pair_folder, wrong), tmp_path / "student")
    student = network_of(load_checkpoint(result.last), result.last)
    batch = PairDataset.load([pair_folder], "val", SMALL.ages_s)[range(60)]
    inputs = batch.pose, batch.visibility, batch.pose_2d
    with torch.inference_mode():
        said, right = load_teachers([wrong], SMALL.ages_s)(*inputs), present(batch.truth)
        learned = student(*inputs)
    of_teacher = (learned.refined - said.refined)[:, 5:, 2].abs().mean()
    of_truth = (learned.refined - right)[:, 5:, 2].abs().nanmean()
    assert of_teacher < 0.3 * (said.refined - right)[:, 0, 2].abs().nanmean()
    assert (learned.refined - said.refined)[:, 0, 2].abs().mean() < (learned.refined - right)[:, 0, 2].abs().nanmean()
    assert torch.isfinite(of_truth)
    # its uncertainty is about the truth, teachers or not
    error = (learned.refined - right)[:, 5:, 2].abs()
    assert 0.5 < (error <= learned.sigma[:, 5:]).float().mean() < 0.95


def test_a_student_is_resumed_and_exported_like_any_network(pair_folder, taught, tmp_path, monkeypatch):
    def stop_after_two(progress: TrainingProgress) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    config = config_of(pair_folder, taught, epochs=4)
    whole = train(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "cut", on_progress=stop_after_two)
    resumed = train(TrainConfig.load(tmp_path / "cut"), tmp_path / "cut", resume=True)
    expected, found = (load_checkpoint(run.last)["state_dict"] for run in (whole, resumed))
    assert all(torch.equal(value, found[name]) for name, value in expected.items())
    monkeypatch.setattr(export_module, "to_onnx", network_as_bytes)
    monkeypatch.setattr(export_module, "check_parity", lambda *_: 0.0)
    monkeypatch.setattr(export_module, "measure_latency_us", lambda *_: 0.0)
    result = export_module.export(tmp_path / "cut" / LAST, tmp_path / "student.onnx")
    student = network_of(load_checkpoint(resumed.last), resumed.last)
    assert result.path.read_bytes() == network_as_bytes(student)  # trained without mirror images: no mean with one
    assert f"--teacher teacher/{LAST} --distillation-windows 1000" in result.path.with_suffix(".toml").read_text()


def network_as_bytes(network: torch.nn.Module, *_: object) -> bytes:
    """Return what tells networks apart; test_export.py has the true graph, which takes ten seconds."""
    values = [value.double().sum().item() for value in network.state_dict().values()]
    return repr((type(network).__name__, values)).encode()


def test_mirrored_lessons_are_mirrored_as_a_whole(pair_folder):
    from models.training.distillation import DistillationBatch
    from models.training.distillation_module import _mirrored_at_random

    frames = PairDataset.load([pair_folder], "val", SMALL.ages_s)[range(20)]
    batch = frames._replace(truth=present(frames.truth))
    lesson = DistillationBatch(batch, batch.truth.clone(), batch.direction.clone())
    flipped = _mirrored_at_random(lesson, 1.0, torch.Generator())
    for found, expected in zip(flipped.batch, mirror(batch), strict=True):
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(flipped.refined, mirror(batch).truth)
    torch.testing.assert_close(flipped.camera, mirror(batch).direction)
    still = _mirrored_at_random(lesson, 0.0, torch.Generator())
    assert all(torch.equal(a, b) for a, b in zip(still.batch, Batch(*batch), strict=True))


def test_teachers_of_other_ages_are_refused(taught):
    with pytest.raises(DataError, match="cannot teach"):
        load_teachers([taught], (0.5,))


def test_what_cannot_begin_leaves_no_run(pair_folder, taught, tmp_path):
    def stop(_n: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(DataError, match="cannot be read"):
        train(config_of(pair_folder, tmp_path / "none.ckpt"), tmp_path / "run")
    config = config_of(pair_folder, taught, epochs=1)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run", on_lessons=stop)
    assert train(config, tmp_path / "run").last.is_file()


def test_the_settings_of_a_student_survive_the_disk(pair_folder, taught, tmp_path):
    config = config_of(pair_folder, taught)
    config.save(tmp_path)
    assert TrainConfig.load(tmp_path) == config
    assert dataclasses.asdict(config)["teachers"] == (str(taught),)


def test_a_pupil_of_one_frame_learns_from_teachers_that_look_back(pair_folder, taught, tmp_path):
    alone = dataclasses.replace(SMALL, ages_s=())
    assert teachers_ages([taught], ()) == teachers_ages([taught], SMALL.ages_s) == SMALL.ages_s
    result = train(config_of(pair_folder, taught, network=alone, epochs=3), tmp_path / "pupil")
    pupil = network_of(load_checkpoint(result.last), result.last)
    assert pupil.config.ages_s == ()
    assert teachers_ages([result.last], ()) == ()
    windows = PairDataset.load([pair_folder], "val", SMALL.ages_s)[range(20)]
    inputs = windows.pose, windows.visibility, windows.pose_2d
    with torch.inference_mode():
        seen = pupil(*inputs)
        torch.testing.assert_close(seen.refined, pupil(*(part[:, 0] for part in inputs)).refined)
        both = load_teachers([taught, result.last], SMALL.ages_s, handed=True)(*inputs)
        assert torch.isfinite(both.refined).all()
        said = load_teachers([taught], SMALL.ages_s)(*inputs).refined
    assert (seen.refined - said).abs().mean() < (present(windows.pose) - said).abs().mean()


def test_handed_teachers_do_not_look_into_the_mirror(pair_folder, taught):
    batch = PairDataset.load([pair_folder], "val", SMALL.ages_s)[range(20)]
    inputs = batch.pose, batch.visibility, batch.pose_2d
    with torch.inference_mode():
        plain = network_of(load_checkpoint(taught), taught)(*inputs).refined
        torch.testing.assert_close(load_teachers([taught], SMALL.ages_s, handed=True)(*inputs).refined, plain)
        assert not torch.allclose(load_teachers([taught], SMALL.ages_s)(*inputs).refined, plain)
