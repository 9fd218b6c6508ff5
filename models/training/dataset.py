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
from core.pose.geometry import direction_from_angles, mid_hip, normalise, on_known_root
from core.pose.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER, SWAP_SIDES
from core.pose.types import FloatArray
from core.refinement.past_frames import past_rows
from core.sequence.pairs import Pairs, load_pairs, pair_files
from models.data.pose_pool import load_pose_pool

_PLAUSIBLE_TORSO_M = (0.2, 1.0)
_LARGEST_INPUT, _FARTHEST_JOINT_M = 1e6, 10.0  # past these a number is damage, and one would spoil a whole run


class Batch(NamedTuple):
    """N frames, or N windows of K frames, float32; in a window the present comes first (`core.refinement.past_frames`).

    Attributes:
        pose: (N, 17, 3) or (N, K, 17, 3) MediaPipe, metres, hip-centred, view-ray frame.
        visibility: (N, 17) or (N, K, 17) in 0..1.
        pose_2d: (N, 17, 2) or (N, K, 17, 2) pixels.
        truth: As `pose`; NaN where there is none. About the middle of the shoulders where it has no hips.
        direction: (N, 3) unit vector towards the camera in the present, subject frame; NaN where unknown.
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
    """Frames in memory; an item is asked for by a list of indices and is a whole batch, of windows if there are ages.

    Args:
        frames: T frames.
        provenance: Where they came from.
        rows: (T, K) the frames of each one's window, or None for frames alone.
    """

    def __init__(self, frames: Batch, provenance: Provenance, rows: Tensor | None = None) -> None:
        self.frames = frames
        self.provenance = provenance
        self._rows = rows

    def __len__(self) -> int:
        return len(self.frames.pose)

    @property
    def knows_hips(self) -> bool:
        """Whether any frame has the truth of both hips."""
        return bool(torch.isfinite(self.frames.truth[:, LEFT_HIP : RIGHT_HIP + 1]).all(-1).all(-1).any())

    def __getitem__(self, indices: Sequence[int] | Tensor) -> Batch:
        chosen = torch.as_tensor(indices)
        rows = chosen if self._rows is None else self._rows[chosen]
        pose, truth, visibility, pose_2d = (column[rows] for column in self.frames[:4])
        return Batch(pose, truth, visibility, pose_2d, self.frames.direction[chosen])

    @classmethod
    def load(cls, paths: Sequence[Path], split: str | None, ages_s: tuple[float, ...] = ()) -> "PairDataset":
        """Read the pair files that `paths` stand for.

        Frames without a detection are left out.

        Args:
            paths: Pair files, or folders of them with an index.
            split: Take only this split of folders that have an index; None takes all.
            ages_s: Ages of the past frames in a window, seconds, rising; () for frames alone.

        Raises:
            DataError: A file is damaged, not in metres, no frame is usable, or MediaPipe variants are mixed.
        """
        frames, windows = [], []
        kinds: dict[tuple[str, str], Path] = {}
        sources: dict[tuple[str, ...], dict[str, Any]] = {}
        n_files = n_frames = 0
        for folder in paths:
            for path in pair_files(folder, split):
                pairs = load_pairs(path)
                batch, time_s = _usable_frames(path, pairs)
                frames.append(batch)
                windows.append(past_rows(time_s, ages_s) + n_frames)
                n_frames += len(time_s)
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
        rows = torch.from_numpy(np.concatenate(windows)) if ages_s else None
        return cls(columns, Provenance(n_files, variant, mode, tuple(sources.values())), rows)


class PosePool:
    """Poses of the projection teacher in memory, each with its past.

    Args:
        poses: (T, 17, 3) metres, y up.
        rows: (T, K) the poses of each one's window, or None for poses alone.
    """

    def __init__(self, poses: Tensor, rows: Tensor | None = None) -> None:
        self._poses, self._rows = poses, rows

    def __len__(self) -> int:
        return len(self._poses)

    def __getitem__(self, chosen: Tensor) -> Tensor:
        """Return (N, 17, 3) poses, or (N, K, 17, 3) windows with the present first."""
        return self._poses[chosen if self._rows is None else self._rows[chosen]]

    @classmethod
    def load(cls, path: Path, ages_s: tuple[float, ...] = ()) -> "PosePool":
        """Read a pool of `models.data.pose_pool`.

        Raises:
            DataError: Missing, damaged, or not a pool.
        """
        poses, time_s = load_pose_pool(path)
        rows = torch.from_numpy(past_rows(time_s, ages_s)) if ages_s else None
        return cls(torch.from_numpy(poses), rows)


@np.errstate(invalid="ignore", over="ignore")  # infinities and absurd numbers of a file are left out
def _usable_frames(path: Path, pairs: Pairs) -> tuple[Batch, FloatArray]:
    """Return the frames of one file in which MediaPipe found somebody and a joint's truth is known, and their times."""
    inputs = np.concatenate([pairs.corrupted, pairs.pose_2d, pairs.visibility[..., None]], axis=-1)
    usable = (np.abs(inputs) < _LARGEST_INPUT).all(axis=(1, 2)) & np.isfinite(pairs.ground_truth).any(axis=(1, 2))
    truth, _ = on_known_root(pairs.ground_truth[usable], pairs.corrupted[usable])
    torso = np.linalg.norm((truth[:, LEFT_SHOULDER] + truth[:, RIGHT_SHOULDER]) / 2 - mid_hip(truth), axis=-1)
    torso = torso[np.isfinite(torso)]
    low, high = _PLAUSIBLE_TORSO_M
    if len(torso) and not low < np.median(torso) < high:
        raise DataError(f"{path}: the torso is {np.median(torso):.3g} long, so lengths are not metres; convert them.")
    truth = np.where(np.abs(truth) < _FARTHEST_JOINT_M, truth, np.nan)
    direction = normalise(pairs.camera_relative[usable])
    from_angles = direction_from_angles(np.deg2rad(pairs.azimuth[usable]), np.deg2rad(pairs.elevation[usable]))
    direction = np.where(np.isfinite(direction), direction, from_angles)
    arrays: tuple[FloatArray, ...]
    arrays = (pairs.corrupted[usable], pairs.visibility[usable], pairs.pose_2d[usable], truth, direction)
    if pairs.meta.get("mirrored"):
        arrays = _as_seen(*arrays)
    frames = Batch(*(torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32)) for a in arrays))
    return frames, np.nan_to_num(pairs.timestamp_s[usable])


def _as_seen(
    pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray, truth: FloatArray, direction: FloatArray
) -> tuple[FloatArray, ...]:
    """Return a mirrored look as the mirror image that MediaPipe had before it, where it errs as it always does.

    Heavy makes one arm longer than the other: with sides put right, a mirrored look would err on the other one.
    """
    flip = np.array([-1.0, 1.0, 1.0])
    return (
        pose[:, SWAP_SIDES] * flip,
        visibility[:, SWAP_SIDES],
        pose_2d[:, SWAP_SIDES] * flip[:2],
        truth[:, SWAP_SIDES] * flip,
        direction * flip,
    )


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
