"""The LightningModule: the network with its batches, losses, optimiser and validation figures."""

import dataclasses
import math
from typing import Any, Protocol, cast

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.pose.skeleton import BODY
from models.network.refiner_network import PoseAwareDepthRefiner, level_direction, on_root_of, present
from models.training.augmentation import augment
from models.training.config import TrainConfig
from models.training.dataset import Batch, OrderedBatches, PairDataset, PosePool, ShuffledBatches
from models.training.losses import WITHIN_SIGMA, total_loss
from models.training.projection import with_projected_poses

_WARM_UP_SHARE = 0.03
_VALIDATION_BATCH = 2048
_MM = 1000.0


class Examples(Protocol):
    """What batches are asked of by lists of indices."""

    def __len__(self) -> int: ...
    def __getitem__(self, indices: Any) -> Any: ...


class RefinerModule(L.LightningModule):
    """The network with its losses, optimiser, batches and validation figures."""

    def __init__(
        self, config: TrainConfig, train: PairDataset, val: PairDataset, poses: PosePool | None = None
    ) -> None:
        super().__init__()
        self.run_config = config
        self.poses = poses
        self.pairs_train, self.pairs_val = train, val
        self.network = PoseAwareDepthRefiner(config.network)
        self.history: list[dict[str, float]] = []
        self.last_losses: dict[str, float] = {}
        self._epoch_losses: list[Tensor] = []
        self._val_errors: list[Tensor] = []
        self._val_azimuth: list[Tensor] = []
        self._val_surprise: list[Tensor] = []

    def train_dataloader(self) -> DataLoader[Any]:
        """Return shuffled batches that depend on seed and epoch only."""
        return self.shuffled(self.pairs_train)

    def shuffled(self, examples: Examples) -> DataLoader[Any]:
        """Return the batches of a data set that is asked by lists of indices."""
        sampler = ShuffledBatches(
            len(examples),
            self.run_config.batch_size,
            self.run_config.seed,
            self.trainer.global_rank,
            self.trainer.world_size,
        )
        return DataLoader(cast("Dataset[Any]", examples), sampler=sampler, batch_size=None)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Return all validation frames in order."""
        sampler = OrderedBatches(
            len(self.pairs_val), _VALIDATION_BATCH, self.trainer.global_rank, self.trainer.world_size
        )
        return DataLoader(self.pairs_val, sampler=sampler, batch_size=None)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW with warm-up and cosine."""
        config = self.run_config
        optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=not config.fp16
        )
        n_steps = len(self.train_dataloader()) * config.epochs
        n_warm_up = max(1, round(n_steps * _WARM_UP_SHARE))

        def factor(step: int) -> float:
            if step < n_warm_up:
                return (step + 1) / n_warm_up
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - n_warm_up) / max(1, n_steps - n_warm_up))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Augment, refine, and return the loss."""
        generator = self.step_generator(batch.pose.device)
        # half precision is for the network alone: joints and losses would be millimetres off
        with torch.autocast(batch.pose.device.type, enabled=False):
            if self.poses is not None:
                config = self.run_config
                batch = with_projected_poses(
                    batch, self.pairs_train, self.poses, config.film, config.film_share, generator
                )
            batch = augment(batch, self.run_config.augment, generator)
        prediction = self.network(batch.pose, batch.visibility, batch.pose_2d)
        with torch.autocast(batch.pose.device.type, enabled=False):
            total, parts = total_loss(prediction, present(batch.truth), batch.direction, self.run_config.loss)
        return self.remember(total, parts)

    def step_generator(self, device: torch.device) -> torch.Generator:
        """Return the source of chance of this step, and seed the common one, which dropout draws from.

        A seed per step, not a running state: a resumed run draws what an unbroken one would have drawn.
        """
        seed = (self.run_config.seed * 1_000_003 + self.global_step) * self.trainer.world_size + self.global_rank
        torch.manual_seed(seed)
        return torch.Generator(device=device).manual_seed(seed)

    def remember(self, total: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Keep the step's losses for the log and return the total."""
        values = torch.stack([*parts.values(), total]).detach()
        self._epoch_losses.append(values)
        self.last_losses = dict(zip([*parts, "total"], values.tolist(), strict=True))
        return total

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Collect errors of the body joints, without augmentation."""
        prediction = self.network(batch.pose, batch.visibility, batch.pose_2d)
        truth, pose = present(batch.truth), present(batch.pose)
        refined, raw = ((on_root_of(truth, joints) - truth)[:, BODY].float() for joints in (prediction.refined, pose))
        measures = torch.stack([refined[..., 2].abs(), raw[..., 2].abs(), refined.norm(dim=-1), raw.norm(dim=-1)], -1)
        self._val_errors.append(torch.nanmean(measures, dim=1))  # (N, 4): each frame counts alike
        sigma = prediction.sigma[:, BODY] / self.network.sigma_scale
        self._val_surprise.append((refined[..., 2].abs() / sigma).flatten())
        cameras = torch.stack([prediction.camera.float(), level_direction(pose)], dim=1)
        self._val_azimuth.append(_azimuth_error_deg(cameras, batch.direction[:, None]))

    def on_validation_epoch_end(self) -> None:
        """Turn collected errors into the epoch's figures."""
        errors = self._gathered(torch.cat(self._val_errors)).reshape(-1, 4)
        azimuth = self._gathered(torch.cat(self._val_azimuth)).reshape(-1, 2)
        self._val_errors.clear()
        self._val_azimuth.clear()
        surprise = self._gathered(torch.cat(self._val_surprise)).flatten()
        self._val_surprise.clear()
        surprise = surprise[surprise.isfinite()]
        if len(surprise):  # not torch.quantile, which refuses the millions of joints of a large data set
            self.network.sigma_scale.copy_(surprise.kthvalue(math.ceil(WITHIN_SIGMA * len(surprise))).values)
        depth, raw_depth, mpjpe, raw_mpjpe = (torch.nanmean(errors, dim=0) * _MM).tolist()
        azimuth_deg, raw_azimuth_deg = torch.nanmedian(azimuth, dim=0).values.tolist()
        row = {
            "val_depth_mm": depth,
            "val_raw_depth_mm": raw_depth,
            "val_mpjpe_mm": mpjpe,
            "val_raw_mpjpe_mm": raw_mpjpe,
            "val_azimuth_deg": azimuth_deg,
            "val_raw_azimuth_deg": raw_azimuth_deg,
        }
        means = self._gathered(torch.stack(self._epoch_losses).mean(0)).reshape(-1, len(self.last_losses))
        self._epoch_losses.clear()
        losses = dict(zip((f"train_{name}" for name in self.last_losses), means.mean(0).tolist(), strict=True))
        self.history.append({"epoch": float(self.current_epoch + 1), **losses, **row})
        self.log("val_depth_mm", depth, sync_dist=True, batch_size=1)

    def _gathered(self, values: Tensor) -> Tensor:
        """Return the tensor of all processes."""
        gathered = self.all_gather(values)
        assert isinstance(gathered, Tensor)  # noqa: S101 a collection only where one was given
        return gathered

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what export and resume need, in plain types: checkpoints are read with `weights_only`."""
        checkpoint["refiner"] = {
            "config": dataclasses.asdict(self.run_config),
            "provenance": dataclasses.asdict(self.pairs_train.provenance),
            "n_pairs": len(self.pairs_train),
            "history": self.history,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the history of the run."""
        self.history = list(checkpoint["refiner"]["history"])


def _azimuth_error_deg(camera: Tensor, truth: Tensor) -> Tensor:
    """Return the circular azimuth distance, degrees, of (..., 3) directions; NaN where the truth is."""
    cross = camera[..., 0] * truth[..., 2] - camera[..., 2] * truth[..., 0]
    dot = camera[..., 0] * truth[..., 0] + camera[..., 2] * truth[..., 2]
    return torch.rad2deg(torch.atan2(cross, dot)).abs()
