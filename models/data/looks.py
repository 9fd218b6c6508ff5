"""Looks over one stream of frames, for pairs: each with its pose model and a tracker of its own."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.detector import PoseDetector
from core.detection.looks import Look
from core.detection.mirrored import MirroredDetector
from core.pose.types import Detection, Frame


@dataclass(frozen=True)
class LoadedLook:
    """A look, and the pose model of its variant."""

    look: Look
    model: PoseModel

    @property
    def name(self) -> str:
        """Return how it is spelled: full, or full-mirrored."""
        return self.look.name

    @property
    def meta(self) -> dict[str, Any]:
        """Return what a pair file says of it."""
        return {
            "pose_variant": self.look.variant,
            "pose_sha256": self.model.sha256,
            "mirrored": self.look.is_mirrored,
        }


def load_looks(names: Sequence[str], report: Callable[[str], None] = lambda _: None) -> tuple[LoadedLook, ...]:
    """Return looks with their pose models; `report` is told about a download.

    Raises:
        SettingsError: There is no such look.
        ModelError: A pose model is missing and cannot be fetched.
    """
    looks = [Look.from_name(name) for name in names]
    return tuple(LoadedLook(look, load_pose_model(look.variant, report)) for look in looks)


def observe_each(frames: Iterable[Frame], looks: Sequence[LoadedLook], mode: str = "video") -> list[list[Detection]]:
    """Return what every look saw in every frame, each with a tracker of its own, sides as in the image.

    The images are not kept: a detection's frame holds an empty one of the same size.
    """
    seen: list[list[Detection]] = [[] for _ in looks]
    with ExitStack() as stack:
        trackers: list[PoseDetector | MirroredDetector] = []
        for loaded in looks:
            detector = stack.enter_context(PoseDetector(loaded.model, mode))
            trackers.append(MirroredDetector(detector) if loaded.look.is_mirrored else detector)
        for frame in frames:
            blank = replace(frame, image=np.broadcast_to(np.uint8(0), frame.image.shape))
            for tracker, row in zip(trackers, seen, strict=True):
                row.append(replace(tracker.detect(frame), frame=blank))
    return seen
