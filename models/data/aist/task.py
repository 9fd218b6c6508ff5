"""What travels between processes: a video to convert, how, and what became of it. Imports next to nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.data.aist.layout import VideoName
from models.data.look_folders import look_files, of_looks

DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass(frozen=True)
class Options:
    """What is the same for all videos.

    Attributes:
        out: Folder for the pair files; every process must see it under this path.
        stride: Every how many frames MediaPipe looks.
        looks: Who looks; the first decides whether a video fits its annotation.
        joint_set: optim or plain.
        largest_distance: Of projected truth and MediaPipe, as a share of the person's size; more sets a video aside.
    """

    out: Path
    stride: int = 1
    looks: tuple[str, ...] = ("full",)
    joint_set: str = "optim"
    largest_distance: float = 0.08

    def settings(self) -> dict[str, Any]:
        """Return what decides the numbers, so that a folder is never filled by two kinds of run."""
        return {
            "dataset": "aist++",
            "stride": self.stride,
            **of_looks(self.looks),
            "running_mode": "video",
            "joints": self.joint_set,
            "largest_distance": self.largest_distance,
        }


@dataclass(frozen=True)
class VideoTask:
    """One video, with all that is needed to convert it.

    Attributes:
        name: Sequence and view.
        path: The video.
        keypoints: Its sequence's joints.
        setting: Its sequence's cameras.
        split: train, val or test.
        video_bytes: Size of the video, 0 if it is not there.
    """

    name: VideoName
    path: Path
    keypoints: Path
    setting: Path
    split: str
    video_bytes: int

    def failed(self, reason: str) -> "ConvertedVideo":
        """Return the outcome of a video that could not be converted."""
        return ConvertedVideo(str(self.name), FAILED, reason, self.split, video_bytes=self.video_bytes)


@dataclass(frozen=True)
class ConvertedVideo:
    """What became of a video.

    Attributes:
        video: Its name.
        status: done, skipped or failed.
        reason: Why, unless done.
        split: train, val or test; empty where no pairs were meant.
        n_pairs: Pairs written, of all looks together.
        n_frames: Frames that MediaPipe looked at.
        n_without_truth: Pairs in which some joint has no truth.
        shift_frames: By which the video was moved against its annotation.
        distance_px: Median distance of projected truth and MediaPipe; None when it was not measured.
        distance_pct: The same in percent of the person's size.
        video_bytes: Size of the video, to see later that it was replaced.
    """

    video: str
    status: str
    reason: str = ""
    split: str = ""
    n_pairs: int = 0
    n_frames: int = 0
    n_without_truth: int = 0
    shift_frames: int = 0
    distance_px: float | None = None
    distance_pct: float | None = None
    video_bytes: int = 0


def pair_files_of(looks: tuple[str, ...], video: str) -> dict[str, str]:
    """Return look → the pair file of a video, relative to the data set."""
    return look_files(looks, f"{video}.npz")
