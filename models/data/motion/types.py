"""The one form that all motion takes: positions of a small fixed set of joints."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import DataError
from core.pose.types import FloatArray

MOTION_JOINTS: Final = (
    "pelvis", "spine", "neck", "head",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_toe", "right_toe",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hand", "right_hand",
)  # fmt: skip
"""Joints of a `Motion`, in this order. `spine` is at mid-back, `hand` at the knuckles."""

INDEX: Final = {name: index for index, name in enumerate(MOTION_JOINTS)}
"""Name → index in `MOTION_JOINTS`."""

MIRRORED: Final = np.array(
    [INDEX[n.replace("left", "L").replace("right", "left").replace("L", "right")] for n in MOTION_JOINTS]
)
"""(20,) index of the same joint on the other side."""

NOMINAL_LEG_M: Final = 0.86
"""Hip to ankle of every loaded motion: files come in inches, centimetres or arbitrary units."""


@dataclass(frozen=True)
class Motion:
    """One performance.

    Attributes:
        positions_m: (T, 20, 3) metres, right-handed, y up, finite; the legs are `NOMINAL_LEG_M` long.
        head_forward: (T, 3) unit direction of the face, or None where the file has positions only.
        fps: Frames per second.
        name: Unique among motions: file stem, with the clip's name for files that hold several.
        subject: Who moved; splits keep a subject together.
        licence: As far as it is known.
        is_rooted: False when the file is hip-centred, so the path through the room is unknown.
    """

    positions_m: FloatArray
    head_forward: FloatArray | None
    fps: float
    name: str
    subject: str
    licence: str
    is_rooted: bool = True

    def __post_init__(self) -> None:
        shape = self.positions_m.shape
        if len(shape) != 3 or shape[1:] != (len(MOTION_JOINTS), 3) or shape[0] < 2:
            raise DataError(
                f"Motion {self.name} has positions of shape {shape}; (T >= 2, {len(MOTION_JOINTS)}, 3) is needed."
            )
        if not np.isfinite(self.positions_m).all():
            raise DataError(f"Motion {self.name} holds values that are not finite.")

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last frame."""
        return (len(self.positions_m) - 1) / self.fps


@dataclass(frozen=True)
class RawMotion:
    """What a file holds: all its joints, in its own units.

    Attributes:
        positions: (T, J, 3), y or z up, unit of the file.
        joint_names: J names; the end of a chain is called `<parent>_end`.
        fps: Frames per second.
        rotations: (T, J, 3, 3) joint → world, or None where the file has positions only.
        rest_rotations: (J, 3, 3) joint → world when the body stands upright and looks ahead, or None.
        rest_positions: (J, 3) joints in that pose, or None.
    """

    positions: FloatArray
    joint_names: tuple[str, ...]
    fps: float
    rotations: FloatArray | None = None
    rest_rotations: FloatArray | None = None
    rest_positions: FloatArray | None = None
