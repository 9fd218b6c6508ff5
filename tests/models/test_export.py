import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from core.errors import DataError, ModelError
from core.refinement.card import ModelCard
from core.refinement.refiner import DepthRefiner
from core.sequence.pairs import save_pairs
from models import export as export_module
from models.cli.export import pair_set
from models.export import ExportResult, export
from models.network.flip_ensemble import FlipEnsemble
from models.network.refiner_network import NetworkConfig, PoseAwareDepthRefiner
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig

pytestmark = pytest.mark.train

SMALL = NetworkConfig(width=16, n_layers=1, n_view_hidden=16, n_view_embedding=4)
FULL = NetworkConfig()


def write_checkpoint(path: Path, seed: int, licence: str = "CC0", size: NetworkConfig = SMALL) -> Path:
    """Write a checkpoint as `models.training.module` makes them, of an untrained network that corrects visibly."""
    torch.manual_seed(seed)
    network = PoseAwareDepthRefiner(size)
    torch.nn.init.normal_(network.backbone.leave[-1].weight, std=0.3)
    source = {"name": "synthetic", "licence": licence, "source": "not stated", "n_frames": 192}
    checkpoint = {
        "state_dict": {f"network.{name}": value for name, value in network.state_dict().items()},
        "refiner": {
            "config": dataclasses.asdict(TrainConfig(pairs=(str(path.parent / "pairs"),), epochs=2, network=size)),
            "provenance": {"n_files": 2, "pose_variant": "full", "running_mode": "video", "sources": (source,)},
            "n_pairs": 192,
            "history": [{"epoch": 1.0, "train_total": 0.5, "val_depth_mm": 61.25, "val_raw_depth_mm": 100.5}],
        },
    }
    torch.save(checkpoint, path)
    return path


def test_the_command_names_files_without_their_folders(tmp_path, monkeypatch):
    for name, made in (("to_onnx", b"graph"), ("check_parity", 0.0), ("measure_latency_us", 1.0)):
        monkeypatch.setattr(export_module, name, lambda *_, made=made: made)
    checkpoint = write_checkpoint(tmp_path / "best.ckpt", 0)
    content = load_checkpoint(checkpoint)
    content["refiner"]["config"] = dataclasses.asdict(
        TrainConfig(
            pairs=("/home/x/a", "/home/x/b"), fp16=True, poses="/x/pool.npz", start_from="/x/runs/t/best.ckpt",
            keep=0.5, network=SMALL,
        )
    )  # fmt: skip
    torch.save(content, checkpoint)
    card = ModelCard.load(export(checkpoint, tmp_path / "refiner.onnx").path.with_suffix(".toml"))
    assert card.table["training"]["command"] == (
        "train --pairs a --pairs b --epochs 50 --batch-size 64 --lr 0.001 --seed 0 --fp16 "
        "--poses pool.npz --projected-share 0.5 --start-from t/best.ckpt --weight-interpolation 0.5"
    )


def test_a_network_trained_without_mirror_images_answers_alone(tmp_path, monkeypatch):
    exported = []
    monkeypatch.setattr(export_module, "to_onnx", lambda network, *_: exported.append(network) or b"graph")
    for name, made in (("check_parity", 0.0), ("measure_latency_us", 1.0)):
        monkeypatch.setattr(export_module, name, lambda *_, made=made: made)
    checkpoint = write_checkpoint(tmp_path / "best.ckpt", 0)
    export(checkpoint, tmp_path / "symmetric.onnx")
    content = load_checkpoint(checkpoint)
    content["refiner"]["config"]["augment"]["mirror"] = 0.0
    torch.save(content, checkpoint)
    export(checkpoint, tmp_path / "handed.onnx")
    assert [type(network) for network in exported] == [FlipEnsemble, PoseAwareDepthRefiner]
    command = ModelCard.load(tmp_path / "handed.toml").table["training"]["command"]
    assert "--handed" in command


@contextlib.contextmanager
def saying_it_to(path: Path) -> Iterator[None]:
    """Write what Python and what libraries below it say into a file, as `capfd` does for a single test."""
    with path.open("w") as said, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        shown = os.dup(1), os.dup(2)
        try:
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
            yield
        finally:
            for stream, before in zip((1, 2), shown, strict=True):
                os.dup2(before, stream)
                os.close(before)


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[Path, ExportResult, Path]:
    """Return a checkpoint of full size, what became of it and what was said: it takes ten seconds, so it is shared."""
    folder = tmp_path_factory.mktemp("exported")
    checkpoint = write_checkpoint(folder / "best.ckpt", 0, size=FULL)
    with saying_it_to(folder / "said"):
        result = export(checkpoint, folder / "out" / "refiner.onnx", name="first")
    return checkpoint, result, folder / "said"


def test_the_exported_file_is_what_core_loads(exported, pairs_of):
    checkpoint, result, _ = exported
    assert result.parity < 1e-4
    assert result.latency_us > 0
    refiner = DepthRefiner(result.path)
    pairs = pairs_of(5, 9)
    refined = refiner.refine_batch(pairs.corrupted, pairs.visibility, pairs.pose_2d)
    network = FlipEnsemble(network_of(load_checkpoint(checkpoint), checkpoint))
    with torch.inference_mode():
        inputs = (pairs.corrupted, pairs.visibility, pairs.pose_2d)
        expected = network(*(torch.from_numpy(a.astype(np.float32)) for a in inputs))
    assert np.allclose(refined.joints_m, expected.refined.numpy(), atol=1e-4)
    assert np.allclose(refined.direction, expected.camera.numpy(), atol=1e-4)
    assert np.allclose(refined.uncertainty_m, expected.sigma.numpy(), atol=1e-4)
    assert not np.allclose(refined.joints_m, pairs.corrupted, atol=0.01)
    alone = refiner.refine(pairs.corrupted[0], pairs.visibility[0], pairs.pose_2d[0])
    assert np.allclose(alone.joints_m, refined.joints_m[0], atol=1e-4)


