"""Points in space from several views, of which some may be wrong."""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray

_REFINEMENTS: Final = 4
_TINY = 1e-12


@dataclass(frozen=True)
class Triangulation:
    """N points and how well the views agree on them.

    Attributes:
        points_m: (N, 3); NaN where fewer than two views see the point.
        residual_px: (C, N) distance between the view's pixel and the point's; NaN where the view does not see it.
        is_inlier: (C, N) views that the point was made from.
        cost: (N,) sum over views of min((residual / inlier distance)^2, 1): small only when all views agree.
    """

    points_m: FloatArray
    residual_px: FloatArray
    is_inlier: npt.NDArray[np.bool_]
    cost: FloatArray


def solve_linear(projections: FloatArray, points_px: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (N, 3) points whose weighted algebraic error is least.

    Args:
        projections: (C, 3, 4).
        points_px: (C, N, 2) undistorted; NaN only where the weight is 0.
        weights: (C, N) >= 0; a point with fewer than two positive weights becomes NaN.

    Source: the linear method of Hartley and Sturm 1997 ("Triangulation"), inhomogeneous form.
    """
    pixels = np.where(weights[..., None] > 0, points_px, 0.0)
    # each view gives two rows: pixel * P[2] - P[0 or 1]
    rows = pixels[..., None] * projections[:, None, None, 2] - projections[:, None, :2]
    rows = np.moveaxis(rows * weights[..., None, None], 0, 1).reshape(pixels.shape[1], -1, 4)
    a, b = rows[..., :3], -rows[..., 3]
    normal = np.swapaxes(a, -1, -2) @ a
    right = np.einsum("nij,ni->nj", a, b)
    solvable = ((weights > 0).sum(axis=0) >= 2) & (np.abs(np.linalg.det(normal)) > _TINY)
    points = np.full((pixels.shape[1], 3), np.nan)
    points[solvable] = np.linalg.solve(normal[solvable], right[solvable][..., None])[..., 0]
    return points


def project(projections: FloatArray, points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the (C, N, 2) pixels and (C, N) depths of (N, 3) points; NaN pixels behind a camera."""
    homogeneous = np.concatenate([points_m, np.ones((len(points_m), 1))], axis=1)
    image = np.einsum("cij,nj->cni", projections, homogeneous)
    depth = np.where(image[..., 2] > 0, image[..., 2], np.nan)
    return image[..., :2] / depth[..., None], depth


def triangulate(projections: FloatArray, points_px: FloatArray, weights: FloatArray, inlier_px: float) -> Triangulation:
    """Triangulate each point from the views that agree on it.

    Every pair of views proposes a point; the proposal that the views agree on best (truncated squared error, so that
    a wrong view counts once) is refined on its inliers by reweighted linear least squares.

    Args:
        projections: (C, 3, 4) world to undistorted pixels.
        points_px: (C, N, 2) undistorted pixels; NaN = not seen.
        weights: (C, N) >= 0, how much to trust a view (its visibility).
        inlier_px: How far from its pixel a point may project.
    """
    weights = np.where(np.isfinite(points_px).all(axis=-1), weights, 0.0)
    n_points = points_px.shape[1]
    best_cost = np.full(n_points, np.inf)
    best_residual = np.full(weights.shape, np.nan)
    for first, second in combinations(range(len(projections)), 2):
        pair = np.zeros_like(weights)
        pair[[first, second]] = weights[[first, second]] > 0
        residual = _residual(projections, points_px, solve_linear(projections, points_px, pair))
        cost = _truncated_cost(residual, weights, inlier_px)
        better = cost < best_cost
        best_cost[better] = cost[better]
        best_residual[:, better] = residual[:, better]
    is_inlier = (best_residual < inlier_px) & (weights > 0)
    points = _refine(projections, points_px, np.where(is_inlier, weights, 0.0), inlier_px)
    residual = _residual(projections, points_px, points)
    return Triangulation(points, residual, is_inlier, _truncated_cost(residual, weights, inlier_px))


def _refine(projections: FloatArray, points_px: FloatArray, weights: FloatArray, inlier_px: float) -> FloatArray:
    points = solve_linear(projections, points_px, weights)
    for _ in range(_REFINEMENTS):
        image, depth = project(projections, points)
        residual = np.linalg.norm(image - points_px, axis=-1)
        # dividing by the depth turns the algebraic error into pixels; Cauchy weights soften what is far off
        robust = weights / depth / (1 + (residual / (inlier_px / 2)) ** 2)
        points = solve_linear(projections, points_px, np.nan_to_num(robust))
    return points


def _residual(projections: FloatArray, points_px: FloatArray, points_m: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(project(projections, points_m)[0] - points_px, axis=-1))


def _truncated_cost(residual: FloatArray, weights: FloatArray, inlier_px: float) -> FloatArray:
    """Return the (N,) cost; a view that does not see the point adds nothing, one that it is behind adds 1."""
    squared = np.minimum((np.nan_to_num(residual, nan=np.inf) / inlier_px) ** 2, 1.0)
    return np.asarray(np.where(weights > 0, squared, 0.0).sum(axis=0))
