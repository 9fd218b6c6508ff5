"""The poses of a take as they become known: what views show, frame by frame, and what is saved in the end."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.filters import FilterChoice
from core.pose.bone_lengths import WINDOW_S, rolling_bone_cv
from core.pose.geometry import viewpoint_from_direction
from core.pose.skeleton import N_JOINTS
from core.pose.types import Detection, FloatArray, Frame, Refined, nobody
from core.refinement.refiner import DepthRefiner
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence
from core.take.detections import Detections
from core.take.refine import refine, smoothed

CONTEXT_S: Final = 3.0
"""So much of what came before is looked at again when more frames come."""
_FIRST_ROWS: Final = 2048
_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "joints_m": (N_JOINTS, 3),
    "raw_m": (N_JOINTS, 3),
    "uncertainty_m": (N_JOINTS,),
    "direction": (3,),
    "bone_cv": (),
    "bone_cv_raw": (),
}


@dataclass(frozen=True)
class How:
    """What is made of detections.

    Attributes:
        refiner: None leaves MediaPipe's joints.
        hold_bones: Whether bone lengths are the same in all frames.
        filter: How joints are smoothed over time, None for not at all.
    """

    refiner: DepthRefiner | Refiners | None = None
    hold_bones: bool = True
    filter: FilterChoice | None = None


@dataclass(frozen=True)
class Poses:
    """T frames as they are shown: refined and smoothed; NaN where nobody was seen.

    Attributes:
        seen: What was detected.
        joints_m: (T, 17, 3) metres, view-ray frame.
        raw_m: (T, 17, 3) MediaPipe's, same frame.
        uncertainty_m: (T, 17) metres.
        direction: (T, 3) unit vector from the pelvis to the camera, subject frame.
        bone_cv: (T,) of the last seconds, of the joints.
        bone_cv_raw: (T,) the same of MediaPipe's.
    """

    seen: Detections
    joints_m: FloatArray
    raw_m: FloatArray
    uncertainty_m: FloatArray
    direction: FloatArray
    bone_cv: FloatArray
    bone_cv_raw: FloatArray

    def __len__(self) -> int:
        return len(self.seen)

    @classmethod
    def of(cls, sequence: PoseSequence, seen: Detections) -> Self:
        """Return a sequence that is shown as it is."""
        return cls(
            seen, sequence.joints_m, sequence.raw_m, sequence.uncertainty_m, sequence.direction,
            rolling_bone_cv(sequence.time_s, sequence.joints_m), rolling_bone_cv(sequence.time_s, sequence.raw_m),
        )  # fmt: skip

    def row(self, frame_index: int) -> int | None:
        """Return the row of a frame, None when it is not known."""
        row = int(np.searchsorted(self.seen.frame_index, frame_index))
        return row if row < len(self) and self.seen.frame_index[row] == frame_index else None

    def packet(self, row: int, frame: Frame) -> Refined:
        """Return a row as the live loop makes packets; `frame` is its picture."""
        seen = self.seen.rows(slice(row, row + 1))
        pixels, world, visibility = (a[0].astype(float) for a in (seen.landmarks_px, seen.landmarks_m, seen.visibility))
        return Refined(
            detection=Detection(frame, pixels, world, visibility),
            raw_m=self.raw_m[row].astype(float),
            joints_m=self.joints_m[row].astype(float),
            uncertainty_m=self.uncertainty_m[row].astype(float),
            viewpoint=viewpoint_from_direction(self.direction[row]),
            bone_cv_raw=float(self.bone_cv_raw[row]),
            bone_cv=float(self.bone_cv[row]),
            refine_s=0.0,
        )


def unseen(frame: Frame) -> Refined:
    """Return the packet of a frame of which nothing is known."""
    nan = np.full((N_JOINTS, 3), np.nan)
    awaited = replace(nobody(frame), is_awaited=True)
    return Refined(awaited, nan, nan, np.full(N_JOINTS, np.nan), None, float("nan"), float("nan"), 0.0)


class GrowingPoses:
    """Poses of an analysis that goes on: what has come is refined at once, as well as can be without the rest.

    Threading: `add` and `finished` from one thread; what `poses` returned may be read from any, for as long as
    wanted.
    """

    def __init__(self, how: How, image_size: tuple[int, int]) -> None:
        self._how, self._n = how, 0
        self._image_size = image_size
        self._names: tuple[str, ...] = ("full",)
        self._seen: dict[str, npt.NDArray[Any]] = {}
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        return self._n

    @property
    def seen(self) -> Detections:
        """What was detected so far; not copied."""
        arrays: dict[str, Any] = {name: array[: self._n] for name, array in self._seen.items()}
        if not arrays:
            return Detections.empty(self._image_size)
        return Detections(self._names, **arrays, image_size=self._image_size)

    @property
    def poses(self) -> Poses:
        """What is shown so far; not copied, and not changed by what comes later."""
        if not self._arrays:
            return Poses.of(self.seen.sequence({}), self.seen)
        arrays: dict[str, Any] = {name: array[: self._n] for name, array in self._arrays.items()}
        return Poses(self.seen, **arrays)

    def add(self, more: Detections) -> slice:
        """Take in what was detected next; return its rows."""
        new = slice(self._n, self._n + len(more))
        if not len(more):
            return new
        self._make_room(new.stop, more)
        for name, values in more.arrays.items():
            self._seen[name][new] = values
        self._n = new.stop
        times, arrays = self._seen["time_s"][: self._n], self._arrays
        begin = int(np.searchsorted(times, times[new.start] - CONTEXT_S))
        found = refined(self.seen.rows(slice(begin, None)), self._how)
        for name in ("joints_m", "raw_m", "uncertainty_m", "direction"):
            arrays[name][new] = getattr(found, name)[new.start - begin :]
        begin = int(np.searchsorted(times, times[new.start] - WINDOW_S))
        for name, joints in (("bone_cv", "joints_m"), ("bone_cv_raw", "raw_m")):
            values = rolling_bone_cv(times[begin:], arrays[joints][begin : self._n])
            arrays[name][new] = values[new.start - begin :]
        return new

    def _make_room(self, n: int, like: Detections) -> None:
        if self._seen and n <= len(self._seen["time_s"]):
            return
        room, self._names = max(2 * n, _FIRST_ROWS), like.names
        wanted = {name: (array.shape[1:], array.dtype) for name, array in like.arrays.items()}
        self._seen = {name: _longer(self._seen.get(name), self._n, room, *wanted[name]) for name in wanted}
        dtype = np.dtype(np.float32)
        self._arrays = {
            name: _longer(self._arrays.get(name), self._n, room, shape, dtype) for name, shape in _SHAPES.items()
        }


def finished(seen: Detections, how: How) -> Poses:
    """Return the poses of all that was detected, each frame made with the whole known."""
    return Poses.of(refined(seen, how), seen)


def refined(seen: Detections, how: How) -> PoseSequence:
    """Return them as a sequence, as it is shown."""
    return smoothed(refine(seen, how.refiner, {}, hold_bones=how.hold_bones), how.filter)


def _longer(
    array: npt.NDArray[Any] | None, n: int, room: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    # what is not used yet takes no memory
    longer = np.empty((room, *shape), dtype)
    if array is not None:
        longer[:n] = array[:n]
    return longer
