"""Looks: MediaPipe's variants, and the mirror image as each of them sees it, over one stream of frames."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.detection.bundle import PoseModel, load_pose_model
from core.detection.detector import PoseDetector
from core.detection.looks import Look as SpelledLook
from core.detection.mirrored import unmirrored
from core.pose.types import Detection, Frame


@dataclass(frozen=True)
class Look:
    """One way of seeing a stream: a loaded variant, on the image or on its mirror image."""

    model: PoseModel
    is_mirrored: bool

    @property
    def name(self) -> str:
        """Return how it is spelled: full, or full-mirrored."""
        return SpelledLook(self.model.variant, self.is_mirrored).name

    @property
    def meta(self) -> dict[str, Any]:
        """Return what a pair file says of it."""
        return {"pose_variant": self.model.variant, "pose_sha256": self.model.sha256, "mirrored": self.is_mirrored}


def load_looks(names: Sequence[str], report: Callable[[str], None] = lambda _: None) -> tuple[Look, ...]:
    """Return looks with their pose models; `report` is told about a download.

    Raises:
        ModelError: A pose model is missing and cannot be fetched.
    """
    spelled = [SpelledLook.from_name(name) for name in names]
    return tuple(Look(load_pose_model(look.variant, report), look.is_mirrored) for look in spelled)


def observe_each(frames: Iterable[Frame], looks: Sequence[Look], mode: str = "video") -> list[list[Detection]]:
    """Return what every look saw in every frame, each with a tracker of its own, sides as in the image.

    The images are not kept: a detection's frame holds an empty one of the same size.
    """
    seen: list[list[Detection]] = [[] for _ in looks]
    with ExitStack() as stack:
        detectors = [stack.enter_context(PoseDetector(look.model, mode)) for look in looks]
        for frame in frames:
            flipped = Frame(np.ascontiguousarray(frame.image[:, ::-1]), frame.index, frame.time_s)
            blank = Frame(np.broadcast_to(np.uint8(0), frame.image.shape), frame.index, frame.time_s)
            for look, detector, row in zip(looks, detectors, seen, strict=True):
                found = detector.detect(flipped if look.is_mirrored else frame)
                row.append(unmirrored(found, blank) if look.is_mirrored else replace(found, frame=blank))
    return seen
