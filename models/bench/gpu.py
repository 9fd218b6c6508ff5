"""What a GPU makes of it, absolute: batches on CUDA and training."""

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from core.bench.clip import Bench, Figures
from core.bench.refiner import batch_seconds
from core.errors import ModelError
from core.refinement.onnx_session import CUDA
from core.refinement.refiner import DepthRefiner
from models.bench.people import write_pairs
from models.bench.training import bare_samples_per_s, run_samples_per_s
from models.training.config import TrainConfig

_BATCHES, _PAIRS, _BATCH = (1, 1024, 8192), 200_000, 4096


def gpu(bench: Bench) -> Figures:
    """Time the refiner on CUDA and a training run.

    Raises:
        ModelError: There is no GPU that torch can use.
    """
    if not torch.cuda.is_available():
        raise ModelError("There is no GPU here that torch can use.")
    refiner = DepthRefiner(bench.refiner.path)
    figures: Figures = {"name": torch.cuda.get_device_name(), "provider": refiner.provider}
    if refiner.provider == CUDA:
        on_gpu = replace(bench, refiner=refiner)
        figures["poses_per_s_in_batch"] = {str(n): n / batch_seconds(on_gpu, n) for n in _BATCHES}
    n = bench.scaled(_PAIRS, 2 * _BATCH)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pairs(folder / "pairs", n, _BATCH)
        config = TrainConfig(pairs=(str(folder / "pairs"),), epochs=3, batch_size=_BATCH)
        figures["training_samples_per_s"] = run_samples_per_s(config, folder / "run", n)
        figures["bare_training_samples_per_s"] = bare_samples_per_s(config, 50, "cuda")
    return figures
