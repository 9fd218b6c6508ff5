"""From synchronised 2D detections to one trusted 3D sequence, with a report of how far to trust it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.metrics import bone_cv, bone_lengths, masked_mean
from core.skeleton import BODY, BONES, N_JOINTS
from core.types import FloatArray, require_shape
from models.data.multiview import clean
from models.data.multiview.calibration import Camera
from models.data.multiview.sides import exchange, resolve_sides
from models.data.multiview.triangulate import INLIER_PX, Triangulation, triangulate

_COARSE_PX: Final = 50.0
_OFFSET_ROUNDS: Final = 20
_LARGEST_OFFSET_PX: Final = 40.0
_MIN_VIEWS: Final = 3
_LEAST_TRUSTED: Final = 0.7


@dataclass(frozen=True)
class Reconstruction:
    """One person in the world frame, and the evidence.

    Attributes:
        joints_world_m: (T, 17, 3) metres; NaN where no solution could be trusted.
        cameras: The cameras as corrected.
        offsets_px: (C, 2) by which each camera had to be turned, in pixels at its centre.
        swapped: (C, T, 17) joints whose side was exchanged.
        residual_px: (C, T, 17) reprojection error of the views that were used; NaN for views thrown out.
    """

    joints_world_m: FloatArray
    cameras: list[Camera]
    offsets_px: FloatArray
    swapped: npt.NDArray[np.bool_] = field(repr=False)
    residual_px: FloatArray = field(repr=False)

    def report(self) -> list[str]:
        """Return the evidence in sentences, one a line."""
        body = self.residual_px[..., BODY]
        lines = []
        for number, camera in enumerate(self.cameras):
            residual = body[number][np.isfinite(body[number])]
            used = np.isfinite(body[number]).mean()
            middle, worst = np.percentile(residual, [50, 95]) if len(residual) else (np.nan, np.nan)
            arms, legs = self.swapped[number][:, 5].sum(), self.swapped[number][:, 11].sum()
            lines.append(
                f"{camera.name}: reprojection error median {middle:.1f} px, p95 {worst:.1f} px; used for {used:.1%} of "
                f"body joints; sides exchanged in {arms} frames (arms) and {legs} (legs); "
                f"turned by {self.offsets_px[number, 0]:+.1f}, {self.offsets_px[number, 1]:+.1f} px"
            )
        unknown = np.isnan(self.joints_world_m[:, BODY, 0]).mean()
        variation = float(masked_mean(bone_cv(bone_lengths(self.joints_world_m, BONES))))
        return [*lines, f"{unknown:.2%} of body joints have no trusted solution; bone-length CV {variation:.3f}"]


def reconstruct(
    cameras: list[Camera], landmarks_px: FloatArray, visibility: FloatArray, fps: float, inlier_px: float = INLIER_PX
) -> Reconstruction:
    """Triangulate one person seen by several cameras.

    Sides are settled first, with a wide tolerance; then each camera is turned a little until the views agree (a
    calibration is rarely exact to the pixel on the day of the recording, and a common error would pass for outliers);
    then sides again and the final points, from at least three views that agree. Jumps and impossible bones are dropped
    and the rest smoothed over 0.15 s.

    Args:
        cameras: C >= 3 cameras, of the same size as their videos.
        landmarks_px: (C, T, 17, 2) pixels as detected; NaN = not seen.
        visibility: (C, T, 17).
        fps: Frames per second.
        inlier_px: How far from its pixel a trusted joint may project.

    Raises:
        DataError: Too few cameras, a wrong shape, or views that do not fit together at all.
    """
    n = len(cameras)
    if n < _MIN_VIEWS:
        raise DataError(f"{n} cameras cannot check each other; three are needed.")
    require_shape("landmarks_px", landmarks_px, (n, None, N_JOINTS, 2))
    require_shape("visibility", visibility, landmarks_px.shape[:3])
    pixels = np.stack([camera.undistort(p) for camera, p in zip(cameras, landmarks_px, strict=True)])
    projections = np.stack([camera.projection for camera in cameras])
    swapped = resolve_sides(projections, pixels, visibility, _COARSE_PX)
    offsets = _camera_offsets(projections, exchange(pixels, swapped), exchange(visibility, swapped))
    corrected = [camera.shifted(offset) for camera, offset in zip(cameras, offsets, strict=True)]
    projections = np.stack([camera.projection for camera in corrected])
    swapped = resolve_sides(projections, pixels, visibility, inlier_px)
    found = _triangulate_all(projections, exchange(pixels, swapped), exchange(visibility, swapped), inlier_px)
    shape = visibility.shape
    is_inlier = found.is_inlier.reshape(shape)
    trusted = is_inlier.sum(axis=0) >= _MIN_VIEWS
    share = trusted[:, BODY].mean()
    if share < _LEAST_TRUSTED:
        raise DataError(
            f"Three views agree on only {share:.0%} of the body joints: check that each video has its own calibration, "
            "that the videos are in step and that they show one person."
        )
    joints = np.where(trusted[..., None], found.points_m.reshape(*shape[1:], 3), np.nan)
    joints = clean.smooth(clean.drop_wrong_bones(clean.drop_jumps(joints, fps)), fps)
    residual = np.where(is_inlier & trusted, found.residual_px.reshape(shape), np.nan)
    return Reconstruction(joints, corrected, offsets, swapped, residual)


def _triangulate_all(
    projections: FloatArray, pixels: FloatArray, visibility: FloatArray, inlier_px: float
) -> Triangulation:
    n_cameras = len(projections)
    return triangulate(projections, pixels.reshape(n_cameras, -1, 2), visibility.reshape(n_cameras, -1), inlier_px)


def _camera_offsets(projections: FloatArray, pixels: FloatArray, visibility: FloatArray) -> FloatArray:
    """Return the (C, 2) shift of each principal point that brings the views together: medians, repeated."""
    pixels, visibility = pixels[:, :, BODY], visibility[:, :, BODY]
    offsets = np.zeros((len(projections), 2))
    for _ in range(_OFFSET_ROUNDS):
        found = _triangulate_all(projections, pixels - offsets[:, None, None], visibility, _COARSE_PX)
        image = np.einsum("cij,nj->cni", projections, np.column_stack([found.points_m, np.ones(len(found.points_m))]))
        difference = pixels.reshape(*found.is_inlier.shape, 2) - offsets[:, None] - image[..., :2] / image[..., 2:]
        for number, is_inlier in enumerate(found.is_inlier):
            if not is_inlier.any():
                raise DataError(
                    "One of the cameras agrees with no other: check its calibration and that it is in step."
                )
            offsets[number] += np.median(difference[number, is_inlier], axis=0)
    largest = np.abs(offsets).max()
    if largest > _LARGEST_OFFSET_PX:
        raise DataError(f"The views disagree by {largest:.0f} px: the calibration does not belong to these videos.")
    return offsets
