"""Pose pools on disk: poses without images, and what came before each, for the projection teacher."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray
from core.system.files.archive import load_npz
from core.system.files.atomic import atomic_path

Poses = npt.NDArray[np.float32]


def save_pose_pool(path: Path, poses: Poses, about: dict[str, object], time_s: FloatArray | None = None) -> None:
    """Write a pool as NPZ.

    Args:
        path: The file.
        poses: (N, 17, 3).
        about: Where they come from.
        time_s: (N,) seconds, where poses follow each other; motions lie further apart than `GAP_S`.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        arrays: dict[str, Any] = {"poses": poses, "about": np.array(json.dumps(about))}
        if time_s is not None:
            arrays["time_s"] = time_s
        np.savez_compressed(handle, **arrays)


def load_pose_pool(path: Path) -> tuple[Poses, FloatArray]:
    """Read a pool: (N, 17, 3) poses and their (N,) times, seconds, all zero where each pose stands alone.

    Raises:
        DataError: Missing, damaged, or not a pool.
    """
    arrays = load_npz(path, "a pose pool", "make it again")
    poses: Poses = arrays.get("poses", np.zeros(0))
    time_s: FloatArray = arrays.get("time_s", np.zeros(len(poses)))
    is_real = np.issubdtype(poses.dtype, np.floating)
    if not is_real or poses.ndim != 3 or poses.shape[1:] != (N_JOINTS, 3) or not np.isfinite(poses).all():
        raise DataError(f"{path}: a pose pool is (N, 17, 3) and finite, not {poses.dtype} {poses.shape}.")
    if time_s.shape != (len(poses),) or not (np.issubdtype(time_s.dtype, np.floating) and np.isfinite(time_s).all()):
        raise DataError(f"{path}: the times of a pose pool are one finite number for each pose.")
    return poses, time_s
