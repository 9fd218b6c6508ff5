"""A sequence made ready for files: all 33 landmarks, cleaned, in the coordinates asked for, block by block.

What every exporter gets. Blocks keep the memory of an hour of video bounded: only the landmarks are kept for the whole
time, as float32; everything else is made when it is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from core.errors import DataError
from core.filters import FilterChoice, fill_gaps, reject_outliers
from core.pose.geometry import ASSUMED_FOV_DEG, intrinsics_from_fov, rotate, upright_rotation, view_ray_rotation
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.seen import joints_of, seen_landmarks
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES, LANDMARK_TO_COCO, N_LANDMARKS
from core.pose.types import BoolArray, FloatArray
from core.sequence.absences import Spans, absence_note, absences, held_note, rounded, unseen_note
from core.sequence.coordinates import ray_directions, up_direction
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.sequence.resampling import SHORTENED, frame_rate_hz, resampled_evenly
from core.sequence.root_trajectory import root_positions, stature_m

BLOCK: Final = 1024
"""Frames per block."""

_TRAVEL_FILTER: Final = FilterChoice("kalman", (("noise_m", 0.08), ("acceleration_ms2", 2.0)))
_FLOOR_PERCENTILE: Final = 2.0
_FEET: Final = [i for i, name in enumerate(LANDMARK_NAMES) if "heel" in name or "foot" in name or "ankle" in name]


@dataclass(frozen=True)
class PreparedMotion:
    """T frames of one person, ready to be written. Made by `prepare`.

    Attributes:
        sequence: As recorded, or put on a constant frame rate; not filtered.
        choices: What was chosen; nothing but `fov_deg`, `height_m`, `roll_deg` and `rate_hz` is None.
        rate_hz: Usual frame rate, exact when the format needs a constant one.
        scale: Factor on all positions, from `height_m`; 1 without.
        assumed: What was assumed or estimated, one sentence each.
        holds: Whether what is not known is held, since the format has no word for it.
    """

    sequence: PoseSequence
    choices: ExportChoices
    rate_hz: float
    scale: float
    assumed: tuple[str, ...]
    holds: bool = False

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def time_s(self) -> FloatArray:
        """(T,) seconds since the start of the source."""
        return self.sequence.time_s

    @property
    def is_y_up(self) -> bool:
        """Whether +y points against gravity."""
        return self.choices.coordinates == "upright" and self.choices.up == "y"

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was assumed or estimated, and what is missing, one sentence each."""
        absent = absence_note(self.absences_s) if self.holds else ""
        never = [LANDMARK_NAMES[i] for i in np.flatnonzero(self.is_left_out)]
        at_times = {name: spans for name, spans in self.unseen_s.items() if name not in never} if self.holds else {}
        notes = (*self.assumed, absent, held_note(at_times), unseen_note(never, holds=self.holds))
        return tuple(note for note in notes if note)

    def facts(self) -> dict[str, Any]:
        """Return what a file or what lies beside it says about how it was made: choices, notes, what was not seen."""
        facts = self.choices.table() | {"notes": list(self.notes)}
        if self.absences_s:
            facts["absences_s"] = rounded(self.absences_s)
        if self.unseen_s:
            facts["unseen_s"] = {name: rounded(spans) for name, spans in self.unseen_s.items()}
        return facts

    def blocks(self, size: int = BLOCK) -> Iterator[slice]:
        """Yield the slices of consecutive blocks; nothing for an empty sequence."""
        for start in range(0, len(self), size):
            yield slice(start, min(start + size, len(self)))

    def points(self, part: slice) -> FloatArray:
        """Return (n, 33, 3) refined landmarks, metres, in the chosen coordinates; NaN in gaps and where not seen."""
        return self._in_coordinates(self._points(part), part)

    def uncertainty(self, part: slice) -> FloatArray:
        """Return (n, 17) the standard deviations that the refiner expects, metres; NaN where a joint is not known."""
        known = self.is_known[part][:, LANDMARK_TO_COCO]
        return np.where(known, self.sequence.uncertainty_m[part], np.nan)

    def depth_axis(self, part: slice) -> FloatArray:
        """Return (n, 3) unit vectors away from the camera, through the hips, in the chosen coordinates."""
        axis = np.broadcast_to([0.0, 0.0, 1.0], (len(self.time_s[part]), 1, 3))
        return (axis if self.choices.coordinates == "view-ray" else self._turned(axis, part))[:, 0]

    def raw_points(self, part: slice) -> FloatArray:
        """Return (n, 33, 3) of MediaPipe's own landmarks, cleaned and turned in the same way."""
        if self._is_as_recorded:
            return self._in_coordinates(self._seen_of(self.sequence.raw_m, part), part)
        return self._in_coordinates(self._cleaned_raw[part], part)

    def guessed(self) -> "PreparedMotion":
        """Return the same motion with every landmark that the network has an answer for, seen or not."""
        return with_choices(self, min_visibility=0.0, only="all")

    def seen(self, part: slice) -> BoolArray:
        """Return (n, 33) which landmarks were seen, by `core.pose.seen`, before gaps are closed."""
        sequence, choices = self.sequence, self.choices
        return seen_landmarks(
            sequence.landmarks_px[part],
            sequence.visibility[part],
            sequence.image_size,
            min_visibility=choices.min_visibility or 0.0,
            only=choices.only or "all",
        )

    @cached_property
    def is_known(self) -> BoolArray:
        """(T, 33) which landmarks are known, after gaps were closed."""
        known = [np.isfinite(self._points(part)).all(axis=2) for part in self.blocks()]
        return np.concatenate(known) if known else np.zeros((0, N_LANDMARKS), dtype=bool)

    @cached_property
    def is_left_out(self) -> BoolArray:
        """(33,) landmarks that are known at no time, though a person is; of nobody, none is left out."""
        return np.asarray(~self.is_known.any(axis=0) & self.is_known.any())

    @cached_property
    def absences_s(self) -> Spans:
        """When nobody is seen, after gaps were closed: from, until, seconds."""
        return absences(self.time_s, np.asarray(self.is_known.any(axis=1)), 1.0 / self.rate_hz)

    @cached_property
    def unseen_s(self) -> dict[str, Spans]:
        """Name of a COCO joint → when it is not known though somebody is seen; joints always known are left out."""
        nobody = ~self.is_known.any(axis=1)
        joints = self.is_known[:, LANDMARK_TO_COCO].T
        spans = {
            name: absences(self.time_s, joint | nobody, 1.0 / self.rate_hz)
            for name, joint in zip(COCO_NAMES, joints, strict=True)
        }
        return {name: when for name, when in spans.items() if when}

    @cached_property
    def _intrinsics(self) -> FloatArray:
        width, height = self.sequence.image_size
        size = (width, height) if width > 0 and height > 0 else (1, 1)
        return intrinsics_from_fov(size, self.choices.fov_deg)

    @cached_property
    def _rays(self) -> FloatArray:
        """(T, 3) towards the hips, camera frame, smoothed like the joints."""
        rays = ray_directions(self.sequence, self._intrinsics)
        return rays if self.choices.filter is None else self.choices.filter.smooth(self.time_s, rays)

    @cached_property
    def _target(self) -> FloatArray:
        """(3, 3) rotation camera frame → chosen coordinates."""
        if self.choices.coordinates != "upright":
            return np.eye(3)
        up = up_direction(self.sequence, self._rays, roll_deg=self.choices.roll_deg)
        return upright_rotation(up, self.choices.up or "y")

    @cached_property
    def _roots(self) -> FloatArray:
        """(T, 3) the middle of the hips in the chosen coordinates."""
        if not self.choices.travel:
            return np.zeros((len(self), 3))
        roots = root_positions(self.sequence, self._rays, self._intrinsics, self.scale)
        if self.choices.filter is not None and self.choices.filter.name != "none":
            roots = _TRAVEL_FILTER.smooth(self.time_s, roots)
        roots = roots @ self._target.T
        return roots - self._ground(roots) if self.choices.coordinates == "upright" else roots

    def forget_refined(self) -> None:
        """Free what was cleaned of the refined joints: an hour's cleaned landmarks need not be held twice.

        They are cleaned again when they are asked for again.
        """
        self.__dict__.pop("_cleaned", None)

    def _ground(self, roots: FloatArray) -> FloatArray:
        """Return the (3,) point on the floor below the hips of the first frame."""
        up = 1 if self.choices.up == "y" else 2
        lowest = np.full(len(self), np.nan)
        for part in self.blocks():
            feet = self._turned(self._points(part)[:, _FEET], part)[..., up] + roots[part, None, up]
            lowest[part] = np.fmin.reduce(feet, axis=1)
        known = lowest[np.isfinite(lowest)]
        if not len(known) and self.choices.min_visibility:  # feet that nobody sees stand somewhere
            return self.guessed()._ground(roots)
        ground = roots[int(np.argmax(self.is_known.any(axis=1)))].copy() if len(self) else np.zeros(3)
        ground[up] = np.percentile(known, _FLOOR_PERCENTILE) if len(known) else 0.0
        return ground

    def _points(self, part: slice) -> FloatArray:
        return self._seen_of(self.sequence.joints_m, part) if self._is_as_recorded else self._cleaned[part]

    def _seen_of(self, joints_m: FloatArray, part: slice) -> FloatArray:
        """Return (n, 33, 3) landmarks on given joints, NaN where not seen."""
        return np.where(self.seen(part)[..., None], self._ridden(joints_m, part), np.nan)

    def _ridden(self, joints_m: FloatArray, part: slice) -> FloatArray:
        """Return (n, 33, 3) landmarks on given joints, view-ray frame, hip-centred, to scale."""
        return attach_rigid_landmarks(self.sequence.landmarks_m[part], joints_m[part]) * self.scale

    @property
    def _is_as_recorded(self) -> bool:
        choices = self.choices
        is_smoothed = choices.filter is not None and choices.filter.name != "none"
        return not (is_smoothed or choices.max_gap_ms or choices.outlier_gate_m)

    @cached_property
    def _cleaned(self) -> FloatArray:
        return self._clean(self.sequence.joints_m)

    @cached_property
    def _cleaned_raw(self) -> FloatArray:
        return self._clean(self.sequence.raw_m)

    def _clean(self, joints_m: FloatArray) -> FloatArray:
        """Return (T, 33, 3) float32 landmarks, view-ray frame, hip-centred: gated, gaps closed, smoothed."""
        choices = self.choices
        points = np.empty((len(self), N_LANDMARKS, 3), dtype=np.float32)
        for part in self.blocks():
            points[part] = self._seen_of(joints_m, part)
        for landmark in range(N_LANDMARKS):
            values = points[:, landmark].astype(float)
            if choices.outlier_gate_m:
                values = reject_outliers(self.time_s, values, choices.outlier_gate_m)
            if choices.max_gap_ms:
                values = fill_gaps(self.time_s, values, choices.max_gap_ms / 1000)
            if choices.filter is not None:
                values = choices.filter.smooth(self.time_s, values)
            points[:, landmark] = values
        return points

    def _turned(self, points: FloatArray, part: slice) -> FloatArray:
        to_camera = np.swapaxes(view_ray_rotation(self._rays[part]), -1, -2)
        return rotate(self._target @ to_camera, points.astype(float))

    def _in_coordinates(self, points: FloatArray, part: slice) -> FloatArray:
        if self.choices.coordinates == "view-ray":
            return points.astype(float)
        return self._turned(points, part) + self._roots[part, None]


