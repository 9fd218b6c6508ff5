"""What a body wears and looks like: a colour for every vertex, clothes with some thickness, a face, hair.

MediaPipe finds people by such cues; a body without a face and with soft clothing borders misleads it more than any
person in a video does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.data.studio.body import Body, Float32
from models.data.studio.garment import hang

_SKIN_TONES: Final = np.array(
    [(255, 219, 190), (241, 194, 160), (224, 172, 130), (198, 134, 90), (141, 85, 50), (92, 58, 40), (66, 42, 30)]
)
_HAIR_TONES: Final = np.array(
    [(20, 16, 14), (45, 30, 20), (90, 56, 30), (160, 110, 60), (120, 115, 110), (110, 45, 25)]
)
_SHOE_TONES: Final = np.array([(25, 25, 28), (230, 230, 228), (110, 70, 40), (160, 30, 30), (40, 50, 90)])
_SKIRT, _DRESS = "skirt", "dress"  # a coat is a dress that ends where it likes
_SKIRT_SHARE: Final = 0.06
_DRESS_SHARE: Final = 0.06
_EYE_DISTANCE_M: Final = 0.064  # of the body on which the face's measures below were taken
Colours = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Paint = Callable[..., None]
"""paint(mask, colour, thickness_m=0, second_colour=None) colours vertices and gives them thickness."""


@dataclass(frozen=True)
class Appearance:
    """A dressed body in the rest pose: a mesh of its own, since some clothes hang free.

    Attributes:
        vertices: (V, 3) with clothes and hair.
        faces: (F, 3) triangles.
        weights: (V, J) skinning.
        normals: (V, 3) unit.
        colours: (V, 3) 0..1, and `second_colours` where the pattern has its other colour.
        cloth: (V,) 1 where the shirt's pattern shows.
        pattern: (kind 0..3, frequency in 1/m): plain, horizontal stripes, vertical stripes, checks.
    """

    vertices: Float32
    faces: npt.NDArray[np.int32]
    weights: Float32
    normals: Float32
    colours: Float32
    second_colours: Float32
    cloth: Float32
    pattern: tuple[int, float]


def dress(body: Body, rng: np.random.Generator) -> Appearance:
    """Choose clothes, skin, hair and shoes, and put them on."""
    v, bones = body.vertices, _Bones(body)
    tones = np.array(_SKIN_TONES[rng.integers(len(_SKIN_TONES))] * rng.uniform(0.92, 1.06), dtype=float)
    colours = np.tile(tones, (len(v), 1))
    second = colours.copy()
    thickness = np.zeros(len(v))
    cloth = np.zeros(len(v))

    def paint(mask: Mask, colour: npt.ArrayLike, thick_m: float = 0.0, other: npt.ArrayLike | None = None) -> None:
        colours[mask] = colour
        second[mask] = colour if other is None else other
        thickness[mask] = thick_m

    shirt, other, trousers = _cloth_colour(rng), _cloth_colour(rng), _cloth_colour(rng)
    waist = body.head("root")[1] + rng.uniform(0.0, 0.09)
    leg_end = rng.choice([0.55, 0.95, 1.55, 1.93, 1.93, 1.93, 1.97])
    sleeve_end = rng.choice([0.15, 0.5, 0.6, 0.7, 1.2, 1.93, 1.93, 1.95])
    neck_line = body.head("neck01")[1] - rng.uniform(-0.01, 0.06)
    is_top = bones.torso & (v[:, 1] >= waist) & (v[:, 1] < neck_line)
    is_sleeve = bones.arm & (bones.along_arm <= sleeve_end)
    is_trouser = (bones.torso & (v[:, 1] < waist)) | (bones.leg & (bones.along_leg <= leg_end))
    loose = rng.uniform(0.002, 0.018)
    paint(is_trouser, trousers, rng.uniform(0.003, 0.02))
    paint(is_top | is_sleeve, shirt, loose, other)
    cloth[is_top | is_sleeve] = 1
    if rng.random() < 0.3:  # the thighs show which way the shirt hangs
        over = bones.leg & (bones.along_leg < rng.uniform(0.1, 0.25))
        paint(over, shirt, loose + 0.01, other)
        cloth[over] = 1
    if rng.random() < 0.92:
        paint(bones.foot & (bones.along_leg > 1.9), _SHOE_TONES[rng.integers(len(_SHOE_TONES))], 0.008)
    _paint_head(body, rng, tones, paint)
    pattern = (int(rng.choice([0, 0, 1, 2, 3])), float(rng.uniform(6, 30)))
    chance = rng.spawn(1)[0]  # what is drawn after these clothes does not depend on them
    garment = chance.choice([_SKIRT, _DRESS, ""], p=[_SKIRT_SHARE, _DRESS_SHARE, 1 - _SKIRT_SHARE - _DRESS_SHARE])
    hem, flare_m = chance.uniform(0.45, 1.7), chance.uniform(0.0, 0.12)
    if garment:
        below = (bones.torso & (v[:, 1] < waist)) | (bones.leg & (bones.along_leg <= hem))
        paint(below, *((trousers, 0.0) if garment == _SKIRT else (shirt, 0.0, other)))
        cloth[below] = garment == _DRESS
    normals = vertex_normals(v, body.template.faces)
    mesh = _Mesh(body, (v + normals * thickness[:, None]).astype(np.float32), colours, second, cloth)
    if garment:
        mesh.add(*hang(body, waist + 0.01, hem, flare_m), like=int(np.flatnonzero(below)[0]))
    return Appearance(
        mesh.vertices,
        mesh.faces,
        mesh.weights,
        vertex_normals(mesh.vertices, mesh.faces),
        (mesh.colours / 255).astype(np.float32).clip(0, 1),
        (mesh.second / 255).astype(np.float32).clip(0, 1),
        mesh.cloth.astype(np.float32),
        pattern,
    )


class _Mesh:
    """The body's surface, to which garments are added."""

    def __init__(self, body: Body, vertices: Float32, colours: Colours, second: Colours, cloth: Colours) -> None:
        self.vertices, self.colours, self.second, self.cloth = vertices, colours, second, cloth
        self.faces, self.weights = body.template.faces, body.template.weights

    def add(self, vertices: Float32, weights: Float32, faces: npt.NDArray[np.int32], like: int) -> None:
        """Join a garment of the colour that a vertex of the body has."""
        self.faces = np.concatenate([self.faces, faces + len(self.vertices)])
        self.vertices = np.concatenate([self.vertices, vertices])
        self.weights = np.concatenate([self.weights, weights])
        self.colours, self.second, self.cloth = (
            np.concatenate([column, np.repeat(column[like][None], len(vertices), axis=0)])
            for column in (self.colours, self.second, self.cloth)
        )


