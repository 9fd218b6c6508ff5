"""The plain body of a GLB: a rounded limb for every bone, in the colours of its side."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.geometry import normalise
from core.pose.humanoid import JOINT_NAMES, PARENTS
from core.pose.palette import LEFT, MIDDLE, RIGHT
from core.pose.types import FloatArray

_SIDES: Final = 10
_RINGS: Final = 9


@dataclass(frozen=True)
class _Shape:
    """How thick a limb is, as shares of its length.

    Attributes:
        start: Radius where it begins.
        end: Radius where it ends.
        depth: Front to back against side to side.
        back: How far before its joint it begins.
        roundness: 1 for an egg, towards 0 for a stick with flat ends.
    """

    start: float = 0.15
    end: float = 0.12
    depth: float = 1.0
    back: float = 0.0
    roundness: float = 0.3


_SHAPES: Final = {
    "Chest": _Shape(0.52, 0.46, 0.65), "Neck": _Shape(0.46, 0.58, 0.62), "Head": _Shape(0.26, 0.24),
    "HeadTip": _Shape(0.75, 0.75, 1.2, back=1.0, roundness=0.9),
    "UpperArm": _Shape(0.3, 0.28), "LowerArm": _Shape(0.19, 0.15), "Hand": _Shape(0.16, 0.11),
    "HandTip": _Shape(0.45, 0.4, 0.5), "UpperLeg": _Shape(0.6, 0.6), "LowerLeg": _Shape(0.2, 0.14),
    "Foot": _Shape(0.14, 0.09), "FootTip": _Shape(0.2, 0.2, 0.8, back=0.3),
}  # fmt: skip
"""Joint, without its side → the limb that ends there."""
_COLOURS: Final = {"Left": LEFT, "Right": RIGHT, "": MIDDLE}


@dataclass(frozen=True)
class BoneMesh:
    """Triangles of V corners.

    Attributes:
        positions_m: (V, 3) metres.
        normals: (V, 3) unit, outwards.
        colours: (V, 3) linear red, green, blue in 0..1.
        bones: (V,) index of the bone that moves the corner.
        triangles: (F, 3) corners, counter-clockwise seen from outside.
    """

    positions_m: FloatArray
    normals: FloatArray
    colours: FloatArray
    bones: npt.NDArray[np.integer[Any]]
    triangles: npt.NDArray[np.integer[Any]]


def bone_mesh(rest_joints_m: FloatArray) -> BoneMesh:
    """Return the body of a skeleton in its rest pose; joints that lie on their parent get no limb.

    Args:
        rest_joints_m: (24, 3) metres, of `core.pose.humanoid.Humanoid`.
    """
    limbs = []
    for joint, parent in enumerate(PARENTS):
        side, part = _split(JOINT_NAMES[joint])
        start, end = rest_joints_m[parent], rest_joints_m[joint]
        if part in _SHAPES and np.linalg.norm(end - start) > 1e-6:
            places, outwards = _limb(start, end, _SHAPES[part])
            colour = (np.array(_COLOURS[side]) / 255.0) ** 2.2
            limbs.append((places, outwards, np.tile(colour, (len(places), 1)), np.full(len(places), parent)))
    positions, normals, colours, bones = (np.concatenate(parts) for parts in zip(*limbs, strict=True))
    triangles = [_limb_triangles() + index * _RINGS * _SIDES for index in range(len(limbs))]
    return BoneMesh(positions, normals, colours, bones, np.concatenate(triangles))


def _split(name: str) -> tuple[str, str]:
    side = next((side for side in ("Left", "Right") if name.startswith(side)), "")
    return side, name.removeprefix(side)


def _limb(start: FloatArray, end: FloatArray, shape: _Shape) -> tuple[FloatArray, FloatArray]:
    """Return (R*S, 3) places and normals of a limb with round ends: rings of corners from start to end."""
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    across = normalise(np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0]))
    third = np.cross(along, across)
    polar = np.linspace(0.0, np.pi, _RINGS)
    turn = np.arange(_SIDES) * 2 * np.pi / _SIDES
    # a ball, pulled apart at its middle: the limb's ends are its halves
    share = 0.5 - 0.5 * np.sign(np.cos(polar)) * np.abs(np.cos(polar)) ** shape.roundness
    radius = (
        np.sin(polar) ** (0.4 + 0.6 * shape.roundness**2) * (shape.start + (shape.end - shape.start) * share) * length
    )
    axis = start + (np.outer(share * (1 + shape.back) - shape.back, end - start))
    wide, deep = radius[:, None] * np.cos(turn), radius[:, None] * np.sin(turn) * shape.depth
    places = axis[:, None] + wide[..., None] * across + deep[..., None] * third
    outwards = np.sin(polar)[:, None, None] * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * third)
    outwards = outwards - np.cos(polar)[:, None, None] * along
    return places.reshape(-1, 3), normalise(outwards.reshape(-1, 3))


def _limb_triangles() -> npt.NDArray[np.integer[Any]]:
    """Return the (F, 3) triangles between the rings of `_limb`; those at the two ends are of no size."""
    ring, side = np.meshgrid(np.arange(_RINGS - 1), np.arange(_SIDES), indexing="ij")
    after = (side + 1) % _SIDES
    a, b, c, d = (ring * _SIDES + side, ring * _SIDES + after, (ring + 1) * _SIDES + side, (ring + 1) * _SIDES + after)
    first, second = np.stack([a, b, c], axis=-1)[1:], np.stack([b, d, c], axis=-1)[:-1]
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])
