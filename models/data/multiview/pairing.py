"""Pairs of one camera: what MediaPipe made of its video, and the truth as that camera sees it."""

from typing import Any

import numpy as np

from core.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray, mid_hip
from core.metrics import depth_error, masked_mean, mpjpe
from core.pairs import Pairs
from core.skeleton import BODY, LANDMARK_TO_COCO
from core.types import FloatArray
from models.data.multiview.calibration import Camera
from models.data.multiview.detect import DetectedVideo


def pair_camera(camera: Camera, video: DetectedVideo, joints_world_m: FloatArray, meta: dict[str, Any]) -> Pairs:
    """Return the pairs of one camera; frames in which MediaPipe saw nobody are left out (a gap in `frame_index`).

    Args:
        camera: Calibrated, of the video's size.
        video: MediaPipe's landmarks, T frames.
        joints_world_m: (T, 17, 3) truth; NaN = unknown. Unknown hips leave a frame without truth.
        meta: Provenance that the caller knows.
    """
    seen = np.isfinite(video.landmarks_m).all(axis=(1, 2))
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


def raw_errors_mm(pairs: Pairs) -> tuple[float, float]:
    """Return MediaPipe's own mean MPJPE and |depth| error over the body joints, millimetres."""
    raw, truth = pairs.corrupted[:, BODY], pairs.ground_truth[:, BODY]
    return 1000 * float(masked_mean(mpjpe(raw, truth))), 1000 * float(masked_mean(depth_error(raw, truth)))
