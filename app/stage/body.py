"""What a body is built of in the 3D views: hulls of spheres about the 33 landmarks and a few points between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.geometry import normalise
from core.pose.skeleton import LANDMARK_NAMES, LANDMARK_TO_COCO
from core.pose.types import BoolArray, FloatArray

_USUAL_TRUNK_M: Final = 0.5
_MADE: Final = ("neck", "chest", "left_waist", "right_waist", "skull", "chin", "nose_tip")
POINT_NAMES: Final = (*LANDMARK_NAMES, *_MADE)
FACE_SHARE: Final = 0.45
"""How far around the skull the face reaches: cosine of the angle from the gaze."""


def _at(name: str) -> int:
    return POINT_NAMES.index(name)


_NECK, _CHEST, _LEFT_WAIST, _RIGHT_WAIST, _SKULL, _CHIN, _NOSE_TIP = (_at(name) for name in _MADE)
SKULL_RADIUS_M: Final = 0.098


@dataclass(frozen=True)
class Part:
    """A piece of a body.

    Attributes:
        points: Indices of POINT_NAMES.
        radii_m: Of a sphere about each, for a trunk of half a metre.
        side: 1 left, -1 right, 0 neither.
        landmarks: Which landmarks must be seen for it to be known.
        kind: "limb", "trunk", "neck", "skull" or "nose".
    """

    points: tuple[int, ...]
    radii_m: tuple[float, ...]
    side: int
    landmarks: tuple[int, ...]
    kind: str = "limb"


def _limbs(name: str, side: int) -> tuple[Part, ...]:
    def part(*spheres: tuple[str, float]) -> Part:
        points = tuple(_at(f"{name}_{joint}") for joint, _ in spheres)
        return Part(points, tuple(radius for _, radius in spheres), side, points)

    return (
        part(("shoulder", 0.052), ("elbow", 0.040)),
        part(("elbow", 0.039), ("wrist", 0.026)),
        part(("wrist", 0.025), ("index", 0.017), ("pinky", 0.015)),
        part(("wrist", 0.018), ("thumb", 0.013)),
        part(("hip", 0.080), ("knee", 0.054)),
        part(("knee", 0.052), ("ankle", 0.034)),
        part(("ankle", 0.034), ("heel", 0.027), ("foot_index", 0.022)),
    )


_SHOULDERS, _HIPS = tuple(map(_at, ("left_shoulder", "right_shoulder"))), tuple(map(_at, ("left_hip", "right_hip")))
_WAIST: Final = (_LEFT_WAIST, _RIGHT_WAIST)
_EARS: Final = (_at("left_ear"), _at("right_ear"))
PARTS: Final = (
    *_limbs("left", 1),
    *_limbs("right", -1),
    Part((*_HIPS, *_WAIST), (0.088, 0.088, 0.086, 0.086), 0, _HIPS, "trunk"),
    Part((*_SHOULDERS, _CHEST, *_WAIST), (0.055, 0.055, 0.108, 0.086, 0.086), 0, (*_SHOULDERS, *_HIPS), "trunk"),
    Part((_NECK, _SKULL), (0.060, 0.050), 0, _SHOULDERS, "neck"),
    Part((_SKULL, _CHIN), (SKULL_RADIUS_M, 0.052), 0, _EARS, "skull"),
    Part((_at("nose"), _NOSE_TIP), (0.024, 0.010), 0, (0,), "nose"),
)
PART_POINTS: Final = np.concatenate([part.points for part in PARTS])
"""(S,) the point of each sphere of all parts, one part after the other."""
PART_RADII_M: Final = np.concatenate([part.radii_m for part in PARTS])
"""(S,) their radii."""
PART_STARTS: Final = np.cumsum([0, *(len(part.points) for part in PARTS)])
"""(P + 1,) where in S each part begins."""


@dataclass(frozen=True)
class Body:
    """A body at a moment.

    Attributes:
        landmarks_m: (33, 3) display axes, metres.
        points_m: (40, 3) of POINT_NAMES, the same axes.
        size: How large it is, 1 for a trunk of half a metre.
        gaze: (3,) unit vector out of the face; NaN where the face is not known.
        facing: (3,) unit vector out of the chest; NaN where it is not known.
        seen: (33,) which landmarks were seen.
        change_m: (33,) how much deeper the refiner put each landmark, metres; None where that is not shown.
    """

    landmarks_m: FloatArray
    points_m: FloatArray
    size: float
    gaze: FloatArray
    facing: FloatArray
    seen: BoolArray
    change_m: FloatArray | None = None


def body_of(landmarks_m: FloatArray, seen: BoolArray, change_m: FloatArray | None = None) -> Body:
    """Return the body about (33, 3) landmarks in display axes (right-handed, metres)."""
    shoulders, hips = landmarks_m[list(_SHOULDERS)], landmarks_m[list(_HIPS)]
    shoulder, hip = shoulders.mean(axis=0), hips.mean(axis=0)
    trunk = float(np.linalg.norm(shoulder - hip))
    size = float(np.clip(trunk / _USUAL_TRUNK_M, 0.5, 1.6)) if np.isfinite(trunk) else 1.0
    facing = normalise(np.cross(shoulders[0] - shoulders[1], shoulder - hip))
    ears = landmarks_m[list(_EARS)]
    eyes = landmarks_m[[2, 5]].mean(axis=0)
    across, middle = normalise(ears[0] - ears[1]), ears.mean(axis=0)
    # the eyes are level with the ears' upper rim, the nose lies below: what both say of the way ahead
    ahead = (eyes + landmarks_m[0]) / 2 - middle
    gaze = normalise(ahead - across * (ahead @ across))
    crown = np.cross(gaze, across)
    waist, beside = 0.32 * shoulder + 0.68 * hip, (hips[0] - hips[1]) / 2
    skull = middle + size * (0.030 * crown + 0.012 * gaze)
    made = np.stack(
        [
            shoulder + 0.02 * size * normalise(shoulder - hip),
            0.78 * shoulder + 0.22 * hip,
            waist + 0.45 * beside,
            waist - 0.45 * beside,
            skull,
            skull + size * (-0.085 * crown + 0.045 * gaze),
            landmarks_m[0] + 0.030 * size * gaze,
        ]
    )
    return Body(landmarks_m, np.concatenate([landmarks_m, made]), size, gaze, facing, seen, change_m)


def face_rim(body: Body, n: int = 20) -> tuple[FloatArray, FloatArray]:
    """Return the (3,) middle of the skull and (n, 3) points on it about the gaze, where the face ends."""
    centre, radius = body.points_m[_SKULL], SKULL_RADIUS_M * body.size
    turn = np.linspace(0.0, 2 * np.pi, n, endpoint=False)[:, None]
    chin = body.points_m[_CHIN] - centre
    ahead = normalise(body.gaze + 0.25 * normalise(chin))  # the hair reaches lower behind than in front
    side = normalise(np.cross(ahead, [0.31, 0.17, 0.93]))
    above = np.cross(side, ahead)
    rim = FACE_SHARE * ahead + np.sqrt(1 - FACE_SHARE**2) * (np.cos(turn) * side + np.sin(turn) * above)
    return centre, centre + radius * rim


def side_of_landmark(landmark: int) -> int:
    """Return 1 for a landmark on the left, -1 on the right, 0 on the midline."""
    name = LANDMARK_NAMES[landmark]
    return 1 if "left" in name else -1 if "right" in name else 0


JOINT_LANDMARKS: Final[list[int]] = LANDMARK_TO_COCO.tolist()
