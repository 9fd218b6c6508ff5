"""Distillation: augmented windows with what several trained networks say about them together, for one network to learn.

Networks trained apart err together where the data leads them, and each by chance; their average is better on people
that none has seen, and costs as much as all of them. One network that learns the average from many windows is as good,
and costs as much as one.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from core.errors import DataError
from models.network.flip_ensemble import Averaged, FlipEnsemble, Rolled
from models.network.refiner_network import Prediction, body_size, centre_on_hips, present
from models.training.augmentation import augment
from models.training.checkpoint import load_checkpoint, network_of
from models.training.config import TrainConfig
from models.training.dataset import Batch, PairDataset, PosePool
from models.training.projection import with_projected_poses

_ROLL_DEG = 15.0  # teachers look at the scene from this much to the left up to this much to the right
_WINDOWS_AT_ONCE = 1024
_SEED_OFFSET = 7_919  # distillation batches draw other numbers than the training that follows


class DistillationBatch(NamedTuple):
    """N windows, their truth, and what the teachers say.

    Attributes:
        batch: Windows as the networks see them; the truth (N, 17, 3) is that of the present.
        refined: (N, 17, 3) metres, the teachers' average.
        camera: (N, 3) unit vectors, the teachers' average.
    """

    batch: Batch
    refined: Tensor
    camera: Tensor


class DistillationSet(Dataset[DistillationBatch]):
    """DistillationSet in memory; an item is asked for by a list of indices and is a whole batch."""

    def __init__(self, distilled: DistillationBatch) -> None:
        self._distilled = distilled

    def __len__(self) -> int:
        return len(self._distilled.refined)

    def __getitem__(self, indices: Sequence[int] | Tensor) -> DistillationBatch:
        chosen = torch.as_tensor(indices)
        batch, refined, camera = self._distilled
        return DistillationBatch(Batch(*(column[chosen].float() for column in batch)), refined[chosen], camera[chosen])


def teachers_ages(paths: Sequence[Path], ages_s: tuple[float, ...]) -> tuple[float, ...]:
    """Return the ages that teachers look back at: the pupil's, or, of a pupil that sees one frame, their own.

    Raises:
        DataError: A checkpoint cannot be used.
    """
    own = (network_of(load_checkpoint(path), path).config.ages_s for path in paths)
    return ages_s or next(filter(None, own), ())


def load_teachers(paths: Sequence[Path], ages_s: tuple[float, ...], *, handed: bool = False) -> nn.Module:
    """Return the average of checkpoints' networks, each looking at the scene rolled by another angle, and mirrored.

    Args:
        paths: The checkpoints.
        ages_s: Of the windows that they are shown; a network of one frame may teach too.
        handed: Whether they know a variant that errs on one side, and must not look into the mirror.

    Raises:
        DataError: A checkpoint cannot be used, or looks back at other ages.
    """
    angles = torch.linspace(-_ROLL_DEG, _ROLL_DEG, len(paths)) if len(paths) > 1 else torch.zeros(len(paths))
    teachers: list[nn.Module] = []
    for path, angle_deg in zip(paths, angles.tolist(), strict=True):
        network = network_of(load_checkpoint(path), path)
        if network.config.ages_s not in (ages_s, ()):
            raise DataError(f"{path} looks back at {network.config.ages_s} s and cannot teach a network of {ages_s} s.")
        teachers.append(Rolled(network, math.radians(angle_deg)))
    averaged = Averaged(teachers)
    return (averaged if handed else FlipEnsemble(averaged)).eval()


def make_distillation_set(
    teachers: nn.Module,
    pairs: PairDataset,
    poses: PosePool | None,
    config: TrainConfig,
    on_progress: Callable[[int], None] = lambda _n: None,
) -> DistillationSet:
    """Let the teachers answer `config.n_lessons` augmented windows; equal seeds give equal distillation batches.

    Inputs are kept in half precision, which is finer than MediaPipe's own noise by far.
    """
    generator = torch.Generator().manual_seed(config.seed + _SEED_OFFSET)
    n_pairs = round(_WINDOWS_AT_ONCE * (1 - config.film_share * (poses is not None)))
    parts: list[DistillationBatch] = []
    for start in range(0, config.n_lessons, _WINDOWS_AT_ONCE):
        batch = pairs[torch.randint(len(pairs), (n_pairs,), generator=generator)]
        if poses is not None:
            batch = with_projected_poses(batch, pairs, poses, config.film, config.film_share, generator)
        batch = augment(batch, config.augment, generator)
        with torch.inference_mode():
            answer: Prediction = teachers(batch.pose, batch.visibility, batch.pose_2d)
        flat = centre_on_hips(batch.pose_2d)
        flat = flat / body_size(flat)
        truth, pose, visibility = present(batch.truth), batch.pose, batch.visibility
        if pose.ndim == 4 and not config.network.ages_s:  # the pupil sees one frame of what the teachers saw
            pose, visibility, flat = pose[:, 0], visibility[:, 0], flat[:, 0]
        seen = Batch(pose.half(), visibility.half(), flat.half(), truth, batch.direction)
        parts.append(DistillationBatch(seen, answer.refined.clone(), answer.camera.clone()))
        on_progress(start + len(batch.pose))
    columns = [torch.cat(column) for column in zip(*(part.batch for part in parts), strict=True)]
    refined, camera = (torch.cat([getattr(part, name) for part in parts]) for name in ("refined", "camera"))
    return DistillationSet(DistillationBatch(Batch(*columns), refined, camera))
