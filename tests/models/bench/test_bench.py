"""The benches of the training packages, tiny: their figures are there, finite, and fit together."""

import json
import math
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from core.bench import clip
from core.bench import run as run_module
from core.bench.clip import Bench
from core.bench.page import render_page
from core.bench.run import run_bench
from core.detection.bundle import PoseModel
from core.errors import ModelError
from core.refinement.refiner import DepthRefiner
from models.bench import arithmetic, gpu, peers, studio, training
from models.bench.onnx_graphs import count_flops, matrix_product
from models.bench.people import random_pairs, swaying, write_pairs
from models.data.motion.types import INDEX
from models.evaluation.pair_facts import facts_of
from models.network.refiner_network import NetworkConfig
from models.training.dataset import PairDataset
from tests.core.conftest import *  # noqa: F403 - its fixtures
from tests.core.conftest import KnownDetector

TINY = NetworkConfig(width=16, n_layers=1, n_heads=2, n_hidden=16)


class Detector(KnownDetector):
    """Sees the same person in every image."""

    def __init__(self, model):
        super().__init__(np.random.default_rng(0).normal(0, 0.3, (17, 3)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def bench(make_video, tiny_refiner_path, monkeypatch):
    monkeypatch.setattr(clip, "PoseDetector", Detector)
    model = PoseModel(Path("none.task"), "full", "0" * 64)
    return Bench(make_video(n=8), model, DepthRefiner(tiny_refiner_path), max_frames=8, rounds=1, scale=0.001)


def is_finite(figures):
    """Whether every number is one, and those of a table too."""
    numbers = [n for f in figures.values() for n in (f.values() if isinstance(f, dict) else [f])]
    return all(math.isfinite(n) for n in numbers if not isinstance(n, str))


def test_arithmetic_is_compared_with_what_the_core_can_do(bench, monkeypatch, tmp_path):
    path = tmp_path / "product.onnx"
    model = onnx.load_from_string(bench.refiner.path.read_bytes())
    model.graph.node.append(helper.make_node("MatMul", ["visibility", "square"], ["unused"]))
    model.graph.initializer.append(helper.make_tensor("square", TensorProto.FLOAT, [17, 17], [0.0] * 289))
    model.graph.output.append(helper.make_tensor_value_info("unused", TensorProto.FLOAT, ["N", 17]))
    path.write_bytes(model.SerializeToString())
    monkeypatch.setattr(arithmetic, "_SIZES", (64,))
    monkeypatch.setattr(arithmetic, "batch_seconds", lambda bench, n: 0.5)
    figures = arithmetic.arithmetic(Bench(bench.video, bench.pose_model, _At(path), 8, 1, 0.001))
    assert is_finite(figures)
    assert figures["mflop_per_pose"] == pytest.approx(2 * 17 * 17 / 1e6)
    assert figures["batch_1_over_limit"] == pytest.approx(figures["batch_1_us"] / figures["batch_1_limit_us"])
    assert figures["batch_1024_poses_per_s"] == pytest.approx(2048)
    limit = figures["batch_1024_limit_poses_per_s"]
    assert figures["batch_1024_over_limit"] == pytest.approx(limit / 2048)


class _At:
    """As much of a refiner as the bench of its arithmetic needs."""

    ages_s = ()

    def __init__(self, path):
        self.path = path


def test_operations_are_two_for_each_multiply_and_add():
    assert count_flops(matrix_product(3, 5, 7), 3) == 2 * 3 * 5 * 7
    unknown = helper.make_graph(
        [helper.make_node("Einsum", ["a", "a"], ["b"], equation="ij,ij->ij")],
        "sum",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, ["N", 2])],
    )
    model = helper.make_model(unknown, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    with pytest.raises(ModelError, match="Einsum"):
        count_flops(model.SerializeToString(), 1)


@pytest.mark.train
def test_peers_are_of_the_sizes_that_they_say(bench, monkeypatch):
    small = [("smoothnet", peers.SmoothNetSized(), 32), ("tiny", peers.SpaceTimeSized(16, 1, 2, 2), 9)]
    full = {name: sum(p.numel() for p in network.parameters()) / 1e6 for name, network, _ in peers.networks()}
    assert full["smoothnet"] == pytest.approx(0.33, abs=0.02)
    assert full["motionbert_lite"] == pytest.approx(16, rel=0.1)
    assert full["motionagformer_xs"] == pytest.approx(2.2, rel=0.2)
    for _, network, window in small:
        pose = torch.randn(1, window, 17, 3)
        assert network(pose).shape == pose.shape
    monkeypatch.setattr(peers, "networks", lambda: iter(small))
    figures = peers.peers(bench)
    assert is_finite(figures)
    assert {"mediapipe_us_per_frame", "refiner_us_per_frame", "smoothnet_us_per_frame", "tiny_us_per_frame"} <= set(
        figures
    )
    assert figures["tiny_us_per_frame"] == pytest.approx(figures["tiny_ms_per_window"] * 1e3 / 9)
    assert "random" in next(name for name in figures if "weights" in name)


@pytest.mark.train
def test_training_is_compared_with_data_in_memory(bench, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "TrainConfig", lambda **more: _config(network=TINY, **more))
    monkeypatch.setattr(training, "_BATCH", 16)
    figures = training.training(bench)
    assert is_finite(figures)
    assert set(figures) == {"samples_per_s", "bare_samples_per_s", "samples_ratio", "n_threads"}
    ratio = figures["samples_per_s"] / figures["bare_samples_per_s"]
    assert figures["samples_ratio"] == pytest.approx(ratio)


_config = training.TrainConfig


def test_loading_is_measured_at_every_size(bench, monkeypatch):
    monkeypatch.setattr(training, "SIZES", (100_000, 300_000))
    figures = training.growth_with_pairs(bench)
    assert is_finite(figures)
    assert set(figures) == {"load_us_per_pair", "batch_us_per_pair", "memory_mib"}
    assert all(set(table) == {"100000", "300000"} for table in figures.values())


@pytest.mark.render
def test_the_studio_is_compared_with_mediapipe_alone(bench, monkeypatch):
    monkeypatch.setattr(studio, "PoseDetector", Detector)
    monkeypatch.setattr(studio, "observe", lambda images, take, looks: [[None for _ in images]])
    monkeypatch.setattr(studio, "make_pairs", lambda take, seen, look: seen)
    monkeypatch.setattr(studio, "_SIZE", 64)
    figures = studio.studio(Bench(bench.video, bench.pose_model, bench.refiner, 8, 1, 0.01))
    assert is_finite(figures)
    assert set(figures) == {"fps", "mediapipe_fps", "render_fps", "fps_ratio", "found_share"}
    assert figures["found_share"] == 1
    assert figures["fps_ratio"] == pytest.approx(figures["fps"] / figures["mediapipe_fps"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(bench):
    with pytest.raises(ModelError, match="no GPU"):
        gpu.gpu(bench)


def test_people_made_of_numbers_are_people(tmp_path):
    motion = swaying(300)
    thigh = np.linalg.norm(
        motion.positions_m[:, INDEX["left_knee"]] - motion.positions_m[:, INDEX["left_hip"]], axis=-1
    )
    assert np.ptp(thigh) < 1e-9
    pairs = random_pairs(50)
    assert facts_of(pairs, Path("a.npz")) is not None
    hips = (pairs.corrupted[:, 11] + pairs.corrupted[:, 12]) / 2
    assert np.abs(hips).max() < 1e-6
    write_pairs(tmp_path, 40, 5, per_file=10)
    assert len(PairDataset.load([tmp_path], "train")) == 40
    assert len(PairDataset.load([tmp_path], "val")) == 5


def test_misses_and_page_come_from_the_figures(bench, monkeypatch, tmp_path):
    """A bar that is missed is named, one that is met is not, and the page is made from what the JSON holds."""
    monkeypatch.setattr(run_module, "BENCHES", {"training": "", "studio": ""})
    made = {"training": {"samples_ratio": 0.5}, "studio": {"fps_ratio": 0.6}}
    monkeypatch.setattr(run_module, "load_bench", lambda name: lambda bench: made[name])
    monkeypatch.setattr(run_module, "load_pose_model", lambda variant: bench.pose_model)
    run_bench(None, tmp_path / "b.json", bench.video, refiner=bench.refiner.path, scale=0.01)
    written = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert [miss.split(",")[0] for miss in written["misses"]] == ["training.samples_ratio is 0.5"]
    assert written["worst_miss"] == written["misses"][0]
    page = render_page(written)
    assert "| training | samples_ratio | ≥ 0.9 | 0.5 | missed |" in page
    assert "| studio | fps_ratio | ≥ 0.5 | 0.6 | met |" in page