def vertex_normals(vertices: Float32, faces: npt.NDArray[np.int32]) -> Float32:
    """Return (V, 3) unit normals, area-weighted."""
    corners = vertices[faces]
    of_face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], of_face)
    result: Float32 = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return result


def _cloth_colour(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a colour as clothes have it: often grey, dark or muted, sometimes strong."""
    value = rng.choice([rng.uniform(20, 70), rng.uniform(70, 170), rng.uniform(170, 245)], p=[0.4, 0.35, 0.25])
    saturation = rng.choice([0.05, 0.35, 0.75], p=[0.4, 0.35, 0.25])
    hue = rng.dirichlet([0.6, 0.6, 0.6]) * 3
    result: npt.NDArray[np.float64] = np.clip(value * ((1 - saturation) + saturation * hue), 8, 250)
    return result


class _Bones:
    """Which limb each vertex belongs to, and how far along it."""

    def __init__(self, body: Body) -> None:
        labels = body.template.bone_labels
        owner = np.array(labels)[body.template.weights.argmax(axis=1)]

        def starts(*prefixes: str) -> Mask:
            return np.char.startswith(owner, prefixes[0]) | (starts(*prefixes[1:]) if len(prefixes) > 1 else False)

        self.arm = starts("upperarm", "lowerarm")
        self.leg = starts("upperleg", "lowerleg", "foot")
        self.foot = starts("foot", "toe")
        self.torso = starts("root", "pelvis", "spine", "clavicle", "shoulder", "neck01")
        self.along_arm = np.full(len(owner), np.inf)
        self.along_leg = np.full(len(owner), np.inf)
        for letter in "LR":
            side = np.char.endswith(owner, f".{letter}")
            for mask, along, chain in (
                (self.arm, self.along_arm, ("upperarm01", "lowerarm01", "wrist")),
                (self.leg | self.foot, self.along_leg, ("upperleg01", "lowerleg01", "foot")),
            ):
                joints = [body.head(f"{bone}.{letter}") for bone in chain]
                along[side & mask] = _along(body.vertices[side & mask], *joints)


def _along(v: Float32, a: Float32, b: Float32, c: Float32) -> npt.NDArray[np.float64]:
    """Return 0..1 along a-b, 1..2 along b-c."""
    first, second = ((v - s) @ (e - s) / np.sum((e - s) ** 2) for s, e in ((a, b), (b, c)))
    result: npt.NDArray[np.float64] = np.where(second > 0, 1 + second, np.minimum(first, 1)).astype(float)
    return result


def _paint_head(body: Body, rng: np.random.Generator, tone: npt.NDArray[np.float64], paint: Paint) -> None:
    v, parts = body.vertices, body.template.part_of_face
    points = body.template.keypoint_weights[:5] @ v
    nose, left_eye, right_eye = points[0], points[1], points[2]
    ear = (points[3] + points[4]) / 2
    eyes = (left_eye + right_eye) / 2
    scale = float(np.linalg.norm(left_eye - right_eye)) / _EYE_DISTANCE_M
    x, y, z = ((v - eyes) / scale).T
    is_head = parts["head"]
    is_front = is_head & (z > -0.03)
    hair = _HAIR_TONES[rng.integers(len(_HAIR_TONES))] * rng.uniform(0.7, 1.2)
    brow_tone = 0.6 * hair * 0.7 + 0.4 * tone * 0.5
    lips = np.clip(tone * [0.85, 0.55, 0.55], 0, 255)
    mouth_y = (nose - eyes)[1] / scale - 0.037
    paint(is_front & (np.abs(y) < 0.013) & (np.abs(np.abs(x) - 0.031) < 0.022), tone * 0.72)
    paint(is_front & (np.abs(y - 0.022) < 0.0065) & (np.abs(np.abs(x) - 0.031) < 0.022), brow_tone)
    paint(is_front & (np.abs(y - mouth_y) < 0.009) & (np.abs(x) < 0.025) & (z > -0.02), lips)
    nostrils = is_front & (np.abs(y - (nose - eyes)[1] / scale + 0.008) < 0.005) & (np.abs(x) < 0.014)
    paint(nostrils, tone * 0.75)
    for letter, eye in (("L", left_eye), ("R", right_eye)):
        front = parts[f"eye_front.{letter}"]
        paint(front, (235, 232, 228))
        paint(front & (np.linalg.norm((v - eye)[:, :2], axis=1) < 0.0075 * scale), (35, 25, 20))
    style = rng.choice(["bald", "short", "long"], p=[0.06, 0.59, 0.35])
    ear_z = (ear - eyes)[2] / scale
    forehead = rng.uniform(0.045, 0.062)
    # the edge of the hair from the nape over the ear to the forehead
    edge = np.interp(
        z,
        ear_z + np.array([-0.05, -0.018, 0.0, 0.03, 0.06, 0.11]),
        [-0.07, -0.05, 0.012, 0.02, forehead - 0.008, forehead],
    )
    is_hair = is_head & (y > edge)
    is_hair &= ~((np.abs(x) > 0.068) & (np.abs(z - ear_z) < 0.025) & (y < 0.03))
    if style == "long":
        is_hair |= is_head & (z < ear_z + 0.012) & (y > -0.14)
        is_hair |= (~is_head) & (z < -0.10) & (y > -rng.uniform(0.14, 0.3)) & (np.abs(x) < 0.09)
    if style != "bald":
        paint(is_hair, hair, rng.uniform(0.006, 0.022))
    if rng.random() < 0.2 * (style != "long"):
        paint(is_front & (y < mouth_y - 0.012) & (z > -0.09) & (y > -0.14), 0.65 * hair + 0.35 * tone, 0.003)
