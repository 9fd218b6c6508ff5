"""All cameras through MediaPipe, several at a time, put on one timeline."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.detection.bundle import PoseModel, load_pose_model
from core.errors import DataError, SettingsError
from core.pose.types import FloatArray
from models.data.calibration.camera import CalibratedCamera
from models.data.looks import LoadedLook, load_looks
from models.data.multiview.cache import Arrays, cached, identity, keep, kept
from models.data.multiview.matching import Timeline, in_step, read_timestamps
from models.data.multiview.people import find_candidates, follow, in_box, largest, person_boxes
from models.data.multiview.video_detection import DetectedVideo, detect_keypoints, detect_video
from models.data.worker_pool import worker_pool

Found = TypeVar("Found")


@dataclass(frozen=True)
class Looking:
    """What to look at, and how.

    Attributes:
        cameras: C cameras as calibrated.
        videos: C files.
        timestamps: See `read_timestamps`; None: frame by frame.
        person: "one", "largest" or CAMERA=left,top,width,height.
        looks: Who makes the pairs; the first also finds the people.
        mode: Their running mode.
        truth_variant: Pose model of the keypoints that are triangulated; "": those of the first look.
        workers: Processes.
    """

    cameras: list[CalibratedCamera]
    videos: list[Path]
    timestamps: Path | None
    person: str
    looks: tuple[str, ...]
    mode: str
    truth_variant: str
    workers: int


@dataclass(frozen=True)
class Detections:
    """What the cameras saw at the T moments of the timeline.

    Attributes:
        cameras: C cameras, fitted to the size of their videos.
        timeline: The moments.
        looks: Each look's C detections as MediaPipe runs live, T rows each; NaN where a camera has no picture.
        keypoints_px: (C, T, 17, 2) for triangulation.
        trust: (C, T, 17) in 0..1.
    """

    cameras: list[CalibratedCamera]
    timeline: Timeline
    looks: dict[str, list[DetectedVideo]]
    keypoints_px: FloatArray
    trust: FloatArray

    @property
    def videos(self) -> list[DetectedVideo]:
        """Return the C detections of the first look."""
        return next(iter(self.looks.values()))


def look(
    looking: Looking,
    folder: Path,
    report: Callable[[str], None] = print,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Detections:
    """Run MediaPipe over all videos; what is in the cache of `folder` is not run again.

    `progress` is told how many of how many looks at a video are done.

    Raises:
        SourceError: A video cannot be read.
        DataError: The videos are not in step, or nobody is there.
        SettingsError: The person is not described as it must be.
        ModelError: The pose model cannot be fetched or loaded.
    """
    box = parse_person(looking.person, [camera.name for camera in looking.cameras])
    looks = load_looks(looking.looks, report)
    given = None
    times: list[FloatArray | None] = [None] * len(looking.videos)
    if looking.timestamps is not None:
        given, own_times = read_timestamps(looking.timestamps, [camera.name for camera in looking.cameras])
        times = list(own_times)
    boxes: list[FloatArray | None] = [None] * len(looking.videos)
    n_videos = len(looking.videos)
    settled = iter(range(1, 3 * n_videos + 1))
    total = n_videos * (1 + (looking.person != "one") + bool(looking.truth_variant))

    def settle() -> None:
        progress(next(settled), total)

    progress(0, total)
    if looking.person != "one":
        report("Looking for people")
        boxes = _boxes(looking, folder, looks[0].model, box, given, settle)
    report(f"MediaPipe ({', '.join(looking.looks)}; {looking.mode}) over {len(looking.videos)} videos")
    tasks = [
        partial(_live, folder, video, looks, looking.mode, boxes[i], times[i]) for i, video in enumerate(looking.videos)
    ]
    by_look = [
        [_as_video(arrays) for arrays in of_all] for of_all in zip(*_run(tasks, looking.workers, settle), strict=True)
    ]
    videos = by_look[0]
    cameras = [camera.fitted_to(v.image_size) for camera, v in zip(looking.cameras, videos, strict=True)]
    timeline = _timeline(looking, videos, given)
    placed = {
        name: [_placed(video, rows) for video, rows in zip(of_look, timeline.rows, strict=True)]
        for name, of_look in zip(looking.looks, by_look, strict=True)
    }
    if not looking.truth_variant:
        pairs = [(v.joints_px, v.joint_visibility) for v in placed[looking.looks[0]]]
        return Detections(cameras, timeline, placed, *_in_sight(pairs, cameras))
    report(f"MediaPipe ({looking.truth_variant}, each frame twice, mirrored) for the truth")
    truth_model = load_pose_model(looking.truth_variant, report)
    truths = [
        partial(_best, folder, path, truth_model, live) for path, live in zip(looking.videos, videos, strict=True)
    ]
    seen = _run(truths, looking.workers, settle)
    pairs = [_placed_keypoints(a, v, rows) for a, v, rows in zip(seen, videos, timeline.rows, strict=True)]
    return Detections(cameras, timeline, placed, *_in_sight(pairs, cameras))


def _in_sight(
    pairs: Sequence[tuple[FloatArray, FloatArray]], cameras: Sequence[CalibratedCamera]
) -> tuple[FloatArray, FloatArray]:
    """Return (C, T, 17, 2) keypoints and (C, T, 17) trust, none in what lies beyond the edge of an image: a guess."""
    keypoints, trust = np.stack([p for p, _ in pairs]), np.stack([t for _, t in pairs])
    sizes = np.array([camera.image_size for camera in cameras])[:, None, None]
    inside = ((keypoints >= 0) & (keypoints <= sizes)).all(axis=-1)
    return keypoints, np.where(inside, trust, 0.0)


def parse_person(text: str, names: Sequence[str]) -> tuple[int, tuple[float, ...]] | None:
    """Return (camera, box) of "CAMERA=left,top,width,height"; None for "one" and "largest".

    Raises:
        SettingsError: It is none of these, or there is no such camera.
    """
    if text in ("one", "largest"):
        return None
    name, _, numbers = text.partition("=")
    try:
        box = tuple(float(number) for number in numbers.split(","))
    except ValueError:
        box = ()
    if len(box) != 4:
        raise SettingsError(f"'{text}' is no person; give one, largest or CAMERA=left,top,width,height in pixels.")
    if name not in names:
        raise SettingsError(f"There is no camera '{name}'; there are {', '.join(names)}.")
    return list(names).index(name), box


def _boxes(
    looking: Looking,
    folder: Path,
    model: PoseModel,
    box: tuple[int, tuple[float, ...]] | None,
    given: Timeline | None,
    settle: Callable[[], None],
) -> list[FloatArray | None]:
    tasks = [partial(_everybody, folder, video, model) for video in looking.videos]
    found = [arrays["candidates"] for arrays in _run(tasks, looking.workers, settle)]
    sizes = [arrays["image_size"] for arrays in _run(tasks, 1)]
    cameras = [c.fitted_to((int(w), int(h))) for c, (w, h) in zip(looking.cameras, sizes, strict=True)]
    rows = np.tile(np.arange(min(map(len, found))), (len(found), 1)) if given is None else given.rows
    placed = np.stack([_taken(each, own) for each, own in zip(found, rows, strict=True)])
    tracks = follow(cameras, placed)
    track = largest(tracks) if box is None else in_box(tracks, *box)
    by_moment = person_boxes(cameras, track, rows.shape[1])
    boxes: list[FloatArray | None] = []
    for own, moments, each in zip(rows, by_moment, found, strict=True):
        by_frame = np.full((len(each), 4), np.nan)
        by_frame[own[own >= 0]] = moments[own >= 0]
        boxes.append(by_frame)
    return boxes


def _run(tasks: Sequence[Callable[[], Found]], workers: int, settle: Callable[[], None] = lambda: None) -> list[Found]:
    if workers <= 1 or len(tasks) <= 1:
        return _settled((task() for task in tasks), settle)
    with worker_pool(min(workers, len(tasks))) as pool:
        return _settled(pool.map(_call, tasks), settle)


def _settled(results: Iterable[Found], settle: Callable[[], None]) -> list[Found]:
    found = []
    for result in results:
        found.append(result)
        settle()
    return found


def _call(task: Callable[[], Found]) -> Found:
    return task()


def _live(
    folder: Path,
    video: Path,
    looks: Sequence[LoadedLook],
    mode: str,
    boxes: FloatArray | None,
    times_s: FloatArray | None,
) -> list[Arrays]:
    """Return what each look saw; the video is decoded once for all that are not kept."""
    about = {**identity(video), "mode": mode, "boxes": _digest(boxes), "times": _digest(times_s)}
    name = f"{video.stem}_live"
    of_each = [
        {**about, "model": loaded.model.sha256, **({"mirrored": True} if loaded.look.is_mirrored else {})}
        for loaded in looks
    ]
    found = [kept(folder, name, each) for each in of_each]
    missing = [number for number, arrays in enumerate(found) if arrays is None]
    seen = detect_video(video, [looks[number] for number in missing], mode, boxes, times_s) if missing else []
    for number, each in zip(missing, seen, strict=True):
        names = ("landmarks_px", "landmarks_m", "visibility", "frame_index", "time_s")
        arrays = {**{name: getattr(each, name) for name in names}, "image_size": np.array(each.image_size)}
        keep(folder, name, of_each[number], arrays)
        found[number] = arrays
    return [arrays for arrays in found if arrays is not None]


def _best(folder: Path, path: Path, model: PoseModel, live: DetectedVideo) -> Arrays:
    def make() -> Arrays:
        keypoints, trust = detect_keypoints(path, model, live)
        return {"keypoints": keypoints, "trust": trust}

    about = {**identity(path), "model": model.sha256, "live": _digest(np.nan_to_num(live.joints_px))}
    return cached(folder, f"{path.stem}_truth", about, make)


def _everybody(folder: Path, video: Path, model: PoseModel) -> Arrays:
    def make() -> Arrays:
        candidates, image_size = find_candidates(video, model)
        return {"candidates": candidates, "image_size": np.array(image_size)}

    return cached(folder, f"{video.stem}_people", {**identity(video), "model": model.sha256}, make)


def _digest(array: FloatArray | None) -> Any:
    return None if array is None else np.round(array, 1).tolist()


def _as_video(arrays: Arrays) -> DetectedVideo:
    width, height = arrays["image_size"]
    names = ("landmarks_px", "landmarks_m", "visibility", "frame_index", "time_s")
    return DetectedVideo(**{name: arrays[name] for name in names}, image_size=(int(width), int(height)))  # type: ignore[arg-type]


def _timeline(looking: Looking, videos: Sequence[DetectedVideo], given: Timeline | None) -> Timeline:
    names = [path.name for path in looking.videos]
    counts = [int(v.frame_index[-1]) + 1 for v in videos]
    if given is None:
        times = [np.interp(np.arange(n), v.frame_index, v.time_s) for n, v in zip(counts, videos, strict=True)]
        return in_step(times, names)
    for name, count, rows in zip(names, counts, given.rows, strict=True):
        if (rows >= 0).sum() != count:
            raise DataError(f"{looking.timestamps} lists {(rows >= 0).sum()} frames of {name}, which has {count}.")
    return given


def _row_of(video: DetectedVideo, frames: npt.NDArray[Any]) -> FloatArray:
    """Return (T,) the row of each frame number in the detections; -1 for one that is not there."""
    row_of = {int(frame): row for row, frame in enumerate(video.frame_index)}
    return np.array([row_of.get(int(frame), -1) for frame in frames])


def _taken(array: FloatArray, rows: FloatArray) -> FloatArray:
    """Return `array[rows]`, NaN where a row is -1."""
    taken = np.asarray(array, dtype=float)[rows]
    taken[rows < 0] = np.nan
    return np.asarray(taken)


def _placed(video: DetectedVideo, frames: npt.NDArray[Any]) -> DetectedVideo:
    rows = _row_of(video, frames)
    return replace(
        video,
        landmarks_px=_taken(video.landmarks_px, rows),
        landmarks_m=_taken(video.landmarks_m, rows),
        visibility=np.nan_to_num(_taken(video.visibility, rows)),
        frame_index=frames,
        time_s=_taken(video.time_s, rows),
    )


def _placed_keypoints(arrays: Arrays, video: DetectedVideo, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    rows = _row_of(video, frames)
    return _taken(arrays["keypoints"], rows), np.nan_to_num(_taken(arrays["trust"], rows))
