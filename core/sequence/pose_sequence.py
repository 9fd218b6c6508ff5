"""What is saved, exported and evaluated: the packets of one stream as arrays over time."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.pose.bone_lengths import rolling_bone_cv
from core.pose.geometry import azimuth_elevation, viewpoint_from_direction
from core.pose.skeleton import LANDMARK_JOINT, LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import Detection, FloatArray, Frame, LookLandmarks, Refined, require_shape

ARRAY_SHAPES: dict[str, tuple[int, ...]] = {
    "time_s": (),
    "frame_index": (),
    "joints_m": (N_JOINTS, 3),
    "raw_m": (N_JOINTS, 3),
    "uncertainty_m": (N_JOINTS,),
    "visibility": (N_JOINTS,),
    "landmarks_px": (N_LANDMARKS, 2),
    "landmarks_m": (N_LANDMARKS, 3),
    "direction": (3,),
}
"""The arrays of a PoseSequence, in the order of its fields, and their shapes without the leading T."""
LOOK_SHAPES = {"landmarks_px": (N_LANDMARKS, 2), "landmarks_m": (N_LANDMARKS, 3), "visibility": (N_LANDMARKS,)}
"""The arrays of what each look saw, and their shapes without the leading L, or T, L."""
_DTYPES: dict[str, type] = {"time_s": np.float64, "frame_index": np.int64}
_FIRST_ROWS = 512
_MOST_FRAMES = 2.0**53
ARRAY_NAMES = tuple(ARRAY_SHAPES)


@dataclass(frozen=True)
class PoseSequence:
    """T frames of one stream, in the order of time; NaN where nobody was found, and where an infinity was given.

    Attributes:
        time_s: (T,) seconds since the start of the source, strictly increasing.
        frame_index: (T,) frame number in the source; a jump means missing frames.
        joints_m: (T, 17, 3) refined joints, metres, hip-centred, view-ray frame.
        raw_m: (T, 17, 3) MediaPipe's joints, same frame.
        uncertainty_m: (T, 17) expected standard deviation, metres; NaN when unknown.
        visibility: (T, 17) in 0..1.
        landmarks_px: (T, 33, 2) image landmarks, pixels.
        landmarks_m: (T, 33, 3) MediaPipe's world landmarks, metres, view-ray frame.
        direction: (T, 3) unit vector from the pelvis to the camera, subject frame.
        image_size: (width, height), pixels.
        meta: What made it: source, settings, models; only what JSON can hold.
        looks: What each look saw, (T, L, ...), where there were several; the landmarks are their mean.
    """

    time_s: FloatArray
    frame_index: npt.NDArray[np.integer[Any]]
    joints_m: FloatArray
    raw_m: FloatArray
    uncertainty_m: FloatArray
    visibility: FloatArray
    landmarks_px: FloatArray
    landmarks_m: FloatArray
    direction: FloatArray
    image_size: tuple[int, int]
    meta: dict[str, Any]
    looks: LookLandmarks | None = None

    def __post_init__(self) -> None:
        for name, tail in ARRAY_SHAPES.items():
            require_shape(name, getattr(self, name), (len(self.time_s), *tail))
            if np.isinf(array := getattr(self, name)).any() and name != "time_s":
                object.__setattr__(self, name, np.where(np.isinf(array), np.nan, array))
        if not (np.isfinite(self.time_s).all() and (np.diff(self.time_s) > 0).all()):
            raise DataError("The times of a sequence must increase from frame to frame and be numbers.")
        if self.looks is not None and self.looks.visibility.shape[:-2] != (len(self.time_s),):
            raise DataError(
                f"The looks of a sequence have {len(self.looks.visibility)} frames, not {len(self.time_s)}."
            )

    def __len__(self) -> int:
        return len(self.time_s)

    def rows(self, chosen: Any) -> "PoseSequence":
        """Return the chosen frames: a slice, or what else picks rows of an array."""
        arrays = {name: getattr(self, name)[chosen] for name in ARRAY_NAMES}
        return replace(self, **arrays, looks=None if self.looks is None else self.looks.rows(chosen))

    @cached_property
    def is_found(self) -> npt.NDArray[np.bool_]:
        """(T,) whether a person was detected."""
        return np.asarray(np.isfinite(self.raw_m).all(axis=(1, 2)))

    @cached_property
    def angles_deg(self) -> tuple[FloatArray, FloatArray]:
        """(T,) azimuth in [0, 360) and (T,) elevation in -90..90, degrees; NaN where unknown."""
        azimuth, elevation = azimuth_elevation(self.direction)
        return np.rad2deg(azimuth), np.rad2deg(elevation)

    @cached_property
    def bone_cv_raw(self) -> FloatArray:
        """(T,) bone-length CV of the raw joints over the seconds before each frame, as shown live."""
        return rolling_bone_cv(self.time_s, self.raw_m)

    @cached_property
    def bone_cv(self) -> FloatArray:
        """(T,) the same of the refined joints."""
        return rolling_bone_cv(self.time_s, self.joints_m)

    def equals(self, other: "PoseSequence", *, tolerance: float = 0.0) -> bool:
        """Whether all arrays agree within an absolute tolerance (NaN equals NaN), with image size and meta."""
        return (
            len(self) == len(other)
            and tuple(self.image_size) == tuple(other.image_size)
            and self.meta == other.meta
            and all(
                np.allclose(getattr(self, n), getattr(other, n), rtol=0, atol=tolerance, equal_nan=True)
                for n in ARRAY_NAMES
            )
            and _are_alike(self.looks, other.looks, tolerance)
        )


def _are_alike(looks: LookLandmarks | None, others: LookLandmarks | None, tolerance: float) -> bool:
    if looks is None or others is None:
        return looks is others
    return looks.names == others.names and all(
        np.allclose(getattr(looks, n), getattr(others, n), rtol=0, atol=tolerance, equal_nan=True) for n in LOOK_SHAPES
    )


def frame_numbers(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return (T,) numbers of frames that a file gives, as integers.

    Raises:
        DataError: One is none: NaN, infinite, or so large that a float does not hold it.
    """
    if not (np.abs(values.astype(float)) < _MOST_FRAMES).all():
        raise DataError("The frame numbers of a sequence must be numbers.")
    return values.astype(np.int64)