def test_card_and_metadata(exported):
    checkpoint, result, _ = exported
    card = ModelCard.load(result.path.with_suffix(".toml"))
    assert (card.name, card.pose_variant, card.running_mode) == ("first", "full", "video")
    assert card.sha256 == hashlib.sha256(result.path.read_bytes()).hexdigest()
    assert card.table["model"]["parameters"] == result.n_parameters
    assert card.table["training"]["n_pairs"] == 192
    assert card.table["training"]["data"][0]["licence"] == "CC0"
    assert card.table["training"]["command"].startswith("train --pairs pairs --epochs 2 --batch-size 64")
    assert card.table["metrics"]["validation"] == {"depth_mm": 61.25, "raw_depth_mm": 100.5}
    model = onnx.load(result.path)
    assert {p.key: p.value for p in model.metadata_props} == {
        "ndr_contract": "2", "ages_s": "0.07 0.2 0.5 1.0", "pose_variant": "full", "running_mode": "video",
    }  # fmt: skip
    assert model.opset_import[0].version == 20
    content = result.path.read_bytes() + result.path.with_suffix(".toml").read_bytes()
    for place in (checkpoint.parent, Path.cwd()):
        assert str(place).encode() not in content, "paths of this machine must not travel"


def test_the_card_keeps_what_was_measured(exported, pairs_of, tmp_path, monkeypatch):
    checkpoint, first, _ = exported
    monkeypatch.setattr(export_module, "to_onnx", lambda *_: first.path.read_bytes())
    save_pairs(tmp_path / "people.npz", pairs_of(20))
    output = tmp_path / "refiner.onnx"
    export(checkpoint, output, unstated_licence="MIT", measure_on=dict([pair_set(str(tmp_path / "people.npz"))]))
    table = ModelCard.load(output.with_suffix(".toml")).table
    assert table["metrics"]["people"]["n_frames"] == 20
    assert table["metrics"]["people"]["raw"]["depth_mm"] > 50
    assert table["metrics"]["people"]["refined"]["depth_mm"] != table["metrics"]["people"]["raw"]["depth_mm"]
    assert "azimuth_median_deg" in table["metrics"]["people"]["viewpoint"]
    assert table["training"]["data"][0]["licence"] == "CC0", "a stated licence stays"
    checkpoint = write_checkpoint(tmp_path / "best.ckpt", 0, licence="not stated", size=FULL)
    export(checkpoint, output, unstated_licence="MIT")
    assert ModelCard.load(output.with_suffix(".toml")).table["training"]["data"][0]["licence"] == "MIT"


def test_the_card_names_the_data_of_the_refiner_that_it_went_on_from(exported, tmp_path, monkeypatch):
    _, first, _ = exported
    monkeypatch.setattr(export_module, "to_onnx", lambda *_: first.path.read_bytes())
    checkpoint = write_checkpoint(tmp_path / "best.ckpt", 0, licence="MIT", size=FULL)
    content = load_checkpoint(checkpoint)
    content["refiner"]["config"]["start_from"] = str(first.path)
    torch.save(content, checkpoint)
    export(checkpoint, tmp_path / "next.onnx")
    training = ModelCard.load(tmp_path / "next.toml").table["training"]
    assert training["data"][0]["licence"] == "MIT"
    assert training["started_from"]["name"] == "first"
    assert training["started_from"]["data"][0]["licence"] == "CC0"
    content["refiner"]["config"]["start_from"] = str(tmp_path / "next.onnx")
    torch.save(content, checkpoint)
    export(checkpoint, tmp_path / "third.onnx")
    second = ModelCard.load(tmp_path / "third.toml").table["training"]["started_from"]
    assert second["data"][0]["licence"] == "MIT"
    assert second["started_from"]["data"][0]["licence"] == "CC0"
    content["refiner"]["config"]["start_from"] = str(tmp_path / "gone.onnx")
    torch.save(content, checkpoint)
    export(checkpoint, tmp_path / "next.onnx")
    assert "started_from" not in ModelCard.load(tmp_path / "next.toml").table["training"]


def test_pairs_to_measure_on(pair_folder):
    assert pair_set(f"{pair_folder}:val") == ("pairs_val", [pair_folder / "c.npz"])
    assert pair_set(str(pair_folder))[0] == "pairs"
    with pytest.raises(DataError):
        pair_set("absent:val")


def test_a_network_of_full_size_is_exported_in_silence(exported):
    assert exported[2].read_text() == ""


def test_a_wrong_graph_is_refused(exported, tmp_path, monkeypatch):
    _, other, _ = exported
    monkeypatch.setattr(export_module, "to_onnx", lambda *_: other.path.read_bytes())
    output = tmp_path / "out" / "refiner.onnx"
    with pytest.raises(ModelError, match="differs by"):
        export(write_checkpoint(tmp_path / "best.ckpt", 1, size=FULL), output)
    assert not output.parent.exists()


def test_bad_arguments(exported, tmp_path):
    with pytest.raises(ModelError, match=r"an \.onnx file"):
        export(exported[0], tmp_path / "refiner.bin")
    with pytest.raises(DataError, match="cannot be read"):
        export(tmp_path / "absent.ckpt", tmp_path / "refiner.onnx")
