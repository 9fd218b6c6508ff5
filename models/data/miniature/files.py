"""Writing annotations in the on-disk form of AIST++: pickles of numpy arrays, JSON cameras, text lists."""

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from core.pose.geometry import mid_hip, project
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray
from core.system.files.atomic import atomic_path, write_text
from models.data.miniature.cast import RATE_HZ, Dance
from models.data.studio.renderer import CameraPose

_CM: Final = 100.0
_NOISE_CM: Final = 0.8
_SPLITS: Final = ("pose_train", "pose_val", "pose_test")


def write_sequence(
    folder: Path,
    dance: Dance,
    joints_m: FloatArray,
    cameras: Sequence[CameraPose],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    """Write what the annotations hold of one sequence.

    `keypoints3d_optim` is the truth, `keypoints3d` has the noise of triangulation. There is no SMPL body here, so
    `motions` has its place in the room and a resting pose.

    Args:
        folder: The annotations folder.
        dance: Which.
        joints_m: (N, 17, 3) truth, room, metres.
        cameras: The ring.
        size: (width, height) of the videos.
        rng: Source of the noise.
    """
    n = len(joints_m)
    exact = joints_m * _CM
    for joint, first, after in dance.unknown:
        exact[first:after, slice(None) if joint < 0 else joint] = np.nan
    noisy = exact + rng.normal(0, _NOISE_CM, exact.shape)
    name = f"{dance.sequence}.pkl"
    _pickle(folder / "keypoints3d" / name, {"keypoints3d": noisy, "keypoints3d_optim": exact})
    pixels = [project((joints_m - c.position) @ c.rotation.T, c.intrinsics) for c in cameras]
    scored = np.concatenate([np.stack(pixels), np.ones((len(cameras), n, N_JOINTS, 1))], axis=-1)
    arrays = {
        "keypoints2d": scored,
        "det_scores": np.ones((len(cameras), n)),
        "timestamps": np.round(np.arange(n) * 1e6 / RATE_HZ).astype(np.int64),
    }
    _pickle(folder / "keypoints2d" / name, arrays)
    body = {
        "smpl_poses": np.zeros((n, 72)),
        "smpl_scaling": np.array([_CM]),
        "smpl_trans": mid_hip(joints_m) * _CM,
    }
    _pickle(folder / "motions" / name, body)
    setting = [_camera(f"c{number + 1:02d}", camera, size) for number, camera in enumerate(cameras)]
    write_text(folder / "cameras" / f"{dance.setting}.json", json.dumps(setting))


def write_lists(folder: Path, dances: Sequence[Dance]) -> None:
    """Write `mapping.txt`, `ignore_list.txt` and the splits."""
    write_text(folder / "cameras" / "mapping.txt", _text(f"{d.sequence} {d.setting}" for d in dances))
    write_text(folder / "ignore_list.txt", _text(d.sequence for d in dances if d.is_ignored))
    for split in _SPLITS:
        write_text(folder / "splits" / f"{split}.txt", _text(d.sequence for d in dances if d.split == split))


def _camera(name: str, camera: CameraPose, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "name": name,
        "size": list(size),
        "matrix": camera.intrinsics.tolist(),
        "rotation": cv2.Rodrigues(camera.rotation)[0].ravel().tolist(),
        "translation": (-camera.rotation @ camera.position * _CM).tolist(),
        "distortions": [0.0] * 5,
    }


def _pickle(path: Path, arrays: dict[str, Any]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        pickle.dump(arrays, handle, protocol=pickle.HIGHEST_PROTOCOL)


def _text(lines: Any) -> str:
    return "".join(f"{line}\n" for line in lines)
