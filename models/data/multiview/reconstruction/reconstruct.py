"""From synchronised 2D detections to one trusted 3D sequence, with the evidence of how far to trust it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.skeleton import BODY, N_JOINTS
from core.pose.types import FloatArray, require_shape
from models.data.calibration.camera import CalibratedCamera
from models.data.multiview.reconstruction import clean
from models.data.multiview.reconstruction.fit import FitSettings, fit_sequence
from models.data.multiview.reconstruction.sides import exchange, resolve_sides
from models.data.multiview.reconstruction.triangulate import Triangulation, triangulate

_COARSE: Final = 2.0
_OFFSET_ROUNDS: Final = 20
_SETTLED_PX: Final = 0.05
_MOMENTS_FOR_OFFSETS: Final = 600
_LARGEST_OFFSET: Final = 0.8
_MIN_CAMERAS: Final = 3
_MOST_VIEWS_NEEDED: Final = 3
_LEAST_TRUSTED: Final = 0.5
_SEEN: Final = 0.1
_INLIER_SHARE: Final = 0.035
_SIGMA_SHARE: Final = 0.25
_INLIER_RANGE_PX: Final = (6.0, 60.0)


@dataclass(frozen=True)
class Reconstruction:
    """One person in the world frame, and the evidence.

    Attributes:
        joints_world_m: (T, 17, 3) metres; NaN where no solution could be trusted.
        cameras: The cameras as corrected.
        offsets_px: (C, 2) by which each camera had to be turned, in pixels at its centre.
        swapped: (C, T, 17) joints whose side was exchanged.
        residual_px: (C, T, 17) reprojection error of the views that were used; NaN for views thrown out.
        left_out_px: (C, T, 17) distance of a camera's keypoints from where the other cameras alone put them.
    """

    joints_world_m: FloatArray
    cameras: list[CalibratedCamera]
    offsets_px: FloatArray
    swapped: npt.NDArray[np.bool_] = field(repr=False)
    residual_px: FloatArray = field(repr=False)
    left_out_px: FloatArray = field(repr=False)


@dataclass(frozen=True)
class _Views:
    """What all cameras see, undistorted, sides settled."""

    projections: FloatArray  # (C, 3, 4)
    pixels: FloatArray  # (C, T, 17, 2)
    weights: FloatArray  # (C, T, 17)
    fps: float
    inlier_px: float

    def without(self, number: int) -> "_Views":
        keep = np.arange(len(self.projections)) != number
        return _Views(self.projections[keep], self.pixels[keep], self.weights[keep], self.fps, self.inlier_px)


def person_extent_px(landmarks_px: FloatArray) -> float:
    """Return how large the person in (C, T, 17, 2) keypoints is in the image: the median over views and time.

    Raises:
        DataError: Nobody is seen.
    """
    known = np.isfinite(landmarks_px).all(axis=(2, 3))
    if not known.any():
        raise DataError("MediaPipe saw nobody in any of the videos; check that a person is in them.")
    return float(np.median(np.ptp(landmarks_px[known], axis=1).max(axis=-1)))


def inlier_distance_px(landmarks_px: FloatArray) -> float:
    """Return how far from its pixel a joint may project: 3.5 % of the person's extent in the image."""
    return float(np.clip(_INLIER_SHARE * person_extent_px(landmarks_px), *_INLIER_RANGE_PX))


def reconstruct(
    cameras: list[CalibratedCamera],
    landmarks_px: FloatArray,
    visibility: FloatArray,
    fps: float,
    inlier_px: float | None = None,
) -> Reconstruction:
    """Find one person in 3D from several cameras.

    Sides are settled first, with a wide tolerance; then each camera is turned a little until the views agree (a
    calibration is rarely exact to the pixel on the day of the recording, and a common error would pass for outliers);
    then sides again and points from the views that agree, which `fit_sequence` turns into a person with constant
    bones who moves smoothly. A joint is trusted where three views (two of three) see it there.

    Args:
        cameras: C >= 3 cameras, of the same size as their videos.
        landmarks_px: (C, T, 17, 2) pixels as detected; NaN = not seen.
        visibility: (C, T, 17), or any other weight in 0..1.
        fps: Frames per second.
        inlier_px: How far from its pixel a trusted joint may project; None: `inlier_distance_px`.

    Raises:
        DataError: Too few cameras, a wrong shape, or views that do not fit together at all.
    """
    n = len(cameras)
    if n < _MIN_CAMERAS:
        raise DataError(f"{n} cameras cannot check each other; three are needed.")
    require_shape("landmarks_px", landmarks_px, (n, None, N_JOINTS, 2))
    require_shape("visibility", visibility, landmarks_px.shape[:3])
    inlier_px = inlier_px or inlier_distance_px(landmarks_px)
    visibility = np.where(np.isfinite(landmarks_px).all(axis=-1), visibility, 0.0)
    pixels = np.stack([camera.undistort(p) for camera, p in zip(cameras, landmarks_px, strict=True)])
    projections = np.stack([camera.projection for camera in cameras])
    swapped = resolve_sides(projections, pixels, visibility, _COARSE * inlier_px)
    coarse = _Views(projections, exchange(pixels, swapped), exchange(visibility, swapped), fps, _COARSE * inlier_px)
    offsets = _camera_offsets(coarse)
    corrected = [camera.shifted(offset) for camera, offset in zip(cameras, offsets, strict=True)]
    projections = np.stack([camera.projection for camera in corrected])
    swapped = resolve_sides(projections, pixels, visibility, inlier_px)
    views = _Views(projections, exchange(pixels, swapped), exchange(visibility, swapped), fps, inlier_px)
    joints, residual = _solve(views, min(_MOST_VIEWS_NEEDED, n - 1))
    is_seen = (views.weights[:, :, BODY] > _SEEN).sum(axis=0) >= min(_MOST_VIEWS_NEEDED, n - 1)
    share = np.isfinite(joints[:, BODY, 0])[is_seen].mean() if is_seen.any() else 0.0
    if share < _LEAST_TRUSTED:
        raise DataError(
            f"The views agree on only {share:.0%} of the body joints that enough of them see: check that each video "
            "has its own calibration, that the videos are in step and that they show one person."
        )
    return Reconstruction(joints, corrected, offsets, swapped, residual, _left_out(views))


