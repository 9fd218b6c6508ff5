"""The LightningModule of a network that learns from others: the teachers' joints and viewpoint, its own uncertainty."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from models.training.augmentation import mirror_where
from models.training.config import TrainConfig
from models.training.dataset import PairDataset
from models.training.distillation import DistillationBatch, DistillationSet
from models.training.losses import total_loss
from models.training.module import RefinerModule


class DistillationModule(RefinerModule):
    """`RefinerModule`, with distillation batches in the place of pairs; it is validated on pairs like any other."""

    def __init__(self, config: TrainConfig, train: PairDataset, val: PairDataset, distilled: DistillationSet) -> None:
        super().__init__(config, train, val)
        self.distilled = distilled

    def train_dataloader(self) -> DataLoader[Any]:
        """Return shuffled distillation batches that depend on seed and epoch only."""
        return self.shuffled(self.distilled)

    def training_step(self, distilled: DistillationBatch, _index: int) -> Tensor:  # type: ignore[override]  # its own batches
        """Mirror half of the distillation batches, refine, and return the loss."""
        generator = self.step_generator(distilled.refined.device)
        distilled = _mirrored_at_random(distilled, self.run_config.augment.mirror, generator)
        batch = distilled.batch
        prediction = self.network(batch.pose, batch.visibility, batch.pose_2d)
        with torch.autocast(distilled.refined.device.type, enabled=False):
            total, parts = total_loss(
                prediction, distilled.refined, distilled.camera, self.run_config.loss, sigma_truth=batch.truth
            )
        return self.remember(total, parts)


def _mirrored_at_random(distilled: DistillationBatch, share: float, generator: torch.Generator) -> DistillationBatch:
    is_mirrored = torch.rand(len(distilled.refined), generator=generator, device=distilled.refined.device) < share
    taught = mirror_where(distilled.batch._replace(truth=distilled.refined, direction=distilled.camera), is_mirrored)
    return DistillationBatch(mirror_where(distilled.batch, is_mirrored), taught.truth, taught.direction)
