"""The plain body of a GLB: a wedge for every bone, in the colours of its side."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.geometry import normalise
from core.humanoid import JOINT_NAMES, PARENTS
from core.palette import LEFT, MIDDLE, RIGHT
from core.types import FloatArray

_THICKNESS: Final = 0.11
_WAIST: Final = 0.18
"""Where along the bone the wedge is thickest."""
_THICKNESS_OF: Final = {"Chest": 0.22, "Neck": 0.22, "Head": 0.16, "HeadTip": 0.75}
_RING: Final = ((1, 2), (2, 3), (3, 4), (4, 1))
_FACES: Final = np.array([(0, b, a) for a, b in _RING] + [(5, a, b) for a, b in _RING])


@dataclass(frozen=True)
class BoneMesh:
    """Triangles without shared corners (three rows each), so that every face has its own normal.

    Attributes:
        positions_m: (V, 3) metres, counter-clockwise seen from outside.
        normals: (V, 3) unit.
        colours: (V, 3) linear red, green, blue in 0..1.
        bones: (V,) index of the bone that moves the corner.
    """

    positions_m: FloatArray
    normals: FloatArray
    colours: FloatArray
    bones: npt.NDArray[np.integer[Any]]


def bone_mesh(rest_joints_m: FloatArray) -> BoneMesh:
    """Return the body of a skeleton in its rest pose; joints that lie on their parent get no wedge.

    Args:
        rest_joints_m: (24, 3) metres, of `core.humanoid.Humanoid`.
    """
    positions, colours, bones = [], [], []
    for joint, parent in enumerate(PARENTS):
        start, end = rest_joints_m[parent], rest_joints_m[joint]
        name = JOINT_NAMES[joint]
        length = float(np.linalg.norm(end - start))
        if parent < 0 or length < 1e-6 or name.endswith("Shoulder"):
            continue
        corners = _wedge(start, end, length * _THICKNESS_OF.get(name, _THICKNESS))[_FACES.ravel()]
        positions.append(corners)
        side = LEFT if name.startswith("Left") else RIGHT if name.startswith("Right") else MIDDLE
        colours.append(np.tile((np.array(side) / 255.0) ** 2.2, (len(corners), 1)))
        bones.append(np.full(len(corners), parent))
    triangles = np.concatenate(positions).reshape(-1, 3, 3)
    normals = normalise(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]))
    return BoneMesh(
        triangles.reshape(-1, 3), np.repeat(normals, 3, axis=0), np.concatenate(colours), np.concatenate(bones)
    )


def _wedge(start: FloatArray, end: FloatArray, thickness: float) -> FloatArray:
    """Return the (6, 3) corners of a double pyramid: the start, four around its waist, the end."""
    along = normalise(end - start)
    across = normalise(np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0]))
    third = np.cross(along, across)
    waist = start + _WAIST * (end - start)
    ring = [waist + thickness * (c * across + s * third) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    return np.stack([start, *ring, end])