def _solve(views: _Views, n_needed: int) -> tuple[FloatArray, FloatArray]:
    """Return (T, 17, 3) joints, NaN where fewer views than needed see them there, and (C, T, 17) residuals."""
    joints = _fitted(views, n_needed)
    residual = np.linalg.norm(_image(views.projections, joints) - views.pixels, axis=-1)
    is_inlier = (residual < views.inlier_px) & (views.weights > 0)
    is_trusted = is_inlier.sum(axis=0) >= n_needed
    joints = np.where(is_trusted[..., None], joints, np.nan)
    return clean.drop_wrong_bones(joints), np.where(is_inlier & is_trusted, residual, np.nan)


def _fitted(views: _Views, n_needed: int) -> FloatArray:
    found = _triangulate_all(views)
    shape = views.weights.shape
    enough = found.is_inlier.reshape(shape).sum(axis=0) >= n_needed
    start = np.where(enough[..., None], found.points_m.reshape(*shape[1:], 3), np.nan)
    start = clean.drop_wrong_bones(clean.drop_jumps(start, views.fps))
    settings = FitSettings(pixel_px=_SIGMA_SHARE * views.inlier_px)
    return fit_sequence(views.projections, views.pixels, views.weights, start, views.fps, settings)


def _left_out(views: _Views) -> FloatArray:
    """Return the (C, T, 17) distances of each camera's keypoints from a person fitted to the others."""
    errors = []
    for number in range(len(views.projections)):
        joints = _fitted(views.without(number), 2)
        image = _image(views.projections[number : number + 1], joints)[0]
        errors.append(np.linalg.norm(image - views.pixels[number], axis=-1))
    return np.array(errors)


def _image(projections: FloatArray, joints_m: FloatArray) -> FloatArray:
    """Return the (C, T, 17, 2) undistorted pixels of (T, 17, 3) joints."""
    homogeneous = np.concatenate([joints_m, np.ones((*joints_m.shape[:-1], 1))], axis=-1)
    image = np.einsum("cij,tnj->ctni", projections, homogeneous)
    return np.asarray(image[..., :2] / np.where(image[..., 2:] > 0, image[..., 2:], np.nan))


def _triangulate_all(views: _Views) -> Triangulation:
    n = len(views.projections)
    pixels, weights = views.pixels.reshape(n, -1, 2), views.weights.reshape(n, -1)
    return triangulate(views.projections, pixels, weights, views.inlier_px)


def _camera_offsets(views: _Views) -> FloatArray:
    """Return the (C, 2) shift of each principal point that brings the views together: medians, repeated."""
    some = slice(None, None, -(-views.pixels.shape[1] // _MOMENTS_FOR_OFFSETS))
    body = _Views(
        views.projections, views.pixels[:, some, BODY], views.weights[:, some, BODY], views.fps, views.inlier_px
    )
    pixels = body.pixels.reshape(len(body.projections), -1, 2)
    offsets = np.zeros((len(body.projections), 2))
    for _ in range(_OFFSET_ROUNDS):
        shifted = _Views(body.projections, body.pixels - offsets[:, None, None], body.weights, body.fps, body.inlier_px)
        found = _triangulate_all(shifted)
        difference = pixels - offsets[:, None] - _image(body.projections, found.points_m[None])[:, 0]
        largest_step = 0.0
        for number, is_inlier in enumerate(found.is_inlier):
            if not np.isfinite(difference[number, is_inlier]).any():
                raise DataError(
                    "One of the cameras agrees with no other: check its calibration and that it is in step."
                )
            step = np.nanmedian(difference[number, is_inlier], axis=0)
            offsets[number] += step
            largest_step = max(largest_step, float(np.abs(step).max()))
        if largest_step < _SETTLED_PX:
            break
    shifts = _without_common_move(body.projections, found.points_m, offsets)
    largest = np.abs(shifts).max()
    if largest > _LARGEST_OFFSET * views.inlier_px:
        raise DataError(f"The views disagree by {largest:.0f} px: the calibration does not belong to these videos.")
    return shifts


def _without_common_move(projections: FloatArray, points_m: FloatArray, offsets: FloatArray) -> FloatArray:
    """Return the smallest (C, 2) shifts that bring the views together as well as `offsets` do.

    To first order a step of the person to the side is a shift in every camera: which of the two is not for the views to
    tell, so the part that a step explains is left to the person.
    """
    middle = np.append(np.nanmedian(points_m, axis=0), 1.0)
    image = projections @ middle
    pixel = image[:, :2] / image[:, 2:]
    jacobian = (projections[:, :2, :3] - pixel[..., None] * projections[:, 2:, :3]) / image[:, 2:, None]  # (C, 2, 3)
    step = np.linalg.lstsq(jacobian.reshape(-1, 3), offsets.ravel(), rcond=None)[0]
    return np.asarray(offsets - jacobian @ step)
