"""Looks: MediaPipe's variants, and the mirror image as each of them sees it, over one stream of frames."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.detection.bundle import VARIANTS, PoseModel, load_pose_model
from core.detection.detector import PoseDetector
from core.errors import SettingsError
from core.pose.skeleton import LANDMARK_NAMES
from core.pose.types import Detection, Frame

_MIRRORED: Final = "mirrored"


def _other_side(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


_SWAPPED: Final = np.array([LANDMARK_NAMES.index(_other_side(name)) for name in LANDMARK_NAMES])


@dataclass(frozen=True)
class Look:
    """One way of seeing a stream: a loaded variant, on the image or on its mirror image."""

    model: PoseModel
    is_mirrored: bool

    @property
    def name(self) -> str:
        """Return how it is spelled: full, or full-mirrored."""
        return f"{self.model.variant}-{_MIRRORED}" if self.is_mirrored else self.model.variant

    @property
    def meta(self) -> dict[str, Any]:
        """Return what a pair file says of it."""
        return {"pose_variant": self.model.variant, "pose_sha256": self.model.sha256, "mirrored": self.is_mirrored}


def parse_looks(text: str) -> tuple[str, ...]:
    """Return the looks of a list such as "full,heavy-mirrored", each once.

    Raises:
        SettingsError: Empty, or a look that there is not.
    """
    known = [name for variant in VARIANTS for name in (variant, f"{variant}-{_MIRRORED}")]
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise SettingsError(f"There is no look '{', '.join(unknown)}'; choose some of {', '.join(known)}.")
    return names


def load_looks(names: Sequence[str]) -> tuple[Look, ...]:
    """Return looks with their pose models.

    Raises:
        ModelError: A pose model is missing and cannot be fetched.
    """
    return tuple(
        Look(load_pose_model(name.removesuffix(f"-{_MIRRORED}")), name.endswith(f"-{_MIRRORED}")) for name in names
    )


def observe_each(frames: Iterator[Frame], looks: Sequence[Look]) -> list[list[Detection]]:
    """Return what every look saw in every frame, each in a video-mode tracker of its own, sides as in the image."""
    seen: list[list[Detection]] = [[] for _ in looks]
    with ExitStack() as stack:
        detectors = [stack.enter_context(PoseDetector(look.model, "video")) for look in looks]
        for frame in frames:
            flipped = Frame(np.ascontiguousarray(frame.image[:, ::-1]), frame.index, frame.time_s)
            for look, detector, row in zip(looks, detectors, seen, strict=True):
                if look.is_mirrored:
                    row.append(unmirrored(detector.detect(flipped), frame))
                else:
                    row.append(detector.detect(frame))
    return seen


def unmirrored(detection: Detection, frame: Frame) -> Detection:
    """Return what was seen in the mirror image of `frame` as it is in the frame itself."""
    pixels, world = detection.landmarks_px[_SWAPPED].copy(), detection.landmarks_m[_SWAPPED].copy()
    pixels[:, 0] = frame.size_px[0] - pixels[:, 0]
    world[:, 0] *= -1
    return Detection(frame, pixels, world, detection.visibility[_SWAPPED])
