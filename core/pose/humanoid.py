"""The humanoid skeleton of BVH, GLB and avatar streams: bone names, tree, rest pose, and constant bone lengths.

Axes of everything here: right-handed, y against gravity, metres; the rest pose is a T-pose that faces +z with the
subject's left at +x, and every bone's own axes are parallel to these in it. Names are Unity's HumanBodyBones.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.skeleton import N_LANDMARKS
from core.pose.types import FloatArray, require_shape

BONE_NAMES: Final = (
    "Hips", "Spine", "Chest", "Neck", "Head",
    "LeftShoulder", "LeftUpperArm", "LeftLowerArm", "LeftHand",
    "RightShoulder", "RightUpperArm", "RightLowerArm", "RightHand",
    "LeftUpperLeg", "LeftLowerLeg", "LeftFoot",
    "RightUpperLeg", "RightLowerLeg", "RightFoot",
)  # fmt: skip
"""(19,) bones that turn, parents first; a bone sits at its joint: LeftLowerArm turns about the left elbow."""
N_BONES: Final = len(BONE_NAMES)
BONE: Final = {name: index for index, name in enumerate(BONE_NAMES)}

TIP_NAMES: Final = ("HeadTip", "LeftHandTip", "RightHandTip", "LeftFootTip", "RightFootTip")
"""(5,) ends of the last bones: crown, knuckles, toes. They do not turn."""
JOINT_NAMES: Final = (*BONE_NAMES, *TIP_NAMES)
N_HUMANOID: Final = len(JOINT_NAMES)

_PARENT_NAMES: Final = {
    "Spine": "Hips", "Chest": "Spine", "Neck": "Chest", "Head": "Neck", "HeadTip": "Head",
    **{
        f"{side}{child}": parent if parent in ("Hips", "Chest") else f"{side}{parent}"
        for side in ("Left", "Right")
        for child, parent in (
            ("Shoulder", "Chest"), ("UpperArm", "Shoulder"), ("LowerArm", "UpperArm"), ("Hand", "LowerArm"),
            ("HandTip", "Hand"), ("UpperLeg", "Hips"), ("LowerLeg", "UpperLeg"), ("Foot", "LowerLeg"),
            ("FootTip", "Foot"),
        )
    },
}  # fmt: skip
PARENTS: Final = np.array([BONE[_PARENT_NAMES[name]] if name in _PARENT_NAMES else -1 for name in JOINT_NAMES])
"""(24,) index of the parent bone of each joint; -1 for Hips."""

FOOT_DROP_RAD: Final = np.deg2rad(15.0)
"""How far the line from ankle to toes points below the line from heel to toes: median of MediaPipe on real clips."""

_REST_DIRECTIONS: Final = {
    "Hips": (0, 0, 0), "Spine": (0, 0, 0), "Chest": (0, 1, 0), "Neck": (0, 1, 0), "Head": (0, 1, 0),
    "HeadTip": (0, 1, 0),
    **{f"{side}Shoulder": (0, 1, 0) for side in ("Left", "Right")},
    **{f"Left{part}": (1, 0, 0) for part in ("UpperArm", "LowerArm", "Hand", "HandTip", "UpperLeg")},
    **{f"Right{part}": (-1, 0, 0) for part in ("UpperArm", "LowerArm", "Hand", "HandTip", "UpperLeg")},
    **{f"{side}{part}": (0, -1, 0) for side in ("Left", "Right") for part in ("LowerLeg", "Foot")},
    **{f"{side}FootTip": (0, -np.sin(FOOT_DROP_RAD), np.cos(FOOT_DROP_RAD)) for side in ("Left", "Right")},
}  # fmt: skip
REST_DIRECTIONS: Final[FloatArray] = np.array([_REST_DIRECTIONS[name] for name in JOINT_NAMES], dtype=float)
"""(24, 3) unit direction from parent to joint in the rest pose; zero where both are one point.

