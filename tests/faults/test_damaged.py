"""Files that were cut or altered: settings, cards, models, caches, sequences, pairs, checkpoints, training settings."""

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from core.detection import bundle as pose_model
from core.errors import NdrError
from core.exporters import EXPORTERS
from core.process.result_settings import Record
from core.refinement.card import ModelCard
from core.refinement.refiner import DepthRefiner
from core.sequence.pairs import load_pairs, pair_splits, save_pairs, write_index
from core.sequence.pose_sequence import SequenceBuilder
from core.settings import load_settings
from models.data.pose_pool import load_pose_pool, save_pose_pool
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig
from tests.models.test_export import write_checkpoint

SETTINGS = 'variant = "full"\nlearned_depth_refinement = true\nrefiner = "a.onnx"\n'


def settings(folder, **_):
    (folder / "settings.toml").write_text(SETTINGS)
    return folder / "settings.toml", load_settings


def card(folder, refiner, **_):
    return refiner.with_suffix(".toml"), ModelCard.load


def refiner(folder, refiner, **_):
    return refiner, DepthRefiner


def sequence(name):
    def make(folder, packets, **_):
        builder = SequenceBuilder()
        for packet in packets:
            builder.append(packet)
        EXPORTERS[name].save(builder.build({"source": "a.mp4"}), folder / f"a.{name}")
        return folder / f"a.{name}", EXPORTERS[name].load

    return make


def pairs(folder, pairs_of, **_):
    save_pairs(folder / "a.npz", pairs_of(8))
    return folder / "a.npz", load_pairs


def index(folder, **_):
    write_index(folder, {"a.npz": "train"}, {"dataset": "a"})
    return folder / "index.json", lambda path: pair_splits(path.parent)


def pool(folder, **_):
    save_pose_pool(folder / "a.npz", np.zeros((8, 17, 3), np.float32), {})
    return folder / "a.npz", load_pose_pool


def checkpoint(folder, **_):
    return write_checkpoint(folder / "a.ckpt", 0), lambda path: network_of(load_checkpoint(path), path)


def training_settings(folder, **_):
    TrainConfig(pairs=("a",)).save(folder)
    return folder / "config.toml", lambda path: TrainConfig.load(path.parent)


def pose_cache(folder, monkeypatch, **_):
    path = folder / "pose" / "pose_landmarker_full_no_mask.task"
    path.parent.mkdir()
    path.write_bytes(b"model" * 1000)
    path.with_suffix(".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(pose_model, "cache_folder", lambda: folder)
    return path, lambda _: pose_model.load_pose_model("full")


def record(folder, **_):
    Record({"name": "a"}, {"variant": "full"}, {"complete": True}).save(folder / "a.toml")
    return folder / "a.toml", Record.load


FILES = {
    "settings": settings, "card": card, "refiner": refiner, "npz": sequence("npz"), "csv": sequence("csv"),
    "json": sequence("json"), "pairs": pairs, "index": index, "pool": pool, "checkpoint": checkpoint,
    "training settings": training_settings, "pose model": pose_cache, "record": record,
}  # fmt: skip
CHECKED = ("refiner", "pose model")
"""What a checksum guards: any change at all must be noticed."""


@pytest.fixture(params=FILES)
def damageable(request, tmp_path, packets, pairs_of, tiny_refiner_path, monkeypatch):
    folder = tmp_path / "files"
    folder.mkdir()
    path, load = FILES[request.param](
        folder, packets=packets, pairs_of=pairs_of, refiner=tiny_refiner_path, monkeypatch=monkeypatch
    )
    load(path)  # control: whole, it loads
    return request.param, path, load


def try_to_load(load, path: Path) -> bool:
    """Return whether it loads; anything but a sentence of ours fails the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load(path)
        except NdrError as error:
            sentence = str(error)
        else:
            return True
    assert "\n" not in sentence, sentence
    return False


def test_a_file_that_was_cut_is_one_sentence(damageable):
    name, path, load = damageable
    content = path.read_bytes()
    for length in np.linspace(0, len(content) - 1, 40).astype(int):
        path.write_bytes(content[:length])
        is_loaded = try_to_load(load, path)
        assert not (is_loaded and name in CHECKED)


def test_a_file_with_altered_bytes_is_one_sentence_or_still_sense(damageable):
    name, path, load = damageable
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        altered = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            altered[place] = (altered[place] + int(rng.integers(1, 256))) % 256
        path.write_bytes(altered)
        is_loaded = try_to_load(load, path)
        assert not (is_loaded and name in CHECKED)


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


@pytest.mark.parametrize("name", ["npz", "pairs", "pool", "checkpoint"])
def test_nothing_is_executed(name, tmp_path, monkeypatch, packets, pairs_of, tiny_refiner_path):
    monkeypatch.chdir(tmp_path)
    path, load = FILES[name](tmp_path, packets=packets, pairs_of=pairs_of, refiner=tiny_refiner_path)
    if name == "checkpoint":
        torch.save({"state_dict": {}, "refiner": Evil()}, path)
    else:
        with path.open("wb") as handle:
            np.savez(
                handle, **{key: np.array([Evil()], dtype=object) for key in ("corrupted", "poses", "meta", "raw_m")}
            )
    assert not try_to_load(load, path)
    assert not Path("executed").exists()
