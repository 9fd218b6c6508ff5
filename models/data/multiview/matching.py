"""Which video belongs to which camera, and which frames of the videos were taken at the same moment."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError, SourceError
from core.pose.types import FloatArray
from core.system.files.suffixes import is_video_name
from models.data.calibration.camera import CalibratedCamera

_MOST_CUT: Final = 0.05
_COLUMNS: Final = ("sync_index", "cam_id", "frame_time")


@dataclass(frozen=True)
class Timeline:
    """T moments at which the cameras took a picture.

    Attributes:
        rows: (C, T) frame number in each camera's video; -1 where a camera has no picture of that moment.
        time_s: (T,) seconds since the first.
        note: What had to be done to the videos to bring them in step; "" for nothing.
    """

    rows: npt.NDArray[np.integer]
    time_s: FloatArray
    note: str = ""

    @property
    def fps(self) -> float:
        """The usual number of moments in a second."""
        return float(1 / np.median(np.diff(self.time_s)))


def find_videos(paths: Sequence[Path]) -> list[Path]:
    """Return the videos among files and in folders, sorted by name.

    Raises:
        SourceError: A path does not exist, or there is no video.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"There is no video or folder {path}.")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in inside if is_video_name(p.name) or p == path]
    if not found:
        raise SourceError(f"There is no video in {', '.join(map(str, paths))}.")
    return found


def match_videos(cameras: Sequence[CalibratedCamera], videos: Sequence[Path]) -> list[tuple[CalibratedCamera, Path]]:
    """Return each video with its camera: the one whose name is in the file's name, else by order.

    `cam1` is in `cam1.mp4`, `take2_cam1_b.mp4` and `CAM01.mp4`, but not in `cam10.mp4`; leading zeros and case do not
    count. Cameras without a video are left out.

    Raises:
        DataError: A name fits several, or names do not help and the numbers differ.
    """
    tokens = [_tokens(path.stem) for path in videos]
    chosen: list[list[CalibratedCamera]] = [[c for c in cameras if _holds(words, _tokens(c.name))] for words in tokens]
    if all(len(each) == 1 for each in chosen):
        names = [each[0].name for each in chosen]
        if len(set(names)) == len(names):
            return [(each[0], path) for each, path in zip(chosen, videos, strict=True)]
    if len(cameras) != len(videos):
        raise DataError(
            f"There are {len(videos)} videos and {len(cameras)} cameras ({', '.join(c.name for c in cameras)}); "
            "put the camera's name into each video's file name."
        )
    return list(zip(cameras, videos, strict=True))


def in_step(times_s: Sequence[FloatArray], names: Sequence[str]) -> Timeline:
    """Return the timeline of videos that started together, frame by frame.

    Args:
        times_s: The times of each video's frames.
        names: Of the videos, for messages.

    Raises:
        DataError: The videos differ by more than 5 % in length or rate: they are not synchronised.
    """
    counts = np.array([len(t) for t in times_s])
    n = int(counts.min())
    if n < 2:
        raise DataError(f"{names[int(counts.argmin())]} has {n} frames; two are the least.")
    rates = np.array([1 / np.median(np.diff(t)) for t in times_s])
    if np.ptp(rates) > _MOST_CUT * rates.min() or counts.max() - n > max(_MOST_CUT * n, 2):
        listed = ", ".join(f"{name} {c} frames at {r:.2f}/s" for name, c, r in zip(names, counts, rates, strict=True))
        raise DataError(f"The videos are not in step ({listed}); cut them to the same moments or give --timestamps.")
    note = "" if counts.max() == n else f"cut to the {n} frames of the shortest video (the longest has {counts.max()})"
    return Timeline(np.tile(np.arange(n), (len(counts), 1)), times_s[int(counts.argmin())][:n] - times_s[0][0], note)


def read_timestamps(path: Path, names: Sequence[str]) -> tuple[Timeline, list[FloatArray]]:
    """Read Caliscope's `timestamps.csv`: sync_index, cam_id, frame_time, a row per frame.

    Args:
        path: The file; frames of a camera are listed in the order of its video.
        names: Of the cameras, in the order wanted; `cam_id` 3 is `cam_3`.

    Returns:
        The timeline, and the times of each camera's own frames in seconds since the first moment.

    Raises:
        DataError: Not readable, a column is missing, no number, or times that do not rise.
    """
    rows = _timestamp_rows(path)
    place = {sync: number for number, sync in enumerate(sorted({sync for sync, _, _ in rows}))}
    table = np.full((len(names), len(place)), -1)
    times = np.full((len(names), len(place)), np.nan)
    for number, name in enumerate(names):
        own = sorted((sync, time) for sync, camera, time in rows if _tokens(name) in (_tokens(camera), ["cam", camera]))
        columns = [place[sync] for sync, _ in own]
        table[number, columns] = np.arange(len(own))
        times[number, columns] = [time for _, time in own]
    known = np.isfinite(times)
    if not known.any(axis=0).all():
        raise DataError(f"{path} lists no frames of {', '.join(names)}.")
    middle = np.where(known, times, 0).sum(axis=0) / known.sum(axis=0)
    if len(middle) < 2 or (np.diff(middle) <= 0).any():
        raise DataError(f"The times in {path} do not rise from moment to moment.")
    spread = float(np.max(np.nanmax(times, axis=0) - np.nanmin(times, axis=0)))
    missing = float((~known).mean())
    note = f"frames of one moment are up to {1000 * spread:.0f} ms apart; {missing:.1%} of the pictures are missing"
    own_times = [each[k] - middle[0] for each, k in zip(times, known, strict=True)]
    return Timeline(table, middle - middle[0], note), own_times


def _timestamp_rows(path: Path) -> list[tuple[int, str, float]]:
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            listed = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The timestamps {path} cannot be read ({error}).") from error
    if not listed or any(column not in listed[0] for column in _COLUMNS):
        raise DataError(f"{path} lacks one of the columns {', '.join(_COLUMNS)}.")
    try:
        return [(int(row["sync_index"]), str(row["cam_id"]), float(row["frame_time"])) for row in listed]
    except (TypeError, ValueError) as error:
        raise DataError(f"{path} has a row without numbers ({error}).") from error


def _tokens(name: str) -> list[str]:
    """Return the words and numbers of a name: `Take2_CAM01` → take, 2, cam, 1."""
    return [w.lstrip("0") or "0" if w.isdigit() else w for w in re.findall(r"[a-z]+|\d+", name.lower())]


def _holds(words: list[str], wanted: list[str]) -> bool:
    n = len(wanted)
    return n > 0 and any(words[i : i + n] == wanted for i in range(len(words) - n + 1))
