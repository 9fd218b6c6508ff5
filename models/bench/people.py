"""People made of numbers, for benches that need pairs or motion without a data set."""

from pathlib import Path

import numpy as np

from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.sequence.pairs import Pairs, save_pairs, write_index
from models.data.motion import MOTION_JOINTS, Motion
from models.data.motion.types import INDEX, MIRRORED

_STANDING = {
    "pelvis": (0, 0.9, 0), "spine": (0, 1.12, 0), "neck": (0, 1.4, 0), "head": (0, 1.52, 0.02),
    "left_hip": (0.1, 0.88, 0), "left_knee": (0.11, 0.45, 0.02), "left_ankle": (0.12, 0.02, 0),
    "left_toe": (0.13, -0.04, 0.14), "left_shoulder": (0.18, 1.36, 0), "left_elbow": (0.25, 1.1, 0),
    "left_wrist": (0.27, 0.88, 0.06), "left_hand": (0.27, 0.8, 0.09),
}  # fmt: skip
_JOINT_SPREAD_M = np.array([0.15, 0.45, 0.12])


def swaying(n_frames: int, fps: float = 30.0) -> Motion:
    """Return somebody who stands, turns round once in ten seconds and swings the forearms."""
    joints = np.zeros((n_frames, len(MOTION_JOINTS), 3))
    for name, place in _STANDING.items():
        joints[:, INDEX[name]] = place
        if name.startswith("left"):
            joints[:, MIRRORED[INDEX[name]]] = np.array(place) * [-1, 1, 1]
    seconds = np.arange(n_frames) / fps
    for side, sign in (("left", 1), ("right", -1)):
        raised = 0.8 + 0.6 * sign * np.sin(3 * seconds)
        direction = np.stack([0 * raised, -np.cos(raised), np.sin(raised)], axis=1)
        for part, length in (("wrist", 0.24), ("hand", 0.32)):
            joints[:, INDEX[f"{side}_{part}"]] = joints[:, INDEX[f"{side}_elbow"]] + length * direction
    turn = 2 * np.pi * seconds / 10
    cosine, sine = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y, z = np.moveaxis(joints, -1, 0)
    face = np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=1)
    turned = np.stack([cosine * x + sine * z, y, -sine * x + cosine * z], axis=-1)
    return Motion(turned, face, fps, "swaying", "swaying", "made of numbers")


def random_pairs(n: int, seed: int = 0) -> Pairs:
    """Return n pairs of the size and spread of real ones, without any meaning."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.0, 1.0, (n, N_JOINTS, 3)).astype(np.float32) * _JOINT_SPREAD_M.astype(np.float32)
    truth[:, [5, 6], 1] = -0.5
    truth[:, [11, 12]] = [[0.1, 0, 0], [-0.1, 0, 0]]
    corrupted = truth + rng.normal(0, 0.05, truth.shape).astype(np.float32)
    corrupted -= (corrupted[:, 11:12] + corrupted[:, 12:13]) / 2
    landmarks = np.zeros((n, N_LANDMARKS, 3), np.float32)
    landmarks[:, LANDMARK_TO_COCO] = corrupted
    directions = rng.normal(0, 1, (n, 3))
    return Pairs(
        corrupted=corrupted, ground_truth=truth, visibility=np.ones((n, N_JOINTS), np.float32),
        pose_2d=corrupted[..., :2] * 300 + 320, azimuth=np.zeros(n), elevation=np.zeros(n),
        camera_relative=directions, landmarks_world=landmarks, landmarks_px=landmarks[..., :2] * 300 + 320,
        frame_index=np.arange(n), timestamp_s=np.arange(n) / 30, K=np.eye(3), image_size=np.array([640, 640]),
        meta={"dataset": "numbers", "licence": "none", "pose_variant": "full", "running_mode": "video"},
    )  # fmt: skip


def write_pairs(folder: Path, n_train: int, n_val: int, per_file: int = 10_000) -> None:
    """Write a data set; training files are links to one file, since only their number counts."""
    per_file = min(per_file, n_train)
    splits = {"val.npz": "val"}
    save_pairs(folder / "val.npz", random_pairs(n_val, 1))
    save_pairs(folder / "train-0.npz", random_pairs(per_file))
    for number in range(round(n_train / per_file)):
        name = f"train-{number}.npz"
        splits[name] = "train"
        if number:
            (folder / name).hardlink_to(folder / "train-0.npz")
    write_index(folder, splits, {"dataset": "numbers"})