def pose_row(packet: Refined) -> dict[str, Any]:
    """Return name → value of a packet's row in the arrays of a sequence, not copied."""
    detection, viewpoint = packet.detection, packet.viewpoint
    return {
        "time_s": detection.frame.time_s,
        "frame_index": detection.frame.index,
        "joints_m": packet.joints_m,
        "raw_m": packet.raw_m,
        "uncertainty_m": packet.uncertainty_m,
        "visibility": detection.visibility[LANDMARK_TO_COCO],
        "landmarks_px": detection.landmarks_px,
        "landmarks_m": detection.landmarks_m,
        "direction": np.nan if viewpoint is None else viewpoint.direction,
    }


def packet_of_row(sequence: PoseSequence, row: int, frame: Frame) -> Refined:
    """Return the packet of one frame of a sequence, as it is drawn: `pose_row` undone.

    Landmarks that are no joints of ours are as visible as the wrist, ankle or nose that they move with.
    """
    visibility = sequence.visibility[row][LANDMARK_JOINT]
    return Refined(
        detection=Detection(frame, sequence.landmarks_px[row], sequence.landmarks_m[row], visibility),
        raw_m=sequence.raw_m[row],
        joints_m=sequence.joints_m[row],
        uncertainty_m=sequence.uncertainty_m[row],
        viewpoint=viewpoint_from_direction(sequence.direction[row]),
        bone_cv_raw=float(sequence.bone_cv_raw[row]),
        bone_cv=float(sequence.bone_cv[row]),
        refine_s=0.0,
    )


class SequenceBuilder:
    """Collect packets; keeps numbers, not images: 1.2 kB a frame, and 0.8 kB for each of several looks.

    Looks are kept when every packet has the same.
    """

    def __init__(self) -> None:
        self._n = 0
        self._look_names: tuple[str, ...] = ()
        self._looks: dict[str, Any] = {}
        self._arrays: dict[str, Any] = {
            name: np.empty((0, *shape), dtype=_DTYPES.get(name, np.float32)) for name, shape in ARRAY_SHAPES.items()
        }
        self._image_size = (0, 0)

    def __len__(self) -> int:
        return self._n

    @property
    def n_found(self) -> int:
        """How many packets had a person."""
        return int(np.isfinite(self._arrays["raw_m"][: self._n]).all(axis=(1, 2)).sum())

    def append(self, packet: Refined) -> None:
        """Take in the next packet; positions as float32 (a micrometre is lost by none of them)."""
        row, looks = pose_row(packet), packet.detection.looks
        if not self._n and looks is not None:
            self._look_names = looks.names
            shapes = {name: (0, len(looks.names), *shape) for name, shape in LOOK_SHAPES.items()}
            self._looks = {name: np.empty(shape, np.float32) for name, shape in shapes.items()}
        if self._looks and (looks is None or looks.names != self._look_names):
            self._looks = {}
        if self._n == len(self._arrays["time_s"]):
            _grow(self._arrays, self._n)
            _grow(self._looks, self._n)
        for name, value in row.items():
            self._arrays[name][self._n] = value
        for name, array in self._looks.items():
            array[self._n] = getattr(looks, name)
        self._n += 1
        self._image_size = packet.detection.frame.size_px

    def build(self, meta: dict[str, Any]) -> PoseSequence:
        """Return what was collected so far; not copied, so its arrays are read-only. More may be appended after."""
        arrays, looks = (
            {name: array[: self._n] for name, array in kept.items()} for kept in (self._arrays, self._looks)
        )
        for array in (*arrays.values(), *looks.values()):
            array.flags.writeable = False
        seen = LookLandmarks(self._look_names, **looks) if looks else None
        return PoseSequence(**arrays, image_size=self._image_size, meta=dict(meta), looks=seen)


def _grow(arrays: dict[str, Any], n: int) -> None:
    """Make room for more than n rows."""
    for name, array in arrays.items():
        # what is not used yet takes no memory; one array after the other, so that none but one is there twice
        longer = np.empty((max(2 * len(array), _FIRST_ROWS), *array.shape[1:]), dtype=array.dtype)
        longer[:n] = array
        arrays[name] = longer
