"""Training of the baselines that are networks: a plain loop over batches made on the spot."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.refinement.past_frames import past_rows
from core.sequence.pairs import Pairs
from models.baselines.nets import AGES_S, SmoothingNet
from models.baselines.raw import training_frames
from models.network.refiner_network import count_parameters
from models.training.augmentation import AugmentConfig, augment
from models.training.dataset import Batch
from models.training.losses import depth_loss, sideways_loss
from models.training.projection import ProjectionConfig, lend_errors, project_poses

_BATCH: Final = 512
_PEAK_LR: Final = 2e-3
_FILM_SHARE: Final = 0.5
_SEED: Final = 0


@dataclass(frozen=True)
class Training:
    """How a network was trained.

    Attributes:
        n_parameters: Of the network.
        n_samples: Frames it saw.
        samples_per_s: Speed, on this machine as it was.
    """

    n_parameters: int
    n_samples: int
    samples_per_s: float


def train_frames(
    net: nn.Module,
    pairs: Sequence[Pairs],
    n_samples: int,
    poses: npt.NDArray[np.float32] | None = None,
    on_share: Callable[[float], None] = lambda _: None,
) -> Training:
    """Train a network that looks at one frame, in place, with the augmentation of the refiner.

    Args:
        net: (pose, visibility, pose_2d) → joints.
        pairs: What it learns from.
        n_samples: Frames that it sees, repetitions counted.
        poses: Pose pool; half of the frames are then projected poses.
        on_share: Told the share (0..1) that is done.

    Raises:
        DataError: There is no frame to learn from.
    """
    pose, truth, visibility, pose_2d = (tensor(a) for a in _with_pixels(pairs))
    frames = Batch(pose, truth, visibility, pose_2d, torch.full((0,), torch.nan))
    pool = None if poses is None else torch.from_numpy(poses)

    def loss(generator: torch.Generator) -> Tensor:
        n_projected = 0 if pool is None else round(_BATCH * _FILM_SHARE)
        batch = _pick(frames, _BATCH - n_projected, generator)
        if pool is not None:
            chosen = torch.randint(len(pool), (n_projected,), generator=generator)
            projected = project_poses(pool[chosen], ProjectionConfig(), generator)
            lenders = _pick(frames, ProjectionConfig().n_lenders, generator)
            projected = lend_errors(projected, lenders, ProjectionConfig(), generator)
            batch = Batch(*(torch.cat(columns) for columns in zip(batch, projected, strict=True)))
        batch = augment(batch, AugmentConfig(), generator)
        joints = net(batch.pose, batch.visibility, batch.pose_2d)
        return depth_loss(joints, batch.truth) + sideways_loss(joints, batch.truth)

    return _train(net, loss, n_samples, on_share)


def train_stream(
    net: SmoothingNet, pairs: Sequence[Pairs], n_samples: int, on_share: Callable[[float], None] = lambda _: None
) -> Training:
    """Train a network that looks at the past, in place; arguments as `train_frames`."""
    training_frames(pairs)  # raises where there is nothing
    parts = [np.concatenate(part) for part in zip(*_windows(pairs), strict=True)]
    raw, truth, rows = tensor(parts[0]), tensor(parts[1]), torch.from_numpy(parts[2])

    def loss(generator: torch.Generator) -> Tensor:
        chosen = torch.randint(len(raw), (_BATCH,), generator=generator)
        joints = net(raw[rows[chosen]])
        return depth_loss(joints, truth[chosen]) + sideways_loss(joints, truth[chosen])

    return _train(net, loss, n_samples, on_share)


def _train(
    net: nn.Module, loss: Callable[[torch.Generator], Tensor], n_samples: int, on_share: Callable[[float], None]
) -> Training:
    """Minimise by AdamW over one cycle of the learning rate; equal seeds give equal weights."""
    generator = torch.Generator().manual_seed(_SEED)
    n_steps = max(1, round(n_samples / _BATCH))
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_LR, total_steps=n_steps + 1)
    net.train()
    started_s = time.monotonic()
    for step in range(n_steps):
        optimiser.zero_grad()
        loss(generator).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        on_share((step + 1) / n_steps)
    seconds = max(time.monotonic() - started_s, 1e-9)
    return Training(count_parameters(net), n_steps * _BATCH, n_steps * _BATCH / seconds)


def _with_pixels(pairs: Sequence[Pairs]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return pose, visibility, pixels (MediaPipe's x and y where unknown) and truth of the frames to learn from."""
    raw, truth, visibility, pixels = training_frames(pairs)
    known = np.isfinite(pixels).all(axis=(1, 2), keepdims=True)
    return raw, np.nan_to_num(visibility), np.where(known, pixels, raw[..., :2]), truth


def _windows(pairs: Sequence[Pairs]) -> Iterator[tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]]:
    """Yield poses, truth and the rows of windows, counted over everything yielded, of each stream."""
    n = 0
    for stream in pairs:
        usable = np.asarray(np.isfinite(stream.corrupted).all(axis=(1, 2)))
        raw, truth = stream.corrupted[usable], stream.ground_truth[usable]
        yield (
            raw - mid_hip(raw)[:, None],
            np.where(np.asarray(np.isfinite(mid_hip(truth)).all(axis=1))[:, None, None], truth, np.nan),
            n + past_rows(stream.timestamp_s[usable], AGES_S),
        )
        n += len(raw)


def _pick(frames: Batch, n: int, generator: torch.Generator) -> Batch:
    rows = torch.randint(len(frames.pose), (n,), generator=generator)
    pose, truth, visibility, pose_2d = (column[rows] for column in frames[:4])
    return Batch(pose, truth, visibility, pose_2d, torch.full((n, 3), torch.nan))


def tensor(array: npt.NDArray[np.generic]) -> Tensor:
    """Return an array as float32."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