Spine sits on Hips: what is seen of a trunk is the hip line and the shoulder line, and nothing in between.
"""

_EARS, _SHOULDERS, _HIPS = [7, 8], [11, 12], [23, 24]
_HEAD_TIP_OF_NECK: Final = 0.6
"""Height of the crown above the ears, as a share of the length from shoulder line to ears; nobody measures it."""

_DIRECT: Final = {
    "LeftUpperArm": 11, "LeftLowerArm": 13, "LeftHand": 15, "RightUpperArm": 12, "RightLowerArm": 14, "RightHand": 16,
    "LeftUpperLeg": 23, "LeftLowerLeg": 25, "LeftFoot": 27, "RightUpperLeg": 24, "RightLowerLeg": 26, "RightFoot": 28,
    "LeftFootTip": 31, "RightFootTip": 32,
}  # fmt: skip
"""Joint → the landmark that it is."""


def humanoid_joints(landmarks_m: npt.ArrayLike) -> FloatArray:
    """Return where the humanoid's joints are, from MediaPipe's 33 landmarks (`core.pose.rigid_landmarks`).

    Hips and Spine are the middle of the hips, Neck and Shoulders the middle of the shoulders, Chest half way between
    them, Head the middle of the ears, a hand's tip the middle of index and little-finger knuckle. HeadTip goes on
    from Neck through Head.

    Args:
        landmarks_m: (..., 33, 3) metres, any frame.

    Returns:
        (..., 24, 3) same frame; NaN where a landmark it depends on is.

    Raises:
        DataError: The shape is wrong.
    """
    marks = np.asarray(landmarks_m, dtype=float)
    if marks.shape[-2:] != (N_LANDMARKS, 3):
        raise DataError(f"Landmarks have shape {marks.shape}, but (..., 33, 3) is needed.")
    joints = np.full((*marks.shape[:-2], N_HUMANOID, 3), np.nan)
    index = {name: i for i, name in enumerate(JOINT_NAMES)}
    hips, shoulders, ears = (marks[..., pair, :].mean(axis=-2) for pair in (_HIPS, _SHOULDERS, _EARS))
    for name in ("Hips", "Spine"):
        joints[..., index[name], :] = hips
    for name in ("Neck", "LeftShoulder", "RightShoulder"):
        joints[..., index[name], :] = shoulders
    joints[..., index["Chest"], :] = (hips + shoulders) / 2
    joints[..., index["Head"], :] = ears
    joints[..., index["HeadTip"], :] = ears + _HEAD_TIP_OF_NECK * (ears - shoulders)
    joints[..., index["LeftHandTip"], :] = marks[..., [17, 19], :].mean(axis=-2)
    joints[..., index["RightHandTip"], :] = marks[..., [18, 20], :].mean(axis=-2)
    for name, landmark in _DIRECT.items():
        joints[..., index[name], :] = marks[..., landmark, :]
    return joints


@dataclass(frozen=True)
class Humanoid:
    """A skeleton of constant bone lengths.

    Attributes:
        lengths_m: (24,) distance of each joint from its parent, metres; 0 for Hips and Spine.
    """

    lengths_m: FloatArray

    def __post_init__(self) -> None:
        require_shape("lengths_m", self.lengths_m, (N_HUMANOID,))

    @cached_property
    def offsets_m(self) -> FloatArray:
        """(24, 3) each joint seen from its parent in the rest pose, metres."""
        return REST_DIRECTIONS * self.lengths_m[:, None]

    @cached_property
    def rest_joints_m(self) -> FloatArray:
        """(24, 3) the T-pose, Hips at the origin."""
        joints = np.zeros((N_HUMANOID, 3))
        for joint, parent in enumerate(PARENTS):
            if parent >= 0:
                joints[joint] = joints[parent] + self.offsets_m[joint]
        return joints

    @classmethod
    def from_joints(cls, joints_m: FloatArray) -> "Humanoid":
        """Measure one: the median over the frames of each length.

        Args:
            joints_m: (T, 24, 3) of `humanoid_joints`; NaN is left out, and a hand or foot never seen has length 0.

        Raises:
            DataError: A length of the trunk or the limbs is seen in no frame.
        """
        return cls.from_lengths(joint_lengths(joints_m))

    @classmethod
    def from_lengths(cls, lengths_m: FloatArray) -> "Humanoid":
        """The same from (T, 24) lengths of `joint_lengths`."""
        known = np.asarray(np.isfinite(lengths_m).any(axis=0))
        if not known[:N_BONES].all():
            raise DataError("Nobody is seen in any frame, so there are no bone lengths; choose another range.")
        median = np.zeros(N_HUMANOID)
        median[known] = np.nanmedian(lengths_m[:, known], axis=0)
        return cls(np.where(np.any(REST_DIRECTIONS != 0, axis=1), median, 0.0))


def joint_lengths(joints_m: FloatArray) -> FloatArray:
    """Return the (T, 24) distance of each joint from its parent, metres, of (T, 24, 3) joints; 0 for Hips."""
    steps = joints_m - joints_m[:, np.where(PARENTS < 0, 0, PARENTS)]
    return np.asarray(np.linalg.norm(steps, axis=2))
