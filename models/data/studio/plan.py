"""What is to be filmed: a list of clips that follows from the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from core.errors import DataError
from core.pose.types import FloatArray
from models.data.motion import Motion
from models.data.motion.mixing import PARTS, bent, mirrored, seated, sway, tilted, with_part_of, with_turned_arm
from models.data.motion.reduce import resample
from models.data.motion.types import INDEX
from models.data.studio.splits import SPLITS, Group, body_range, groups_of

_SHARES: Final = {"train": 0.8, "val": 0.08, "test": 0.12}
_SHORTEST: Final = 40  # frames; shorter motion is played forth and back
_WANDER_M: Final = 2.0
_FPS: Final = (8.0, 12.0, 15.0, 15.0, 20.0, 25.0, 30.0, 30.0, 30.0, 60.0)
_SECONDS: Final = (2.0, 4.0)  # long enough for MediaPipe to track, short enough for many bodies and cameras
_MIX_SHARE: Final = 0.65
_BEND_SHARE: Final = 0.3
_SEATED_SHARE: Final = 0.14
_TURNED_ARM_SHARE: Final = 0.25
_TILT_SHARE: Final = 0.2
_LYING_SHARE: Final = 0.15  # of the tilted


@dataclass(frozen=True)
class ClipPlan:
    """One clip before it is filmed.

    Attributes:
        index: Number in the run, which with the run's seed gives all chance.
        seed: Of the run.
        split: train, val or test.
        sequence: Motion name, with what was done to it.
        subject: Whose motion.
        joints_m: (T, 20, 3) `MOTION_JOINTS`, legs of nominal length.
        head_forward: (T, 3).
        fps: Frames per second.
        body: Body seed.
        licence: Of the motion.
    """

    index: int
    seed: int
    split: str
    sequence: str
    subject: str
    joints_m: FloatArray
    head_forward: FloatArray
    fps: float
    body: int
    licence: str

    @property
    def file_name(self) -> str:
        """Return the name of the pair file."""
        return f"{self.index:06d}_{self.split}_{self.subject}.npz"


def plan_clips(motions: tuple[Motion, ...], n_frames: int, seed: int) -> Iterator[ClipPlan]:
    """Yield clips until they hold `n_frames` frames, and then one of each split that chance left out.

    Raises:
        DataError: There is no motion for training.
    """
    groups = groups_of(motions)
    if not groups["train"]:
        raise DataError("None of the motions may be used for training; give more motion folders.")
    splits = [s for s in SPLITS if groups[s]]
    shares = np.array([_SHARES[s] for s in splits])
    missing = set(splits)
    planned = index = 0
    while planned < n_frames or missing:
        rng = np.random.default_rng([seed, index])
        split = splits[int(rng.choice(len(splits), p=shares / shares.sum()))]
        if planned >= n_frames:
            split = min(missing, key=splits.index)
        plan = _plan_clip(index, seed, split, groups[split], rng)
        missing.discard(split)
        planned += len(plan.joints_m)
        index += 1
        yield plan


def _plan_clip(index: int, seed: int, split: str, groups: list[Group], rng: np.random.Generator) -> ClipPlan:
    motion = _choose(groups, rng)
    fps = float(rng.choice(_FPS))
    speed = float(rng.uniform(0.75, 1.15))
    joints, forward = cut(motion, fps, float(rng.uniform(*_SECONDS)), speed, rng)
    name = motion.name
    if split == "train":
        joints, forward, done = _varied(joints, forward, fps, groups, speed, rng)
        name = "+".join([name, *done])
    if rng.random() < 0.5:
        name += "-mirrored"
        joints, forward = mirrored(joints, forward)
    joints, forward = _turned(joints, forward, rng.uniform(0, 2 * np.pi))
    body = int(rng.integers(*body_range(split)))
    return ClipPlan(index, seed, split, name, motion.subject, joints, forward, fps, body, motion.licence)


def _choose(groups: list[Group], rng: np.random.Generator) -> Motion:
    weights = np.array([g.weight for g in groups])
    group = groups[int(rng.choice(len(groups), p=weights / weights.sum()))]
    lengths = np.sqrt([m.duration_s for m in group.motions])
    return group.motions[int(rng.choice(len(group.motions), p=lengths / lengths.sum()))]


def cut(
    motion: Motion, fps: float, seconds: float, speed: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return joints (T, 20, 3) and face directions (T, 3) of a passage, in place and with a face that looks about.

    Where the file does not say where the face looks, it looks ahead, give or take a slow chance turn.
    """
    length = min(motion.duration_s / speed, seconds)
    start = rng.uniform(0, motion.duration_s - length * speed) if motion.duration_s > length * speed else 0.0
    n = max(2, int(length * fps))
    times = np.arange(n) / fps
    if n < _SHORTEST:
        there_and_back = np.concatenate([times, times[-2:0:-1]])
        times = np.tile(there_and_back, int(np.ceil(_SHORTEST / len(there_and_back))))[: max(_SHORTEST, 2 * n - 2)]
    joints, forward = resample(motion, start + times * speed)
    if forward is None:
        shoulders = joints[:, INDEX["left_shoulder"]] - joints[:, INDEX["right_shoulder"]]
        ahead = np.cross(shoulders, joints[:, INDEX["neck"]] - joints[:, INDEX["pelvis"]])
        forward = ahead / np.linalg.norm(ahead, axis=-1, keepdims=True)
        turn = sway(len(joints), np.deg2rad([8, 18, 0]), fps, rng)
        forward = np.einsum("tij,tj->ti", turn, forward)
    return _in_place(joints, fps), forward


