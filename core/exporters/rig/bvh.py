"""A sequence as BVH: a humanoid of constant bone lengths and the rotations of its bones.

Centimetres, y up, the person faces +z when facing the camera; the rest pose (all rotations 0) is a T-pose. Channels
are in the order Z, X, Y: turn about the bone's own z first, then the new x, then the new y. Bone names are Unity's;
the twist rule is in `core.pose.rotations`. BVH has no holes: where nobody is seen the last pose is held.
"""

import warnings
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.humanoid import BONE_NAMES, JOINT_NAMES, N_BONES, PARENTS, Humanoid
from core.pose.rotations import HumanoidMotion
from core.pose.types import FloatArray
from core.sequence.humanoid_motion import humanoid_motion
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path

_CM: Final = 100.0
_ORDER: Final = "ZXY"


def write(prepared: PreparedMotion, path: Path) -> None:
    """Write the file atomically; one in which nobody is seen has a skeleton of no size and no frame.

    Args:
        prepared: At a constant frame rate; always written upright, y up.
        path: Where to.

    Raises:
        OutputError: The file cannot be written.
    """
    _, motion = humanoid_motion(prepared)
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as handle:
        handle.write("HIERARCHY\n")
        _write_joint(handle, motion.humanoid, 0, "")
        handle.write(f"MOTION\nFrames: {len(motion)}\nFrame Time: {1 / prepared.rate_hz:.8f}\n")
        last: FloatArray = np.zeros((1, 3 + 3 * N_BONES))
        for part in prepared.blocks() if len(motion) else ():
            rows = _channels(motion, part)
            # no jump by a whole turn from frame to frame, which an editor would draw between them
            rows[:, 3:] = np.unwrap(np.concatenate([last, rows])[:, 3:], axis=0, period=360.0)[1:]
            np.savetxt(handle, rows, fmt="%.5f")
            last = rows[-1:]


def _write_joint(handle: TextIO, humanoid: Humanoid, joint: int, indent: str) -> None:
    x, y, z = humanoid.offsets_m[joint] * _CM
    is_tip = joint >= N_BONES
    kind = "End Site" if is_tip else f"{'ROOT' if joint == 0 else 'JOINT'} {JOINT_NAMES[joint]}"
    handle.write(f"{indent}{kind}\n{indent}{{\n{indent}\tOFFSET {x:.5f} {y:.5f} {z:.5f}\n")
    if not is_tip:
        position = "6 Xposition Yposition Zposition" if joint == 0 else "3"
        handle.write(f"{indent}\tCHANNELS {position} {' '.join(f'{axis}rotation' for axis in _ORDER)}\n")
    for child in np.flatnonzero(joint == PARENTS):
        _write_joint(handle, humanoid, int(child), f"{indent}\t")
    handle.write(f"{indent}}}\n")


def _channels(motion: HumanoidMotion, part: slice) -> FloatArray:
    """Return (N, 60) numbers of some frames, in the order of the file's joints: root position, then all rotations."""
    local = motion.local[part]
    with warnings.catch_warnings():
        # at 90 degrees about x the split between z and y is free, and scipy says so; any split is right here
        warnings.simplefilter("ignore", UserWarning)
        angles = Rotation.from_quat(local.reshape(-1, 4)).as_euler(_ORDER, degrees=True)
    order = _file_order()
    degrees = angles.reshape(len(local), N_BONES, 3)[:, order]
    return np.concatenate([motion.root_m[part] * _CM, degrees.reshape(len(local), -1)], axis=1)


def _file_order() -> list[int]:
    """Return the bones in the order in which `_write_joint` meets them."""
    order, stack = [], [0]
    while stack:
        bone = stack.pop()
        order.append(bone)
        stack += [int(child) for child in np.flatnonzero(PARENTS[: len(BONE_NAMES)] == bone)[::-1]]
    return order
