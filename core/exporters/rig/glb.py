"""A sequence as GLB (binary glTF 2.0): an animated skeleton with a plain body of one limb per bone.

Metres, y up, facing +z when the person faces the camera; the rest pose is a T-pose on the floor. One animation with a
rotation track per bone and the way of the hips, at the frames' own times. Where nobody is seen the last pose is held,
and the asset's extras say when. The twist rule is in `core.pose.rotations`.
"""

import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pygltflib as gltf

from core.exporters.rig.bone_mesh import bone_mesh
from core.pose.humanoid import JOINT_NAMES, N_BONES, N_HUMANOID, PARENTS
from core.pose.rotations import HumanoidMotion
from core.pose.types import FloatArray
from core.sequence.absences import rounded
from core.sequence.humanoid_motion import humanoid_motion
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path
from core.system.version import program_version

_COMPONENTS: Final = {"float32": gltf.FLOAT, "uint16": gltf.UNSIGNED_SHORT, "uint8": gltf.UNSIGNED_BYTE}
_TYPES: Final = {(): gltf.SCALAR, (3,): gltf.VEC3, (4,): gltf.VEC4, (4, 4): gltf.MAT4}


def write(prepared: PreparedMotion, path: Path) -> None:
    """Write the file atomically; one in which nobody is seen has the bare joints.

    Args:
        prepared: Always written upright, y up.
        path: Where to.

    Raises:
        OutputError: The file cannot be written.
    """
    known, motion = humanoid_motion(prepared)
    unseen = {name: rounded(spans) for name, spans in prepared.unseen_s.items()}
    spans = rounded(prepared.absences_s)
    document = _Document(
        {"notes": list(prepared.notes), "rate_hz": prepared.rate_hz, "absences_s": spans, "unseen_s": unseen}
    )
    document.add_skeleton(motion)
    if len(motion):
        document.add_body(motion)
        # viewers run from key to key: one at each end of an absence holds the pose
        kept = known | np.r_[known[1:], False] | np.r_[False, known[:-1]]
        if not kept.all():
            motion = HumanoidMotion(motion.humanoid, motion.root_m[kept], motion.local[kept])
        document.add_animation(motion, prepared.time_s[kept] - prepared.time_s[0])
    with atomic_path(path) as temporary:
        document.save(temporary)


