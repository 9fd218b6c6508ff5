"""Training against the same network on data that is already in memory, and how loading grows with the pairs."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from core.bench.clip import Bench, Figures
from core.system.memory import resident_mib
from core.system.progress import TrainingProgress
from models.bench.people import write_pairs
from models.network.refiner_network import PoseAwareDepthRefiner
from models.training.augmentation import augment
from models.training.config import TrainConfig
from models.training.dataset import PairDataset, ShuffledBatches
from models.training.losses import total_loss
from models.training.trainer import train

_PAIRS, _BATCH, _EPOCHS = 16_384, 256, 3
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


def training(bench: Bench) -> Figures:
    """Compare a training run, from its files on, with a bare loop over one batch in memory, in turn."""
    n = bench.scaled(_PAIRS, 2 * _BATCH)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pairs(folder / "pairs", n, _BATCH)
        config = TrainConfig(pairs=(str(folder / "pairs"),), epochs=_EPOCHS, batch_size=_BATCH)
        bare = bare_samples_per_s(config, n // _BATCH)
        run = run_samples_per_s(config, folder / "run", n)
        bare = (bare + bare_samples_per_s(config, n // _BATCH)) / 2
    return {"samples_per_s": run, "bare_samples_per_s": bare, "samples_ratio": run / bare, "n_threads": _threads()}


def run_samples_per_s(config: TrainConfig, folder: Path, n: int) -> float:
    """Return the samples per second from the end of the first epoch to the end of the last."""
    ended: dict[int, float] = {}

    def note(progress: TrainingProgress) -> None:
        ended[progress.epoch] = time.perf_counter()

    train(config, folder, on_progress=note)
    return (config.epochs - 1) * n / (ended[config.epochs] - ended[1])


def bare_samples_per_s(config: TrainConfig, n_steps: int, device: str = "cpu") -> float:
    """Return the samples per second of augment, forward, loss, backward and step on one batch that stays there."""
    data = PairDataset.load([Path(path) for path in config.pairs], "train")
    batch = type(data.frames)(*(column[: config.batch_size].to(device) for column in data.frames))
    network = PoseAwareDepthRefiner(config.network).to(device).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True)

    def step(number: int) -> None:
        generator = torch.Generator(device=device).manual_seed(number)
        seen = augment(batch, config.augment, generator)
        loss, _ = total_loss(network(seen.pose, seen.visibility, seen.pose_2d), seen.truth, seen.direction, config.loss)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        float(loss.detach())  # waits for a GPU

    return config.batch_size * n_steps / _seconds(step, n_steps)


def _seconds(step: Callable[[int], Any], n_steps: int) -> float:
    for number in range(3):
        step(number)
    started = time.perf_counter()
    for number in range(n_steps):
        step(number)
    return time.perf_counter() - started


def growth_with_pairs(bench: Bench) -> Figures:
    """Load data sets of growing size and cut one epoch into shuffled batches; the network's own cost is constant."""
    load_us: dict[str, float] = {}
    batch_us: dict[str, float] = {}
    memory_mib: dict[str, float] = {}
    for size in SIZES:
        n = bench.scaled(size, 100)
        before_mib = resident_mib()
        with tempfile.TemporaryDirectory() as name:
            write_pairs(Path(name), n, 100)
            started = time.perf_counter()
            data = PairDataset.load([Path(name)], "train")
            load_us[str(size)] = (time.perf_counter() - started) / len(data) * 1e6
        memory_mib[str(size)] = resident_mib() - before_mib
        started = time.perf_counter()
        for rows in ShuffledBatches(len(data), _BATCH, 0):
            data[rows]
        batch_us[str(size)] = (time.perf_counter() - started) / len(data) * 1e6
        del data
    return {"load_us_per_pair": load_us, "batch_us_per_pair": batch_us, "memory_mib": memory_mib}


def _threads() -> int:
    return torch.get_num_threads()
