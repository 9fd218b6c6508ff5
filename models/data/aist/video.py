"""One video of AIST++ → one pair file: the work that is spread over processes and machines."""

import gc
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import cv2
import numpy as np

from core.errors import DataError, SourceError
from core.pose.types import FloatArray
from core.sequence.pairs import Pairs, save_pairs
from models.data.aist.agreement import LARGEST_SHIFT, Agreement, compare
from models.data.aist.annotations import RATE_HZ, joints_at, load_camera, load_joints
from models.data.aist.detection import watch
from models.data.aist.task import DONE, SKIPPED, ConvertedVideo, Options, VideoTask, pair_files_of
from models.data.calibration.camera import CalibratedCamera
from models.data.looks import LoadedLook, load_looks
from models.data.multiview.pairing import pair_camera
from models.data.multiview.video_detection import DetectedVideo

_FEWEST_FOUND: Final = 0.5
_ROUNDING: Final = 0.02  # frames
_LICENCE: Final = "annotations CC BY 4.0 (Google); videos under the terms of use of the AIST Dance Video Database"


def convert_video(options: Options, task: VideoTask) -> ConvertedVideo:
    """Write the pair files of one video, one for each look, or say why there are none.

    Raises:
        OutputError: The pair file cannot be written.
        ModelError: The pose model is missing.
    """
    looks = _prepared(options.looks)
    try:
        joints_m = load_joints(task.keypoints, options.joint_set)
        camera = load_camera(task.setting, task.name.view)
        end_s = (len(joints_m) - 1 + LARGEST_SHIFT + _ROUNDING) / RATE_HZ
        videos = watch(task.path, looks, options.stride, end_s)
        camera = camera.fitted_to(videos[0].image_size)
    except (DataError, SourceError) as error:
        return task.failed(str(error))
    finally:
        # a closed landmarker hangs in a cycle, over 100 MB that Python does not see and is in no hurry to free
        gc.collect()
    found = compare(joints_m, camera, videos[0])
    outcome = _measured(replace(task.failed(""), n_frames=len(videos[0].time_s)), found)
    if reason := _reason_to_set_aside(videos[0], found, options):
        return replace(outcome, status=SKIPPED, reason=f"set aside: {reason}")
    outcome = replace(outcome, status=DONE)
    for look, seen in zip(looks, videos, strict=True):
        pairs = _paired(outcome, options, task, joints_m, camera, seen, found.shift_frames, look)
        save_pairs(options.out / pair_files_of(options.looks, outcome.video)[look.name], pairs)
        incomplete = int((~np.isfinite(pairs.ground_truth).all(axis=(1, 2))).sum())
        outcome = replace(
            outcome, n_pairs=outcome.n_pairs + len(pairs), n_without_truth=outcome.n_without_truth + incomplete
        )
    return outcome


def _paired(
    outcome: ConvertedVideo,
    options: Options,
    task: VideoTask,
    joints_m: FloatArray,
    camera: CalibratedCamera,
    seen: DetectedVideo,
    shift_frames: int,
    look: LoadedLook,
) -> Pairs:
    positions = seen.time_s * RATE_HZ + shift_frames
    annotated = (positions > -_ROUNDING) & (positions < len(joints_m) - 1 + _ROUNDING)
    kept = replace(
        seen,
        landmarks_px=seen.landmarks_px[annotated],
        landmarks_m=seen.landmarks_m[annotated],
        visibility=seen.visibility[annotated],
        frame_index=seen.frame_index[annotated] // options.stride,
        time_s=seen.time_s[annotated],
    )
    meta: dict[str, Any] = {
        "dataset": "aist++",
        "sequence": task.name.sequence,
        "subject": f"aist_{task.name.dancer}",
        "split": task.split,
        "genre": task.name.genre,
        "fps": round(1 / float(np.median(np.diff(seen.time_s))), 3) if len(seen.time_s) > 1 else RATE_HZ,
        "stride": options.stride,
        "shift_frames": shift_frames,
        "reprojection_px": outcome.distance_px,
        "truth": f"{options.joint_set} joints of multi-view reconstruction, its scale nominal",
        "licence": _LICENCE,
        "source": "AIST++ (google.github.io/aistplusplus_dataset)",
        "mediapipe": version("mediapipe"),
        **look.meta,
        "running_mode": "video",
        "units": "metres, pixels, degrees, seconds; hip-centred view-ray frame",
    }
    return pair_camera(camera, kept, joints_at(joints_m, positions[annotated]), meta)


def _measured(outcome: ConvertedVideo, found: Agreement) -> ConvertedVideo:
    if not np.isfinite(found.distance_px):
        return replace(outcome, shift_frames=found.shift_frames)
    return replace(
        outcome,
        shift_frames=found.shift_frames,
        distance_px=round(found.distance_px, 2),
        distance_pct=round(100 * found.distance_share, 2),
    )


def _reason_to_set_aside(seen: DetectedVideo, found: Agreement, options: Options) -> str:
    n_found = int(np.isfinite(seen.landmarks_m).all(axis=(1, 2)).sum())
    if n_found < _FEWEST_FOUND * len(seen.time_s):
        return f"MediaPipe found a person in only {n_found} of {len(seen.time_s)} frames"
    if not np.isfinite(found.distance_share):
        return "no frame has both an annotation and joints that MediaPipe sees"
    if found.is_beyond:
        return f"its time is over {LARGEST_SHIFT} frames from its annotation's"
    if found.distance_share > options.largest_distance:
        return (
            f"the projected annotation is {found.distance_px:.0f} px from what MediaPipe sees (median), "
            f"{found.distance_share:.0%} of the person's size and over {options.largest_distance:.0%}; "
            "another camera, another person or another time"
        )
    return ""


@cache
def _prepared(looks: tuple[str, ...]) -> tuple[LoadedLook, ...]:
    cv2.setNumThreads(1)  # one process, one core: several share the machine
    return load_looks(looks)
