"""What is plotted: a few figures of every frame of the open source, not only of those that reached the screen."""

import threading
from typing import Final

import numpy as np

from core.pose.geometry import azimuth_elevation, level_viewpoint_direction, viewpoint_from_direction
from core.pose.metrics import bone_lengths, masked_mean
from core.pose.seen import joints_of, seen_in, seen_landmarks
from core.pose.skeleton import BODY, BONE_NAMES, BONES, LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import BoolArray, FloatArray, Refined
from core.take.poses import Poses

FIGURES: Final = ("azimuth", "raw_azimuth", "elevation", "visibility", "uncertainty", "cv_raw", "cv")
"""Degrees, degrees, degrees, 0..1, metres, and two times dimensionless."""
RAW_LENGTHS: Final = tuple(f"raw_{name}" for name in BONE_NAMES)
LENGTHS: Final = BONE_NAMES
"""Metres."""
COLUMNS: Final = ("time", *FIGURES, *RAW_LENGTHS, *LENGTHS)

_COLUMN: Final = {name: i for i, name in enumerate(COLUMNS)}
_FIRST_CAPACITY: Final = 2048
_LIVE_CAPACITY: Final = 7200


class Track:
    """The figures of a file by frame number, whatever order the frames were played in; of a camera, the newest.

    Threading: `add` is called from the inference thread, everything else from any.
    """

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live
        self._lock = threading.Lock()
        self._rows = np.full((_FIRST_CAPACITY, len(COLUMNS)), np.nan)
        self._points = np.full((_FIRST_CAPACITY, N_LANDMARKS + N_JOINTS, 3), np.nan, np.float32)
        self._seen = np.full((_FIRST_CAPACITY, N_LANDMARKS), np.nan, np.float32)
        self._end = 0
        self.version = 0

    def add(self, packet: Refined) -> None:
        """Take in one packet."""
        seen = seen_in(packet.detection)
        row, points = _row(packet, joints_of(seen)), np.concatenate([packet.detection.landmarks_m, packet.joints_m])
        with self._lock:
            slot = self._end if self._is_live else packet.detection.frame.index
            self._make_room(slot)
            slot = min(slot, self._end) if self._is_live else slot
            self._rows[slot], self._points[slot], self._seen[slot] = row, points, seen
            self._end = max(self._end, slot + 1)
            self.version += 1

    def fill(self, poses: Poses, rows: slice) -> None:
        """Take in many frames of a file at once; figures of the same frames are replaced."""
        detected = poses.seen.rows(rows)
        slots = detected.frame_index
        if not len(slots):
            return
        is_found: BoolArray = np.asarray(np.isfinite(poses.raw_m[rows]).all(axis=(1, 2)))
        visibility = detected.visibility[:, LANDMARK_TO_COCO]
        seen = seen_landmarks(detected.landmarks_px, visibility, detected.image_size) & is_found[:, None]
        figures = _figures(poses, rows, joints_of(seen))
        points = np.concatenate([detected.landmarks_m, poses.joints_m[rows]], axis=1)
        with self._lock:
            self._make_room(int(slots[-1]))
            self._rows[slots], self._points[slots], self._seen[slots] = figures, points, seen
            self._end = max(self._end, int(slots[-1]) + 1)
            self.version += 1

    def clear(self) -> None:
        """Forget everything: another person is followed."""
        with self._lock:
            self._rows[:], self._points[:], self._seen[:], self._end = np.nan, np.nan, np.nan, 0
            self.version += 1

    def between(self, start_s: float, end_s: float, names: tuple[str, ...]) -> dict[str, FloatArray]:
        """Return what is known between two times.

        Args:
            start_s: First time, seconds.
            end_s: Last time, seconds.
            names: Of COLUMNS.

        Returns:
            Each name and "time" → (n,) values in the order of time, NaN where nobody was found.
        """
        with self._lock:
            rows = self._rows[: self._end]
            inside = (rows[:, 0] >= start_s) & (rows[:, 0] <= end_s)
            found = rows[np.flatnonzero(inside)[:, None], [_COLUMN[name] for name in ("time", *names)]]
        return {name: found[:, i] for i, name in enumerate(("time", *names))}

    def points_between(self, start_s: float, end_s: float) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return landmarks, refined joints, and which landmarks were seen, in the rows of `between`.

        Returns:
            (n, 33, 3) and (n, 17, 3) metres, view-ray frame; (n, 33) bool.
        """
        with self._lock:
            times = self._rows[: self._end, 0]
            rows = np.flatnonzero((times >= start_s) & (times <= end_s))
            found, seen = self._points[rows].astype(float), self._seen[rows] > 0
        return found[:, :N_LANDMARKS], found[:, N_LANDMARKS:], seen

    def at(self, time_s: float, names: tuple[str, ...]) -> dict[str, float]:
        """Return the figures of the frame nearest to a time; NaN when nothing is known yet."""
        with self._lock:
            times = self._rows[: self._end, 0]
            if not np.isfinite(times).any():
                return dict.fromkeys(names, float("nan"))
            row = self._rows[int(np.nanargmin(np.abs(times - time_s)))]
            return {name: float(row[_COLUMN[name]]) for name in names}

    def seen(self) -> tuple[FloatArray, FloatArray]:
        """Return the (n,) times of all frames that were looked at, and (n,) 1 where somebody was found, else 0."""
        with self._lock:
            rows = self._rows[: self._end, : 2 + len(FIGURES)]
            known = np.isfinite(rows[:, 0])
            return rows[known, 0].copy(), (rows[known, _COLUMN["visibility"]] > 0).astype(float)

    def _make_room(self, slot: int) -> None:
        if slot < len(self._rows):
            return
        if self._is_live and len(self._rows) >= _LIVE_CAPACITY:
            half = len(self._rows) // 2
            for table in (self._rows, self._points, self._seen):
                table[: self._end - half] = table[half : self._end].copy()
                table[self._end - half :] = np.nan
            self._end -= half
            return
        capacity = max(2 * len(self._rows), slot + 1)
        self._rows, self._points = _longer(self._rows, capacity), _longer(self._points, capacity)
        self._seen = _longer(self._seen, capacity)


def unwrapped(azimuth_deg: FloatArray) -> FloatArray:
    """Return (n,) angles in [0, 360) as a line without jumps, starting within half a turn of 0; NaN leaves a gap."""
    result = np.array(azimuth_deg, dtype=float)
    known = np.isfinite(result)
    if known.any():
        line = np.unwrap(result[known], period=360.0)
        result[known] = line - 360.0 * np.round(line[0] / 360.0)
    return result


def nearest_turn(angle_deg: FloatArray, reference_deg: FloatArray) -> FloatArray:
    """Return (n,) angles plus the whole turns that bring each nearest to its reference."""
    return reference_deg + (angle_deg - reference_deg + 180.0) % 360.0 - 180.0


def _row(packet: Refined, seen: BoolArray) -> FloatArray:
    row = np.full(len(COLUMNS), np.nan)
    row[0] = packet.detection.frame.time_s
    visibility = packet.detection.visibility[LANDMARK_TO_COCO][BODY]
    row[_COLUMN["visibility"]] = visibility.mean()
    if packet.viewpoint is None:
        return row
    raw_view = viewpoint_from_direction(level_viewpoint_direction(packet.raw_m))
    row[1 : 1 + len(FIGURES)] = (
        packet.viewpoint.azimuth_deg,
        raw_view.azimuth_deg if raw_view else np.nan,
        packet.viewpoint.elevation_deg,
        visibility.mean(),
        packet.uncertainty_m[BODY][seen[BODY]].mean() if seen[BODY].any() else np.nan,
        packet.bone_cv_raw,
        packet.bone_cv,
    )
    lengths = bone_lengths(np.array([packet.raw_m, packet.joints_m]))
    row[1 + len(FIGURES) :] = np.where(seen[BONES].all(axis=1), lengths, np.nan).ravel()  # (2, 10)
    return row


def _figures(poses: Poses, rows: slice, seen: BoolArray) -> FloatArray:
    """Return (n, len(COLUMNS)) figures, as `_row` makes them of packets; `seen` (n, 17) of the joints."""
    joints, raw = poses.joints_m[rows].astype(float), poses.raw_m[rows].astype(float)
    visibility = poses.seen.rows(rows).visibility[:, LANDMARK_TO_COCO][:, BODY].mean(axis=1)
    azimuth, elevation = azimuth_elevation(poses.direction[rows])
    raw_azimuth, _ = azimuth_elevation(level_viewpoint_direction(raw))
    uncertainty = np.where(seen, poses.uncertainty_m[rows], np.nan)[:, BODY]
    hidden = ~seen[:, BONES].all(axis=2)
    lengths = [np.where(hidden, np.nan, bone_lengths(one)) for one in (raw, joints)]
    angles = [np.rad2deg(one) for one in (azimuth, raw_azimuth, elevation)]
    expected, cvs = masked_mean(uncertainty, axis=1), (poses.bone_cv_raw[rows], poses.bone_cv[rows])
    table: FloatArray = np.column_stack([poses.seen.time_s[rows], *angles, visibility, expected, *cvs, *lengths])
    nobody = ~np.isfinite(raw).all(axis=(1, 2))
    table[nobody, 1:] = np.nan
    table[nobody, _COLUMN["visibility"]] = visibility[nobody]
    return table


def _longer(table: FloatArray, capacity: int) -> FloatArray:
    result = np.full((capacity, *table.shape[1:]), np.nan, table.dtype)
    result[: len(table)] = table
    return result
