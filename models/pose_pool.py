"""Pose pools on disk: poses without images, for the projection teacher."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.archive import load_npz
from core.atomic import atomic_path
from core.errors import DataError
from core.skeleton import N_JOINTS

Poses = npt.NDArray[np.float32]


def save_pose_pool(path: Path, poses: Poses, about: dict[str, object]) -> None:
    """Write a pool as NPZ.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, poses=poses, about=np.array(json.dumps(about)))


def load_pose_pool(path: Path) -> Poses:
    """Read a pool.

    Raises:
        DataError: Missing, damaged, or not a pool.
    """
    poses: Poses = load_npz(path, "a pose pool", "make it again").get("poses", np.zeros(0))
    is_real = np.issubdtype(poses.dtype, np.floating)
    if not is_real or poses.ndim != 3 or poses.shape[1:] != (N_JOINTS, 3) or not np.isfinite(poses).all():
        raise DataError(f"{path}: a pose pool is (N, 17, 3) and finite, not {poses.dtype} {poses.shape}.")
    return poses
