"""BVH: a hierarchy of offsets, then channel values per frame.

Own parser: what the libraries offer builds a Python object per joint and frame, hundreds of times slower.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from core.errors import DataError, brief
from core.pose.types import FloatArray
from models.data.motion.types import RawMotion

_T_POSE_PREFIX = "CC_Base_"
_CHANNELS = frozenset(f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation"))


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)


def parse_bvh(text: str, name: str) -> RawMotion:
    """Read BVH text.

    Files with `CC_Base_*` joints carry a T-pose as their first frame: it is dropped and kept as the rest pose. All
    other files rest in a T-pose when every angle is zero.

    Args:
        text: The whole file.
        name: Of the file, for errors.

    Raises:
        DataError: Not BVH, or fewer numbers than its header promises.
    """
    hierarchy, separator, motion = text.partition("MOTION")
    if not separator or "HIERARCHY" not in hierarchy:
        raise DataError(f"{name} is not a BVH file: HIERARCHY and MOTION are needed.")
    try:
        joints = _parse_hierarchy(hierarchy.split())
        fps, values = _parse_frames(motion, sum(len(joint.channels) for joint in joints))
    except (ValueError, IndexError) as error:
        raise DataError(f"{name} is a damaged BVH file ({brief(error)}); fetch it again.") from error
    positions, rotations = _forward(joints, values)
    names = tuple(joint.name for joint in joints)
    if any(n.startswith(_T_POSE_PREFIX) for n in names):
        return RawMotion(positions[1:], names, fps, rotations[1:], rotations[0], positions[0])
    rest_positions, rest_rotations = _forward(joints, np.zeros((1, values.shape[1])))
    return RawMotion(positions, names, fps, rotations, rest_rotations[0], rest_positions[0])


def _parse_hierarchy(words: list[str]) -> list[_Joint]:
    joints: list[_Joint] = []
    stack: list[int] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word in ("ROOT", "JOINT", "End"):
            parent = stack[-1] if stack else -1
            name = f"{joints[parent].name}_end" if word == "End" else words[position + 1]
            joints.append(_Joint(name, parent))
            position += 2
        elif word == "OFFSET":
            x, y, z = (float(v) for v in words[position + 1 : position + 4])
            joints[-1].offset = (x, y, z)
            position += 4
        elif word == "CHANNELS":
            count = int(words[position + 1])
            channels = words[position + 2 : position + 2 + count]
            if len(channels) != count or len(set(channels)) != count or not set(channels) <= _CHANNELS:
                raise ValueError(f"the channels of {joints[-1].name} are not positions and rotations")
            joints[-1].channels = channels
            position += 2 + count
        else:
            if word == "{":
                stack.append(len(joints) - 1)
            elif word == "}":
                stack.pop()
            elif word != "HIERARCHY":
                raise ValueError(f"unexpected '{word}'")
            position += 1
    if not joints or stack:
        raise ValueError("braces do not match")
    return joints


def _parse_frames(text: str, n_channels: int) -> tuple[float, FloatArray]:
    header, separator, numbers = text.partition("Time:")
    if not separator:
        raise ValueError("no frame time")
    n_frames = int(header.split("Frames:")[1].split()[0])
    values = np.array(numbers.split(), dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("a number is not finite")
    if values[0] <= 0:
        raise ValueError("the frame time is not positive")
    if len(values) - 1 != n_frames * n_channels:
        raise ValueError(f"{n_frames} frames of {n_channels} values are promised, {len(values) - 1} values are there")
    return 1.0 / float(values[0]), values[1:].reshape(n_frames, n_channels)


def _forward(joints: list[_Joint], values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (T, J, 3) positions and (T, J, 3, 3) joint → world rotations."""
    n_frames = len(values)
    positions = np.zeros((n_frames, len(joints), 3))
    rotations = np.zeros((n_frames, len(joints), 3, 3))
    first = 0
    for index, joint in enumerate(joints):
        columns = {channel: values[:, first + k] for k, channel in enumerate(joint.channels)}
        first += len(joint.channels)
        offset = np.tile(joint.offset, (n_frames, 1))
        for axis, letter in enumerate("XYZ"):
            if f"{letter}position" in columns:
                offset[:, axis] = columns[f"{letter}position"]
        turns = [channel for channel in joint.channels if channel.endswith("rotation")]
        local: FloatArray = np.broadcast_to(np.eye(3), (n_frames, 3, 3))
        if turns:
            # upper case: intrinsic, so the first channel is the leftmost factor
            order = "".join(channel[0] for channel in turns)
            angles = np.stack([columns[channel] for channel in turns], axis=1)
            local = Rotation.from_euler(order, angles, degrees=True).as_matrix()
        if joint.parent < 0:
            positions[:, index], rotations[:, index] = offset, local
        else:
            turn = rotations[:, joint.parent]
            positions[:, index] = positions[:, joint.parent] + np.einsum("tij,tj->ti", turn, offset)
            rotations[:, index] = turn @ local if turns else turn
    return positions, rotations
