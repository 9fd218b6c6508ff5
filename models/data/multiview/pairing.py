"""Pairs of one camera: what MediaPipe made of its video, and the truth as that camera sees it."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray, mid_hip
from core.metrics import depth_error, masked_mean, mpjpe
from core.pairs import Pairs
from core.skeleton import BODY, LANDMARK_TO_COCO, N_JOINTS, SWAP_SIDES
from core.types import FloatArray
from models.data.multiview.camera import Camera
from models.data.multiview.detect import DetectedVideo

_AS_IS: Final = np.arange(N_JOINTS)
_SOMEBODY_ELSE: Final = 0.15


def pair_camera(
    camera: Camera,
    video: DetectedVideo,
    joints_world_m: FloatArray,
    meta: dict[str, Any],
    is_same: npt.NDArray[np.bool_] | None = None,
) -> Pairs:
    """Return the pairs of one camera; frames in which MediaPipe saw nobody are left out (a gap in `frame_index`).

    Args:
        camera: Calibrated, of the video's size.
        video: MediaPipe's landmarks, T frames.
        joints_world_m: (T, 17, 3) truth; NaN = unknown. Unknown hips leave a frame without truth.
        meta: Provenance that the caller knows.
        is_same: (T,) frames to keep, see `same_person`; None: all.
    """
    seen = video.is_found if is_same is None else video.is_found & is_same
    joints_cam = camera.to_camera(joints_world_m[seen])
    truth, _ = camera_to_view_ray(joints_cam)
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
        meta={**meta, "camera": camera.name},
    )


def same_person(camera: Camera, video: DetectedVideo, joints_world_m: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (T,) whether MediaPipe looked at the person of the truth, and not at somebody else or a coat stand.

    Not the same: half of the body joints are over 15 % of the person's extent away, sides exchanged or not. Where there
    is no truth nothing is known, so such frames count as the same.
    """
    truth = camera.project(joints_world_m)[:, BODY]
    distances = [np.linalg.norm(video.joints_px[:, order][:, BODY] - truth, axis=-1) for order in (_AS_IS, SWAP_SIDES)]
    known = np.isfinite(truth).all(axis=-1)
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
    raw, truth = pairs.corrupted[:, BODY], pairs.ground_truth[:, BODY]
    return 1000 * float(masked_mean(mpjpe(raw, truth))), 1000 * float(masked_mean(depth_error(raw, truth)))