class _Document:
    """A glTF document under construction."""

    def __init__(self, extras: dict[str, Any]) -> None:
        generator = f"Neural Depth Refinement {program_version()}"
        self._gltf: Any = gltf.GLTF2(
            asset=gltf.Asset(version="2.0", generator=generator, extras=extras),
            scene=0,
            scenes=[gltf.Scene(nodes=[0])],
        )
        self._arrays: list[npt.NDArray[Any]] = []
        self._n_bytes = 0

    def add_skeleton(self, motion: HumanoidMotion) -> None:
        """Add the armature (node 0) and a node per joint (1 and on), in their rest pose on the floor."""
        nodes = self._gltf.nodes
        nodes.append(gltf.Node(name="Humanoid", children=[1]))
        offsets = motion.humanoid.offsets_m
        floor = motion.humanoid.rest_joints_m[:, 1].min()
        for joint, name in enumerate(JOINT_NAMES):
            place = offsets[joint] if joint else np.array([0.0, -floor, 0.0])
            children = [int(child) + 1 for child in np.flatnonzero(joint == PARENTS)]
            nodes.append(gltf.Node(name=name, translation=place.tolist(), children=children))

    def add_body(self, motion: HumanoidMotion) -> None:
        """Add the skin and the limbs that it moves."""
        rest = motion.humanoid.rest_joints_m
        rest = rest - [0.0, rest[:, 1].min(), 0.0]
        inverse = np.tile(np.eye(4, dtype=np.float32), (N_HUMANOID, 1, 1))
        inverse[:, :3, 3] = -rest
        # glTF keeps matrices by column
        matrices = self._accessor(np.ascontiguousarray(np.swapaxes(inverse, 1, 2)))
        self._gltf.skins.append(
            gltf.Skin(joints=list(range(1, N_HUMANOID + 1)), skeleton=1, inverseBindMatrices=matrices)
        )
        mesh = bone_mesh(rest)
        weights = np.zeros((len(mesh.positions_m), 4), np.float32)
        weights[:, 0] = 1.0
        carriers = np.zeros((len(mesh.positions_m), 4), np.uint8)
        carriers[:, 0] = mesh.bones
        attributes = gltf.Attributes(
            POSITION=self._accessor(mesh.positions_m.astype(np.float32), target=gltf.ARRAY_BUFFER),
            NORMAL=self._accessor(mesh.normals.astype(np.float32), target=gltf.ARRAY_BUFFER),
            COLOR_0=self._accessor(mesh.colours.astype(np.float32), target=gltf.ARRAY_BUFFER),
            JOINTS_0=self._accessor(carriers, target=gltf.ARRAY_BUFFER),
            WEIGHTS_0=self._accessor(weights, target=gltf.ARRAY_BUFFER),
        )
        indices = self._accessor(mesh.triangles.astype(np.uint16).ravel(), target=gltf.ELEMENT_ARRAY_BUFFER)
        material = gltf.Material(
            name="Body", pbrMetallicRoughness=gltf.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=0.7)
        )
        self._gltf.materials.append(material)
        primitive = gltf.Primitive(attributes=attributes, indices=indices, material=0)
        self._gltf.meshes.append(gltf.Mesh(name="Body", primitives=[primitive]))
        self._gltf.nodes.append(gltf.Node(name="Body", mesh=0, skin=0))
        self._gltf.scenes[0].nodes.append(len(self._gltf.nodes) - 1)

    def add_animation(self, motion: HumanoidMotion, time_s: FloatArray) -> None:
        """Add the motion; `time_s` (T,) from the start of the sequence."""
        times = self._accessor(time_s.astype(np.float32))
        animation = gltf.Animation(name="Motion")

        def track(node: int, path: str, values: FloatArray) -> None:
            sampler = gltf.AnimationSampler(input=times, output=self._accessor(values), interpolation=gltf.ANIM_LINEAR)
            animation.samplers.append(sampler)
            target = gltf.AnimationChannelTarget(node=node, path=path)
            animation.channels.append(gltf.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

        track(1, "translation", motion.root_m.astype(np.float32))
        local = motion.local.astype(np.float32, copy=False)
        _make_continuous(local)
        for bone in range(N_BONES):
            track(bone + 1, "rotation", local[:, bone])
        self._gltf.animations.append(animation)

    def save(self, path: Path) -> None:
        """Write the document, array by array: an hour of motion is never held twice.

        Raises:
            OSError: The file cannot be written.
        """
        if self._n_bytes:
            self._gltf.buffers.append(gltf.Buffer(byteLength=self._n_bytes))
        text = self._gltf.gltf_to_json(separators=(",", ":"), indent=None).encode()
        text += b" " * (-len(text) % 4)
        binary_head = struct.pack("<I4s", self._n_bytes, b"BIN\0") if self._n_bytes else b""
        length = 20 + len(text) + len(binary_head) + self._n_bytes
        with path.open("wb") as handle:
            handle.write(struct.pack("<4sIII4s", b"glTF", 2, length, len(text), b"JSON") + text + binary_head)
            for array in self._arrays:
                handle.write(np.ascontiguousarray(array).data)
                handle.write(b"\0" * (-array.nbytes % 4))

    def _accessor(self, array: npt.NDArray[Any], target: int | None = None) -> int:
        """Append an array to the buffer and return the index of its accessor."""
        self._gltf.bufferViews.append(
            gltf.BufferView(buffer=0, byteOffset=self._n_bytes, byteLength=array.nbytes, target=target)
        )
        self._arrays.append(array)
        self._n_bytes += array.nbytes + -array.nbytes % 4
        accessor = gltf.Accessor(
            bufferView=len(self._gltf.bufferViews) - 1,
            componentType=_COMPONENTS[array.dtype.name],
            count=len(array),
            type=_TYPES[array.shape[1:]],
        )
        if array.dtype == np.float32 and array.ndim < 3:
            # required of positions and of animation times
            accessor.min, accessor.max = (np.atleast_1d(f(array, axis=0)).tolist() for f in (np.min, np.max))
        self._gltf.accessors.append(accessor)
        return len(self._gltf.accessors) - 1


def _make_continuous(local: FloatArray) -> None:
    """Choose the signs of (T, B, 4) so that neighbours in time are on the same side: q and -q are one rotation."""
    is_across = np.einsum("tbi,tbi->tb", local[1:], local[:-1]) < 0
    is_turned = np.logical_xor.accumulate(is_across, axis=0)
    np.negative(local[1:], out=local[1:], where=is_turned[..., None])
