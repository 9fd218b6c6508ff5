"""Pairs of one camera: what MediaPipe made of its video, and the truth as that camera sees it.

A person at a desk shows no hips. MediaPipe guesses them, and its joints, as a refiner's, are in the frame of the ray
to the pelvis all the same; so the truth is turned by the ray to where the pelvis must be, a trunk below the shoulders,
and its origin is what is known: the middle of the shoulders.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.geometry import (
    azimuth_elevation,
    camera_relative_to_subject,
    camera_to_view_ray,
    mid_hip,
    mid_shoulder,
    on_known_root,
)
from core.pose.metrics import depth_error, masked_mean, mpjpe
from core.pose.skeleton import (
    BODY,
    LANDMARK_TO_COCO,
    LEFT_HIP,
    LEFT_SHOULDER,
    N_JOINTS,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    SWAP_SIDES,
)
from core.pose.types import FloatArray
from core.sequence.pairs import Pairs
from models.data.calibration.camera import CalibratedCamera
from models.data.multiview.video_detection import DetectedVideo

_AS_IS: Final = np.arange(N_JOINTS)
_SOMEBODY_ELSE: Final = 0.15
_RARE: Final = 0.1
_TRUNK_PER_SHOULDERS: Final = 1.35


def pair_camera(
    camera: CalibratedCamera,
    video: DetectedVideo,
    joints_world_m: FloatArray,
    meta: dict[str, Any],
    is_same: npt.NDArray[np.bool_] | None = None,
) -> Pairs:
    """Return the pairs of one camera; frames in which MediaPipe saw nobody are left out (a gap in `frame_index`).

    Args:
        camera: Calibrated, of the video's size.
        video: MediaPipe's landmarks, T frames.
        joints_world_m: (T, 17, 3) truth; NaN = unknown. Unknown hips leave a frame without truth, unless they are
            never known: then the shoulders count, and a viewpoint, which needs hips, is not known either.
        meta: Provenance that the caller knows.
        is_same: (T,) frames to keep, see `same_person`; None: all.
    """
    seen = video.is_found if is_same is None else video.is_found & is_same
    joints_cam = camera.to_camera(joints_world_m[seen])
    truth = _truth(joints_cam, camera.up_cam)
    relative = camera_relative_to_subject(joints_cam, camera.up_cam)
    azimuth, elevation = azimuth_elevation(relative)
    raw = video.landmarks_m[seen][:, LANDMARK_TO_COCO]
    return Pairs(
        corrupted=raw - mid_hip(raw)[:, None],
        ground_truth=truth,
        visibility=video.joint_visibility[seen],
        pose_2d=video.joints_px[seen],
        azimuth=np.rad2deg(azimuth),
        elevation=np.rad2deg(elevation),
        camera_relative=relative,
        landmarks_world=video.landmarks_m[seen],
        landmarks_px=video.landmarks_px[seen],
        frame_index=video.frame_index[seen],
        timestamp_s=video.time_s[seen],
        K=camera.intrinsics,
        image_size=np.array(camera.image_size),
        meta={**meta, "camera": camera.name, "root": "shoulders" if is_seated(joints_world_m) else "hips"},
    )


def is_seated(joints_m: FloatArray) -> bool:
    """Whether no frame of (T, 17, 3) joints knows both hips, and some frame both shoulders."""
    return not np.isfinite(mid_hip(joints_m)).any() and bool(np.isfinite(mid_shoulder(joints_m)).any())


def without_rare_hips(joints_m: FloatArray) -> FloatArray:
    """Return (T, 17, 3) joints without hips, if hips are known in a tenth of the frames with shoulders or less.

    One recording has one root: hips that are seen for a moment would centre that moment otherwise.
    """
    n_hips, n_shoulders = (np.isfinite(middle(joints_m)).all(axis=-1).sum() for middle in (mid_hip, mid_shoulder))
    if n_hips > _RARE * n_shoulders:
        return joints_m
    result = joints_m.copy()
    result[:, [LEFT_HIP, RIGHT_HIP]] = np.nan
    return result


def _truth(joints_cam: FloatArray, up_cam: FloatArray) -> FloatArray:
    """Return (T, 17, 3) joints in the view-ray frame, about the hips, or about the shoulders of who is seated."""
    if not is_seated(joints_cam):
        return camera_to_view_ray(joints_cam)[0]
    shoulders = mid_shoulder(joints_cam)
    width = np.nanmedian(np.linalg.norm(joints_cam[:, LEFT_SHOULDER] - joints_cam[:, RIGHT_SHOULDER], axis=-1))
    turned, _ = camera_to_view_ray(joints_cam, shoulders - _TRUNK_PER_SHOULDERS * width * up_cam)
    return turned - mid_shoulder(turned)[:, None]


def same_person(camera: CalibratedCamera, video: DetectedVideo, joints_world_m: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (T,) whether MediaPipe looked at the person of the truth, and not at somebody else or a coat stand.

    Not the same: half of the body joints are over 15 % of the person's extent away, sides exchanged or not. Where there
    is no truth nothing is known, so such frames count as the same.
    """
    truth = camera.project(joints_world_m)[:, BODY]
    distances = [np.linalg.norm(video.joints_px[:, order][:, BODY] - truth, axis=-1) for order in (_AS_IS, SWAP_SIDES)]
    known = np.asarray(np.isfinite(truth).all(axis=-1))
    low = np.where(known[..., None], truth, np.inf).min(axis=1)
    high = np.where(known[..., None], truth, -np.inf).max(axis=1)
    same = np.ones(len(video), dtype=bool)
    for moment in np.flatnonzero(known.sum(axis=1) >= len(BODY) // 2):
        middle = min(float(np.median(d[moment, known[moment]])) for d in distances)
        extent = float((high[moment] - low[moment]).max())
        same[moment] = not middle > _SOMEBODY_ELSE * extent  # NaN: nobody was seen, which is not somebody else
    return same


def raw_errors_mm(pairs: Pairs) -> tuple[float, float]:
    """Return MediaPipe's own mean MPJPE and |depth| error over the body joints, millimetres."""
    truth, raw = (joints[:, BODY] for joints in on_known_root(pairs.ground_truth, pairs.corrupted))
    return 1000 * float(masked_mean(mpjpe(raw, truth))), 1000 * float(masked_mean(depth_error(raw, truth)))
