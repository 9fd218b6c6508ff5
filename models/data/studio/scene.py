"""A room or a yard around the person: textured walls, floor and boxes, and the light in it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from core.pose.types import FloatArray, ImageArray
from models.data.studio.body import Float32

_TEXTURE: Final = 256
_FLOOR, _WALLS, _BOXES, _CLOTH = 0, (1, 2), (3, 4), 5
_CLEARANCE_M: Final = 0.8
# plaster, concrete, wood, carpet, grass, night
_SURFACES: Final = np.array(
    [
        (240, 236, 228), (222, 212, 196), (200, 196, 188), (160, 152, 142), (122, 94, 68), (172, 138, 102),
        (92, 100, 110), (158, 174, 190), (72, 78, 70), (112, 126, 92), (60, 52, 52), (196, 176, 150),
    ]
)  # fmt: skip
_STRONG_SHARE: Final = 0.15


@dataclass(frozen=True)
class Scene:
    """What surrounds the person.

    Attributes:
        triangles: (N, 9) position, normal, (u, v, texture layer); the floor is at y = 0.
        textures: (6, H, W, 3) uint8; the last holds the wrinkles of cloth.
        light: (3,) unit, towards the light.
        ambient: Share of light without direction.
        sky: (3,) colour of that light.
        tint: (3,) colour of the directed light.
        shade: How dark the shadow below the feet is.
    """

    triangles: Float32
    textures: ImageArray
    light: FloatArray
    ambient: float
    sky: FloatArray
    tint: FloatArray
    shade: float


def build_scene(
    rng: np.random.Generator,
    cameras_m: FloatArray,
    path_m: FloatArray,
    *,
    has_desk: bool = False,
    has_seat: bool = False,
) -> Scene:
    """Build a room that holds the camera's and the person's way, with boxes that stand in neither's sight.

    Args:
        rng: Source of chance.
        cameras_m: (T, 3) where the camera is, world.
        path_m: (T, 3) where the pelvis is, world.
        has_desk: Put one more box between the two, which hides the legs.
        has_seat: Put a box below the pelvis.
    """
    both = np.concatenate([cameras_m, path_m])
    low, high = both.min(axis=0) - 0.6, both.max(axis=0) + 0.6
    low = low - rng.uniform(0.3, 7, 3)
    high = high + rng.uniform(0.3, 7, 3)
    low[1], high[1] = min(0.0, low[1] + 9), max(high[1], 2.6)
    low[1] = 0.0
    parts = [_box(low, high, (_WALLS[0], _WALLS[1], _FLOOR), rng, inward=True)]
    for _ in range(rng.integers(0, 9)):
        size = rng.uniform([0.2, 0.3, 0.2], [1.6, 2.2, 1.6])
        corner = rng.uniform(low, np.maximum(high - size, low + 0.01))
        corner[1] = 0.0
        if _is_clear(corner, corner + size, cameras_m, path_m):
            layer = int(rng.choice(_BOXES))
            parts.append(_box(corner, corner + size, (layer, layer, layer), rng, inward=False))
    stools = []
    if has_desk:
        stools.append(_desk(rng, cameras_m, path_m))
    if has_seat:
        x, y, z = path_m.mean(axis=0)
        stools.append((np.array([x - 0.2, 0, z - 0.2]), np.array([x + 0.2, max(y - 0.14, 0.05), z + 0.2])))
    for low_corner, high_corner in stools:
        layer = int(rng.choice(_BOXES))
        parts.append(_box(low_corner, high_corner, (layer, layer, layer), rng, inward=False))
    light = rng.normal(size=3)
    light[1] = abs(light[1]) + 0.5
    textures = [_texture(rng, strength) for strength in rng.uniform(0.1, 0.8, 5)]
    return Scene(
        np.concatenate(parts).astype(np.float32),
        np.stack([*textures, _noise(rng, 3)]),
        light / np.linalg.norm(light),
        float(rng.uniform(0.4, 0.75)),
        np.clip(rng.normal(1.0, 0.06, 3), 0.8, 1.15),
        np.clip(rng.normal(1.0, 0.08, 3), 0.8, 1.2),
        float(rng.uniform(0.25, 0.6)),
    )


def _desk(rng: np.random.Generator, cameras: FloatArray, path: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the corners of a box before the person, on the camera's side."""
    person = path.mean(axis=0)
    ahead = (cameras.mean(axis=0) - person) * [1, 0, 1]
    ahead /= max(float(np.linalg.norm(ahead)), 1e-6)
    near = float(np.abs((path - person) @ ahead).max()) + rng.uniform(0.45, 0.7)
    size = np.array([rng.uniform(0.3, 0.9), rng.uniform(0.35, 0.9), rng.uniform(0.3, 0.9)])
    low = (person + ahead * near) * [1, 0, 1] - size * [0.5, 0, 0.5] + ahead * size[[0, 0, 2]] * 0.5
    return low, low + size