def prepare(
    sequence: PoseSequence, choices: ExportChoices, *, is_uniform: bool = False, holds: bool = False
) -> PreparedMotion:
    """Make a sequence ready for a format.

    Args:
        sequence: As recorded.
        choices: Complete: `ExportChoices.over` the format's usual ones.
        is_uniform: Whether the format needs a constant frame rate.
        holds: Whether the format has no word for what is not known.

    Raises:
        DataError: A height was given, but nobody is seen whose size could be compared with it.
    """
    if is_uniform or choices.rate_hz is not None:
        sequence = resampled_evenly(sequence, choices.rate_hz)
    notes = []
    scale = 1.0
    if choices.height_m is not None:
        seen = seen_landmarks(
            sequence.landmarks_px,
            sequence.visibility,
            sequence.image_size,
            min_visibility=choices.min_visibility or 0.0,
        )
        stature = stature_m(np.where(joints_of(seen)[..., None], sequence.joints_m, np.nan))
        if not stature > 0:
            raise DataError("The height cannot be used: nobody is seen from the shoulders to the ankles; leave it out.")
        scale = choices.height_m / stature
    if choices.coordinates != "view-ray" and choices.fov_deg is None:
        notes.append(f"The field of view is assumed to be {ASSUMED_FOV_DEG:g} degrees across the longer side.")
    if choices.coordinates == "upright" and choices.roll_deg is None:
        notes.append("Gravity is estimated from the predicted viewpoint and the body's axis; the camera stands still.")
    if choices.travel:
        notes.append("Where the hips are is an estimate from the size of the person in the picture.")
    if SHORTENED in sequence.meta:
        notes.append(
            f"Pauses of the source are shortened by {sequence.meta[SHORTENED]:g} s in all, since every moment has a "
            "row; ask for a frame rate to keep them."
        )
    rate_hz = choices.rate_hz or frame_rate_hz(sequence)
    if choices.filter is not None and (reason := choices.filter.left_out_at(rate_hz)):
        notes.append(reason)
    return PreparedMotion(sequence, choices, rate_hz, scale, tuple(notes), holds)


def body_joints(points: FloatArray) -> FloatArray:
    """Return the (..., 17, 3) COCO joints among (..., 33, 3) landmarks."""
    result: FloatArray = points[..., LANDMARK_TO_COCO, :]
    return result


def with_choices(motion: PreparedMotion, **changes: Any) -> PreparedMotion:
    """Return the same sequence with other choices, for a format that needs another view of it."""
    return replace(motion, choices=replace(motion.choices, **changes))


def upright(motion: PreparedMotion) -> PreparedMotion:
    """Return the motion with y against gravity, whatever was chosen: angles of the trunk and avatars need gravity."""
    return motion if motion.is_y_up else with_choices(motion, coordinates="upright", up="y")
