"""Training pairs in memory: pair files → tensors once, batches by index, no Python per sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from core.errors import DataError
from core.geometry import direction_from_angles, mid_hip, normalise
from core.pairs import Pairs, load_pairs, pair_files
from core.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER

_PLAUSIBLE_TORSO_M = (0.2, 1.0)
_LARGEST_INPUT, _FARTHEST_JOINT_M = 1e6, 10.0  # past these a number is damage, and one would spoil a whole run


class Batch(NamedTuple):
    """N frames, float32.

    Attributes:
        pose: (N, 17, 3) MediaPipe, metres, hip-centred, view-ray frame.
        visibility: (N, 17) in 0..1.
        pose_2d: (N, 17, 2) pixels.
        truth: (N, 17, 3) as `pose`; NaN where there is none.
        direction: (N, 3) unit vector towards the camera, subject frame; NaN where unknown.
    """

    pose: Tensor
    visibility: Tensor
    pose_2d: Tensor
    truth: Tensor
    direction: Tensor


@dataclass(frozen=True)
class Provenance:
    """Where the frames of a data set came from.

    Attributes:
        n_files: Pair files read.
        pose_variant: MediaPipe variant, the same in all files.
        running_mode: MediaPipe mode, the same in all files.
        sources: One table per data set and licence: name, licence, source, n_frames.
    """

    n_files: int
    pose_variant: str
    running_mode: str
    sources: tuple[dict[str, Any], ...]


class PairDataset(Dataset[Batch]):
    """Frames in memory; an item is asked for by a list of indices and is a whole batch."""

    def __init__(self, frames: Batch, provenance: Provenance) -> None:
        self.frames = frames
        self.provenance = provenance

    def __len__(self) -> int:
        return len(self.frames.pose)

    def __getitem__(self, indices: Sequence[int] | Tensor) -> Batch:
        rows = torch.as_tensor(indices)
        return Batch(*(column[rows] for column in self.frames))

    @classmethod
    def load(cls, paths: Sequence[Path], split: str | None) -> "PairDataset":
        """Read the pair files that `paths` stand for.

        Frames without a detection are left out.

        Args:
            paths: Pair files, or folders of them with an index.
            split: Take only this split of folders that have an index; None takes all.

        Raises:
            DataError: A file is damaged, not in metres, no frame is usable, or MediaPipe variants are mixed.
        """
        frames, kinds, sources = [], {}, {}
        n_files = 0
        for folder in paths:
            for path in pair_files(folder, split):
                pairs = load_pairs(path)
                batch = _usable_frames(path, pairs)
                frames.append(batch)
                n_files += 1
                kinds[(str(pairs.meta.get("pose_variant", "?")), str(pairs.meta.get("running_mode", "?")))] = path
                source = {
                    "name": str(pairs.meta.get("dataset", folder.stem)),
                    "licence": str(pairs.meta.get("licence", "not stated")),
                    "source": str(pairs.meta.get("source", "not stated")),
                }
                entry = sources.setdefault(tuple(source.values()), {**source, "n_frames": 0})
                entry["n_frames"] += len(batch.pose)
        if len(kinds) > 1:
            mixed = " and ".join("/".join(kind) for kind in kinds)
            raise DataError(f"The pairs mix MediaPipe variants or modes ({mixed}); train on one, as it will run live.")
        columns = Batch(*(torch.cat(column) for column in zip(*frames, strict=True)))
        if len(columns.pose) == 0:
            raise DataError(f"No frame of {', '.join(map(str, paths))} holds both a detection and a ground truth.")
        (variant, mode) = next(iter(kinds))
        return cls(columns, Provenance(n_files, variant, mode, tuple(sources.values())))


def _usable_frames(path: Path, pairs: Pairs) -> Batch:
    """Return the frames of one file in which MediaPipe found somebody and a joint's truth is known."""
    inputs = np.concatenate([pairs.corrupted, pairs.pose_2d, pairs.visibility[..., None]], axis=-1)
    usable = (np.abs(inputs) < _LARGEST_INPUT).all(axis=(1, 2)) & np.isfinite(pairs.ground_truth).any(axis=(1, 2))
    truth = pairs.ground_truth[usable]
    torso = np.linalg.norm((truth[:, LEFT_SHOULDER] + truth[:, RIGHT_SHOULDER]) / 2 - mid_hip(truth), axis=-1)
    torso = torso[np.isfinite(torso)]
    low, high = _PLAUSIBLE_TORSO_M
    if len(torso) and not low < np.median(torso) < high:
        raise DataError(f"{path}: the torso is {np.median(torso):.3g} long, so lengths are not metres; convert them.")
    truth = np.where(np.abs(truth) < _FARTHEST_JOINT_M, truth, np.nan)
    direction = normalise(pairs.camera_relative[usable])
    from_angles = direction_from_angles(np.deg2rad(pairs.azimuth[usable]), np.deg2rad(pairs.elevation[usable]))
    direction = np.where(np.isfinite(direction), direction, from_angles)
    arrays = (pairs.corrupted[usable], pairs.visibility[usable], pairs.pose_2d[usable], truth, direction)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32)) for a in arrays))


class ShuffledBatches(Sampler[Tensor]):
    """Shuffled index batches that depend only on seed and epoch, cut among `world_size` processes.

    A resumed run therefore sees the same batches. Incomplete last batches are left out unless there is only one.
    """

    def __init__(self, n: int, batch_size: int, seed: int, rank: int = 0, world_size: int = 1) -> None:
        self._n, self._seed, self._rank, self._world_size = n, seed, rank, world_size
        self._batch_size = min(batch_size, max(1, n // world_size))
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the shuffle; called before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._n // self._world_size // self._batch_size

    def __iter__(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(self._n, generator=generator)[self._rank :: self._world_size]
        for i in range(len(self)):
            yield order[i * self._batch_size : (i + 1) * self._batch_size]


class OrderedBatches(Sampler[Tensor]):
    """All rows in order, for validation, cut among `world_size` processes.

    Processes get equally many rows, since their figures are gathered: the first rows fill up the last round.
    """

    def __init__(self, n: int, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        n_rounds = -(-n // world_size)
        rows = torch.arange(n_rounds * world_size) % n
        self._rows = rows[rank::world_size].split(batch_size)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._rows)
