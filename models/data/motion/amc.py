"""Acclaim: a skeleton (ASF) and the angles that move it (AMC).

Source: the format notes of the CMU Graphics Lab Motion Capture Database.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from core.errors import DataError, brief
from core.pose.types import FloatArray
from models.data.motion.types import RawMotion

_AMC_FPS = 120.0  # the files do not say; all of CMU's optical captures are


@dataclass(frozen=True)
class _Bone:
    offset: FloatArray  # from the bone's start to its end, world axes at rest
    axis: FloatArray  # (3, 3) bone axes → world at rest
    dof: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """An ASF skeleton: bones by name, and (parent, child) pairs, parents first."""

    bones: dict[str, _Bone]
    links: tuple[tuple[str, str], ...]


def parse_asf(text: str, name: str) -> Skeleton:
    """Read an ASF skeleton.

    Raises:
        DataError: Not ASF, or a bone lacks what is needed.
    """
    sections = {part.split(None, 1)[0]: part for part in text.split("\n:") if part.strip()}
    if "bonedata" not in sections or "hierarchy" not in sections:
        raise DataError(f"{name} is not an ASF skeleton: :bonedata and :hierarchy are needed.")
    try:
        bones = dict(_parse_bone(block) for block in sections["bonedata"].split("begin")[1:])
        links = []
        for line in sections["hierarchy"].splitlines():
            words = line.split()
            if len(words) > 1 and words[0] not in ("hierarchy", "begin", "end"):
                links += [(words[0], child) for child in words[1:]]
        unknown = {child for _, child in links} - set(bones)
        if unknown:
            raise ValueError(f"no bone data for {', '.join(sorted(unknown))}")
    except (ValueError, IndexError, KeyError) as error:
        raise DataError(f"{name} is a damaged ASF skeleton ({brief(error)}); fetch it again.") from error
    return Skeleton(bones, tuple(links))


def _parse_bone(block: str) -> tuple[str, _Bone]:
    fields = {line.split()[0]: line.split()[1:] for line in block.splitlines() if line.split()}
    direction = np.array(fields["direction"], dtype=float)
    if direction.shape != (3,):
        raise ValueError("a direction has not three numbers")
    length = float(fields["length"][0])
    axis = Rotation.from_euler("xyz", [float(v) for v in fields["axis"][:3]], degrees=True).as_matrix()
    return fields["name"][0], _Bone(direction * length, axis, tuple(fields.get("dof", ())))


def parse_amc(text: str, skeleton: Skeleton, name: str) -> RawMotion:
    """Read AMC angles and apply them to their skeleton.

    A joint is named after the bone that ends there; `root` is the pelvis.

    Raises:
        DataError: Not AMC, or it does not belong to this skeleton.
    """
    frames = _parse_frames(text, name)
    missing = {bone for bone, data in skeleton.bones.items() if data.dof and bone not in frames} | {"root"} - set(
        frames
    )
    if missing:
        raise DataError(f"{name} lacks angles for {', '.join(sorted(missing))}: it belongs to another skeleton.")
    n_frames = len(frames["root"])
    root = frames["root"]
    if root.shape[1:] != (6,):
        raise DataError(f"{name} does not give the root three places and three angles.")
    names, positions, rotations = ["root"], [root[:, :3]], [_turn(("rx", "ry", "rz"), root[:, 3:6])]
    for parent, child in skeleton.links:
        if parent not in names:
            raise DataError(f"{name}: its skeleton hangs {child} on {parent}, which hangs on nothing.")
        bone = skeleton.bones[child]
        local: FloatArray = np.broadcast_to(np.eye(3), (n_frames, 3, 3))
        if bone.dof:
            if frames[child].shape[1] != len(bone.dof):
                raise DataError(f"{name} gives {child} another number of angles than its skeleton has.")
            local = bone.axis @ _turn(bone.dof, frames[child]) @ bone.axis.T
        start = names.index(parent)
        turn = rotations[start] @ local
        names.append(child)
        rotations.append(turn)
        positions.append(positions[start] + turn @ bone.offset)
    rest = {"root": np.zeros(3)}
    for parent, child in skeleton.links:
        rest[child] = rest[parent] + skeleton.bones[child].offset
    return RawMotion(
        np.stack(positions, axis=1), tuple(names), _AMC_FPS, np.stack(rotations, axis=1),
        np.broadcast_to(np.eye(3), (len(names), 3, 3)), np.stack([rest[n] for n in names]),
    )  # fmt: skip


def _parse_frames(text: str, name: str) -> dict[str, FloatArray]:
    """Return bone → (T, n_dof)."""
    values: dict[str, list[list[float]]] = {}
    n_frames = 0
    try:
        for line in text.splitlines():
            words = line.split()
            if not words or words[0][0] in "#:":
                continue
            if len(words) == 1:
                n_frames += 1
            else:
                values.setdefault(words[0], []).append([float(w) for w in words[1:]])
        frames = {bone: np.array(rows) for bone, rows in values.items()}
    except ValueError as error:
        raise DataError(f"{name} is a damaged AMC file ({brief(error)}); fetch it again.") from error
    if n_frames < 2 or any(len(rows) != n_frames for rows in frames.values()):
        raise DataError(f"{name} is not a whole AMC file: every bone needs a line in every frame.")
    return frames


def _turn(dof: tuple[str, ...], angles_deg: FloatArray) -> FloatArray:
    full = np.zeros((len(angles_deg), 3))
    for column, letter in enumerate(dof):
        if letter in ("rx", "ry", "rz"):
            full[:, "xyz".index(letter[1])] = angles_deg[:, column]
    return np.asarray(Rotation.from_euler("xyz", full, degrees=True).as_matrix())
