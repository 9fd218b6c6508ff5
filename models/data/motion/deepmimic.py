"""DeepMimic: the text clips of a fixed humanoid that the pybullet wheel carries.

JSON with one row of 44 numbers per frame: seconds, root position, then quaternions (w, x, y, z) and hinge angles.

Source: offsets from `pybullet_data/humanoid/humanoid.urdf` (a quarter of its lengths, which are in its own scale),
order of the numbers from `pybullet_envs/deep_mimic/env/humanoid_pose_interpolator.py`, both of pybullet (zlib).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.errors import DataError, brief
from core.pose.types import FloatArray
from core.system.files.documents import parse_json
from models.data.motion.types import RawMotion

DEEPMIMIC_PREFIX: Final = "humanoid3d_"
"""How the names of the humanoid's clips start; the same folder holds clips of a robot dog."""

_ROW_LENGTH: Final = 44


@dataclass(frozen=True)
class _Joint:
    """A joint of the humanoid, which looks along x with y up and z to its right."""

    name: str
    parent: int
    offset_m: tuple[float, float, float]
    column: int = -1  # where its rotation starts in a row; -1: it does not turn against its parent
    is_hinge: bool = False  # one angle about z instead of a quaternion


# head, toes and hands are no joints of the humanoid: they are placed where its shapes of the head, feet and hands lie
_JOINTS: Final = (
    _Joint("pelvis", -1, (0, 0, 0), 4),
    _Joint("spine", 0, (0, 0.236151, 0), 8),
    _Joint("neck", 1, (0, 0.223894, 0), 12),
    _Joint("head", 2, (0, 0.1, 0)),
    _Joint("right_hip", 0, (0, 0, 0.084887), 16),
    _Joint("right_knee", 4, (0, -0.421546, 0), 20, is_hinge=True),
    _Joint("right_ankle", 5, (0, -0.40987, 0), 21),
    _Joint("right_toe", 6, (0.12, -0.04, 0)),
    _Joint("right_shoulder", 1, (-0.02405, 0.2435, 0.18311), 25),
    _Joint("right_elbow", 8, (0, -0.274788, 0), 29, is_hinge=True),
    _Joint("right_wrist", 9, (0, -0.258947, 0)),
    _Joint("right_hand", 10, (0, -0.08, 0)),
    _Joint("left_hip", 0, (0, 0, -0.084887), 30),
    _Joint("left_knee", 12, (0, -0.421546, 0), 34, is_hinge=True),
    _Joint("left_ankle", 13, (0, -0.40987, 0), 35),
    _Joint("left_toe", 14, (0.12, -0.04, 0)),
    _Joint("left_shoulder", 1, (-0.02405, 0.2435, -0.18311), 39),
    _Joint("left_elbow", 16, (0, -0.274788, 0), 43, is_hinge=True),
    _Joint("left_wrist", 17, (0, -0.258947, 0)),
    _Joint("left_hand", 18, (0, -0.08, 0)),
)
_QUATERNIONS: Final = [joint.column for joint in _JOINTS if joint.column >= 0 and not joint.is_hinge]
_TINY: Final = 1e-9


def parse_deepmimic(text: str, name: str) -> RawMotion:
    """Read one clip: positions in metres, y up, joints under the names of `MOTION_JOINTS`.

    Args:
        text: The whole file.
        name: Of the file, for errors.

    Raises:
        DataError: Not a clip of the humanoid, or damaged.
    """
    rows = _parse_rows(text, name)
    seconds = rows[:-1, 0]  # a row lasts until the next one, so the last has no duration
    positions, rotations = _forward(rows)
    rest = np.zeros((1, _ROW_LENGTH))
    rest[:, _QUATERNIONS] = 1.0
    rest_positions, rest_rotations = _forward(rest)
    return RawMotion(
        positions, tuple(joint.name for joint in _JOINTS), float(1.0 / np.median(seconds)),
        rotations, rest_rotations[0], rest_positions[0],
    )  # fmt: skip


def _parse_rows(text: str, name: str) -> FloatArray:
    """Return the (T, 44) numbers."""
    try:
        rows = np.array(parse_json(text)["Frames"], dtype=float)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{name} is not a DeepMimic clip ({brief(error)}): JSON with rows in 'Frames' is needed."
        ) from error
    if rows.ndim != 2 or rows.shape[1] != _ROW_LENGTH or len(rows) < 2:
        raise DataError(
            f"{name} holds rows of shape {rows.shape}; two or more rows of {_ROW_LENGTH} numbers move the humanoid."
        )
    turns = np.stack([rows[:, column : column + 4] for column in _QUATERNIONS], axis=1)
    if not np.isfinite(rows).all() or (rows[:-1, 0] <= 0).any() or (np.abs(turns).max(axis=2) < _TINY).any():
        raise DataError(
            f"{name} is a damaged DeepMimic clip: a number is not finite, a frame lasts no time, or a quaternion is 0."
        )
    return rows


def _forward(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (T, J, 3) positions and (T, J, 3, 3) joint → world rotations."""
    positions = np.zeros((len(rows), len(_JOINTS), 3))
    rotations = np.zeros((len(rows), len(_JOINTS), 3, 3))
    for index, joint in enumerate(_JOINTS):
        local: FloatArray = np.broadcast_to(np.eye(3), (len(rows), 3, 3))
        if joint.is_hinge:
            local = Rotation.from_euler("z", rows[:, [joint.column]]).as_matrix()
        elif joint.column >= 0:
            w_first = rows[:, joint.column : joint.column + 4]
            local = Rotation.from_quat(np.roll(w_first, -1, axis=1)).as_matrix()
        if joint.parent < 0:
            positions[:, index], rotations[:, index] = rows[:, 1:4], local
        else:
            turn = rotations[:, joint.parent]
            positions[:, index] = positions[:, joint.parent] + turn @ np.array(joint.offset_m)
            rotations[:, index] = turn @ local
    return positions, rotations