def _is_clear(low: FloatArray, high: FloatArray, cameras: FloatArray, path: FloatArray) -> bool:
    """Return whether a box keeps clear of every line of sight."""
    for share in np.linspace(0, 1, 9):
        points = cameras + (path - cameras) * share
        outside = np.maximum(np.maximum(low - points, points - high), 0)[:, [0, 2]]
        if np.linalg.norm(outside, axis=1).min() < _CLEARANCE_M:
            return False
    return True


def _box(
    low: FloatArray, high: FloatArray, layers: tuple[int, int, int], rng: np.random.Generator, *, inward: bool
) -> FloatArray:
    """Return (36, 9) triangles: walls across x, walls across z, floor (the ceiling takes the z walls' layer)."""
    repeat = rng.uniform(0.15, 0.6)
    shift = rng.uniform(0, 1, 2)
    triangles = []
    for axis in range(3):
        u, v = [a for a in range(3) if a != axis]
        if v == 1:
            u, v = v, u
        for sign, plane in ((-1, low), (1, high)):
            corner = np.array([plane if i == axis else low for i in range(3)])[range(3), range(3)]
            span_u, span_v = np.zeros(3), np.zeros(3)
            span_u[u], span_v[v] = high[u] - low[u], high[v] - low[v]
            quad = np.array([corner, corner + span_u, corner + span_u + span_v, corner + span_v])
            layer = layers[0] if axis == 0 else layers[1] if axis == 2 or sign > 0 else layers[2]
            normal = np.zeros(3)
            normal[axis] = -sign if inward else sign
            uv = quad[:, [u, v]] * repeat + shift
            rows = np.concatenate([quad, np.tile(normal, (4, 1)), uv, np.full((4, 1), layer)], axis=1)
            triangles.append(rows[[0, 1, 2, 0, 2, 3]])
    return np.concatenate(triangles)


def _noise(rng: np.random.Generator, channels: int) -> ImageArray:
    """Return (H, W, channels) cloudy noise around 128, of several octaves; grey for 3 channels."""
    total = np.zeros((_TEXTURE, _TEXTURE), np.float32)
    for octave in (4, 8, 16, 32, 64, 128):
        grid = rng.normal(size=(octave, octave)).astype(np.float32)
        total += cv2.resize(grid, (_TEXTURE, _TEXTURE), interpolation=cv2.INTER_CUBIC) / np.sqrt(octave)
    grey = np.clip(128 + total * 70, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], channels, axis=2)


def _texture(rng: np.random.Generator, strength: float) -> ImageArray:
    """Return an (H, W, 3) surface: a colour, cloudy variation, and planks, tiles, posters or a gradient."""
    base = _SURFACES[rng.integers(len(_SURFACES))] * rng.uniform(0.75, 1.05) + rng.normal(0, 5, 3)
    if rng.random() < _STRONG_SHARE:
        base = rng.uniform(60, 200) * (0.5 + 0.5 * rng.dirichlet([1, 1, 1]) * 3)
    cloudy = (_noise(rng, 1)[..., 0].astype(np.float32) - 128) / 128
    image = base * (1 + strength * rng.uniform(0.1, 0.8) * cloudy[..., None])
    kind = rng.choice(["plain", "planks", "tiles", "posters", "gradient"], p=[0.2, 0.2, 0.15, 0.3, 0.15])
    if kind in ("planks", "tiles"):
        step = int(rng.choice([16, 32, 64]))
        dark = rng.uniform(0.5, 0.9)
        image[::step] *= dark
        if kind == "tiles":
            image[:, ::step] *= dark
        else:
            image *= np.repeat(rng.uniform(0.85, 1.1, _TEXTURE // step), step)[:, None, None]
    elif kind == "posters":
        for _ in range(rng.integers(2, 12)):
            x, y = rng.integers(0, _TEXTURE, 2)
            w, h = rng.integers(8, 110, 2)
            colour = rng.uniform(20, 235) * (0.7 + 0.3 * rng.dirichlet([1, 1, 1]) * 3)
            cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), [min(float(c), 250.0) for c in colour], -1)
    elif kind == "gradient":
        image *= np.linspace(rng.uniform(0.5, 1), rng.uniform(0.8, 1.4), _TEXTURE)[:, None, None]
    blurred = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.5, 3))
    return np.asarray(np.clip(blurred, 0, 255).astype(np.uint8))
