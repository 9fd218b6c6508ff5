"""Plays a take: the picture is decoded, the poses are those that are known already."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np

from core.pose.types import Frame, Refined
from core.take.poses import Poses, unseen


@dataclass(frozen=True)
class Showing:
    """What is to be shown of a take.

    Attributes:
        poses: What is known; None when nothing is yet.
        before: What was known of another variant, shown until this one has been there.
        is_mirrored: Whether pictures are turned back.
    """

    poses: Poses | None = None
    before: Poses | None = None
    is_mirrored: bool = False

    def packet(self, frame: Frame) -> Refined:
        """Return what is known of a frame."""
        if self.is_mirrored:
            frame = replace(frame, image=np.ascontiguousarray(frame.image[:, ::-1]))
        for poses in (self.poses, self.before):
            row = None if poses is None else poses.row(frame.index)
            if poses is not None and row is not None:
                return poses.packet(row, frame)
        return unseen(frame)

    def knows(self, frame_index: int) -> bool:
        """Whether anything is known of a frame."""
        return any(poses is not None and poses.row(frame_index) is not None for poses in (self.poses, self.before))


class TakePlayer:
    """What the live loop runs instead of a pipeline.

    Threading: `process` in the inference thread.
    """

    def __init__(self, showing: Callable[[], Showing]) -> None:
        self._showing = showing

    def process(self, frame: Frame) -> Refined:
        """Return the packet of one frame."""
        return self._showing().packet(frame)

    def restart(self) -> None:
        """Nothing is remembered from frame to frame."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
