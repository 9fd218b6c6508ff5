"""What hangs from the waist about both legs: a skirt, or the lower half of a dress or coat.

Its cloth is a mesh of its own, outside the body. It hangs from the pelvis and follows the thighs, each side its own;
nothing swings.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray
from models.data.studio.body import Body, Float32

_RINGS: Final = 14
_SEGMENTS: Final = 32
_SLICE_M: Final = 0.03  # of the body about a ring's height, which the ring goes round
_OF_ARMS: Final = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal", "clavicle", "shoulder")
_EASE_M: Final = (0.008, 0.03)  # between skin and cloth, at the waist and from the hips down


def hang(body: Body, top_m: float, hem: float, flare_m: float) -> tuple[Float32, Float32, npt.NDArray[np.int32]]:
    """Return a garment for the rest pose: vertices (G, 3), skinning weights (G, J) and triangles (F, 3).

    Args:
        body: Who wears it.
        top_m: Height of the waistband, rest pose.
        hem: How far down it reaches: 1 the knees, 2 the ankles.
        flare_m: How much wider than the legs it is at the hem, on each side.
    """
    hip, knee, ankle = (float(body.head(f"{bone}.L")[1]) for bone in ("upperleg01", "lowerleg01", "foot"))
    bottom = float(np.interp(hem, [0, 1, 2], [hip, knee, ankle]))
    heights = np.linspace(top_m, bottom, _RINGS)
    below_waist = (top_m - heights) / (top_m - bottom)
    ease = np.interp(heights, [hip, top_m], _EASE_M[::-1]) + flare_m * below_waist
    outlines = [_outline(body, height) for height in heights]
    for k in range(1, _RINGS):  # cloth falls straight from where it is widest
        outlines[k] = np.maximum(outlines[k], outlines[k - 1] * 0.97)
    radii = np.stack(outlines) + ease[:, None]
    angle = np.arange(_SEGMENTS) * 2 * np.pi / _SEGMENTS
    x, z = radii * np.cos(angle), radii * np.sin(angle) + _middle_z(body)
    y = np.broadcast_to(heights[:, None], x.shape)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    return vertices, _weights(body, vertices, radii, hip, knee), _triangles()


def _middle_z(body: Body) -> float:
    return float(body.head("upperleg01.L")[2])


def _outline(body: Body, height: float) -> npt.NDArray[np.float64]:
    """Return how far the body reaches in each of the directions round it, from between its hips, at a height."""
    arms = np.array([label.startswith(_OF_ARMS) for label in body.template.bone_labels])
    v = body.vertices
    near = (np.abs(v[:, 1] - height) < _SLICE_M) & ~arms[body.template.weights.argmax(axis=1)]
    flat = v[near][:, [0, 2]] - np.array([0, _middle_z(body)], np.float32)
    corners = cv2.convexHull(flat.astype(np.float32))[:, 0].astype(float)
    angle = np.arange(_SEGMENTS) * 2 * np.pi / _SEGMENTS
    way = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    edge = np.roll(corners, -1, axis=0) - corners
    outward = np.stack([edge[:, 1], -edge[:, 0]], axis=-1)
    outward *= np.sign(np.sum(outward * (corners - corners.mean(axis=0)), axis=1))[:, None]
    # a ray leaves a convex outline through the nearest of the edges that it meets from within
    reach = np.sum(outward * corners, axis=1) / np.maximum(way @ outward.T, 1e-9)
    result: npt.NDArray[np.float64] = np.where(way @ outward.T > 1e-9, reach, np.inf).min(axis=1)
    return result


def _weights(body: Body, vertices: Float32, radii: npt.NDArray[np.float64], hip: float, knee: float) -> Float32:
    down = (hip - vertices[:, 1]) / (hip - knee)  # 0 at the hips, 1 at the knees
    of_legs = _smooth((down + 0.15) / 0.55)
    of_shins = 0.6 * _smooth((down - 1.0) / 0.5)
    half = np.repeat(radii.max(axis=1), _SEGMENTS)
    left = _smooth(0.5 + vertices[:, 0] / half / 1.4)
    weights = np.zeros((len(vertices), len(body.template.bone_labels)), np.float32)
    labels = body.template.bone_labels
    weights[:, labels.index("root")] = 1 - of_legs
    for letter, side in (("L", left), ("R", 1 - left)):
        weights[:, labels.index(f"upperleg01.{letter}")] = of_legs * side * (1 - of_shins)
        weights[:, labels.index(f"lowerleg01.{letter}")] = of_legs * side * of_shins
    return weights


def _smooth(x: FloatArray) -> FloatArray:
    """Return the smooth step from 0 at 0 to 1 at 1."""
    x = np.clip(x, 0, 1)
    result: npt.NDArray[np.float64] = x * x * (3 - 2 * x)
    return result


def _triangles() -> npt.NDArray[np.int32]:
    """Return two triangles for each cell between rings, seen from outside."""
    ring, segment = (grid.ravel() for grid in np.mgrid[: _RINGS - 1, :_SEGMENTS])
    here, beside = ring * _SEGMENTS + segment, ring * _SEGMENTS + (segment + 1) % _SEGMENTS
    below, across = here + _SEGMENTS, beside + _SEGMENTS
    halves = [np.stack(corners, axis=-1) for corners in ((here, beside, below), (beside, across, below))]
    return np.concatenate(halves).astype(np.int32)
