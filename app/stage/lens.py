"""Central projection of the 3D views: from display axes to pixels of a pane."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.pose.types import FloatArray

_NEAR_M: Final = 0.05


@dataclass(frozen=True)
class Lens:
    """An eye, and what it sees.

    Attributes:
        eye_m: (3,) display axes, metres.
        axes: (3, 3) rows right, up, forward; unit vectors, display axes.
        focal_px: Pixels a metre at a metre's distance spans.
        centre_px: (2,) where `forward` appears, x right and y down.
    """

    eye_m: FloatArray
    axes: FloatArray
    focal_px: float
    centre_px: tuple[float, float]

    def project(self, points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return where (..., 3) points appear.

        Returns:
            (..., 2) pixels, and the (...,) distance along the line of sight, metres. Points at or behind the eye are
            NaN in both.
        """
        relative = (np.asarray(points_m, dtype=float) - self.eye_m) @ self.axes.T
        depth = relative[..., 2]
        depth = np.where(depth > _NEAR_M, depth, np.nan)
        x = self.centre_px[0] + self.focal_px * relative[..., 0] / depth
        y = self.centre_px[1] - self.focal_px * relative[..., 1] / depth
        return np.stack([x, y], axis=-1), depth

    def lines(self, ends_m: FloatArray) -> FloatArray:
        """Return the (m, 4) pixels x1 y1 x2 y2 of (n, 2, 3) lines, cut off at the eye; those behind it are left out."""
        relative = (np.asarray(ends_m, dtype=float) - self.eye_m) @ self.axes.T
        a, b = relative[:, 0], relative[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = a + ((2 * _NEAR_M - a[:, 2]) / (b[:, 2] - a[:, 2]))[:, None] * (b - a)
        first = np.where(a[:, 2:] < 2 * _NEAR_M, cut, a)
        last = np.where(b[:, 2:] < 2 * _NEAR_M, cut, b)
        ahead = (a[:, 2] > 2 * _NEAR_M) | (b[:, 2] > 2 * _NEAR_M)
        both = np.stack([first, last], axis=1)[ahead]
        pixels = self.focal_px * both[..., :2] / both[..., 2:] * [1.0, -1.0] + self.centre_px
        result: FloatArray = pixels.reshape(-1, 4)
        return result[np.isfinite(result).all(axis=1)]
