"""The LightningModule of a network that learns from others: the teachers' joints and viewpoint, its own uncertainty."""

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from models.training.augmentation import mirror_where
from models.training.config import TrainConfig
from models.training.dataset import PairDataset
from models.training.distillation import Lesson, Lessons
from models.training.losses import total_loss
from models.training.module import RefinerModule


class StudentModule(RefinerModule):
    """`RefinerModule`, with lessons in the place of pairs; it is validated on pairs like any other."""

    def __init__(self, config: TrainConfig, train: PairDataset, val: PairDataset, lessons: Lessons) -> None:
        super().__init__(config, train, val)
        self.lessons = lessons

    def train_dataloader(self) -> DataLoader[Lesson]:
        """Return shuffled lessons that depend on seed and epoch only."""
        return self.shuffled(self.lessons)

    def training_step(self, lesson: Lesson, _index: int) -> Tensor:
        """Mirror half of the lessons, refine, and return the loss."""
        generator = self.step_generator(lesson.refined.device)
        lesson = _mirrored_at_random(lesson, self.run_config.augment.mirror, generator)
        batch = lesson.batch
        prediction = self.network(batch.pose, batch.visibility, batch.pose_2d)
        with torch.autocast(lesson.refined.device.type, enabled=False):
            total, parts = total_loss(
                prediction, lesson.refined, lesson.camera, self.run_config.loss, sigma_truth=batch.truth
            )
        return self.remember(total, parts)


def _mirrored_at_random(lesson: Lesson, share: float, generator: torch.Generator) -> Lesson:
    is_mirrored = torch.rand(len(lesson.refined), generator=generator, device=lesson.refined.device) < share
    taught = mirror_where(lesson.batch._replace(truth=lesson.refined, direction=lesson.camera), is_mirrored)
    return Lesson(mirror_where(lesson.batch, is_mirrored), taught.truth, taught.direction)