def _in_place(joints: FloatArray, fps: float) -> FloatArray:
    """Centre the path in the room; take a long path out, as a camera that goes along would."""
    path = joints[:, INDEX["pelvis"]] * [1.0, 0, 1]
    # continued at both ends as it goes there, or the filter would lag behind a walker
    margin = min(int(3 * fps), len(path) - 1)
    continued = np.pad(path, ((margin, margin), (0, 0)), mode="reflect", reflect_type="odd")
    slow = gaussian_filter1d(continued, 0.7 * fps, axis=0)[margin : len(path) + margin]
    centred = slow - slow.mean(axis=0)
    reach = float(np.abs(centred).max())
    keep = min(1.0, _WANDER_M / 2 / max(reach, 1e-9))
    result: FloatArray = joints - (slow - centred * keep)[:, None]
    return result


def _varied(
    joints: FloatArray, forward: FloatArray, fps: float, groups: list[Group], speed: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return a motion that nobody has made, and what was done to it."""
    done = []
    if rng.random() < _MIX_SHARE:
        other = _choose(groups, rng)
        part = str(rng.choice(list(PARTS), p=[0.4, 0.15, 0.15, 0.3]))
        joints = with_part_of(joints, cut(other, fps, len(joints) / fps, speed, rng)[0], part)
        done.append(f"{part} of {other.name}")
    if rng.random() < _SEATED_SHARE:
        joints = seated(joints, rng)
        done.append("seated")
    if rng.random() < _BEND_SHARE:
        joints, forward = bent(joints, forward, np.deg2rad([25, 20, 12]) * rng.uniform(0.3, 1), fps, rng)
        done.append("bend")
    for side in ("left", "right"):
        if rng.random() < _TURNED_ARM_SHARE:
            joints = with_turned_arm(joints, side, rng.normal(size=3) * np.deg2rad(30))
            done.append(f"{side} arm turned")
    if rng.random() < _TILT_SHARE:
        lying = rng.random() < _LYING_SHARE
        degrees = rng.uniform(60, 110) if lying else abs(rng.normal()) * 12
        joints, forward = tilted(joints, forward, degrees, rng)
        done.append("lying" if lying else "tilted")
    return joints, forward, done


def _turned(joints: FloatArray, forward: FloatArray, yaw_rad: float) -> tuple[FloatArray, FloatArray]:
    turn = Rotation.from_euler("y", yaw_rad).as_matrix()
    return joints @ turn.T, forward @ turn.T
