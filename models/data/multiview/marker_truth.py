"""Measured truth (C3D, TRC) put beside the videos: the same joints, axes and clock."""

from dataclasses import dataclass
from itertools import permutations, product
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DataError
from core.pose.skeleton import BODY, COCO_NAMES
from core.pose.types import FloatArray
from models.data.multiview.marker_files import read_markers
from models.data.multiview.marker_sets import guess_marker_set, joints_of, load_marker_set, missing_joints
from models.data.multiview.reconstruction.reconstruct import person_extent_px
from models.data.multiview.timeline import Detections

_MOST_SHIFT_S: Final = 2.0
_MOMENTS_SCORED: Final = 200
_GAIN_NEEDED: Final = 0.03
_LEAST_SHIFT: Final = 0.25
_FITS: Final = 0.08
_TRUNCATED: Final = 0.5
_WIDEST_GAP_S: Final = 0.06


@dataclass(frozen=True)
class MarkerTruth:
    """Measured truth at the moments of the videos.

    Attributes:
        joints_world_m: (T, 17, 3) metres, the calibration's world; NaN = not measured.
        lines: What was found out, in sentences.
        figures: The same in numbers.
    """

    joints_world_m: FloatArray
    lines: list[str]
    figures: dict[str, Any]


def marker_truth(path: Path, marker_set: str, seen: Detections) -> MarkerTruth:
    """Read true joints and bring them in step with the videos.

    The file must be in the calibration's world, but may name its axes otherwise (TRC files have y up) and may begin up
    to two seconds before or after the videos: both are found by reprojection onto MediaPipe's keypoints.

    Args:
        path: `.c3d` or `.trc`.
        marker_set: See `load_marker_set`; "" = the known one that fits.
        seen: What the cameras saw.

    Raises:
        DataError: The file cannot be read, lacks hips or shoulders, or does not fit the videos.
        SettingsError: There is no such marker set.
    """
    markers = read_markers(path)
    name = marker_set or guess_marker_set(markers)
    joints = joints_of(markers, load_marker_set(name))
    missing = missing_joints(joints)
    if missing:
        raise DataError(f"{path} has no {', '.join(missing)} by the marker set '{name}'; give --markers FILE.toml.")
    extent = person_extent_px(seen.keypoints_px)
    turn: FloatArray = np.eye(3)
    if _miss(seen, joints, markers.rate_hz, 0.0, extent) > _FITS:
        turn = min(_axis_turns(), key=lambda t: _best_shift(seen, joints @ t.T, markers.rate_hz, extent, 8)[1])
    turned = joints @ turn.T
    shift, miss = _best_shift(seen, turned, markers.rate_hz, extent, 1)
    unshifted = _miss(seen, turned, markers.rate_hz, 0.0, extent)
    if unshifted - miss < _GAIN_NEEDED * unshifted or abs(shift) < _LEAST_SHIFT / seen.timeline.fps:
        shift, miss = 0.0, unshifted
    if miss > _FITS:
        raise DataError(
            f"{path} does not fit the videos: projected, its joints are {miss:.0%} of the person's size from "
            "MediaPipe's (8 % at most); check that it is of this recording and in the calibration's world."
        )
    truth = _at(turned, markers.rate_hz, seen.timeline.time_s + shift)
    lines, cameras = _report(seen, truth, turn)
    known = [COCO_NAMES[j] for j in BODY if np.isfinite(truth[:, j]).any()]
    head = (
        f"truth from {path.name}: {len(known)} of 12 body joints by the marker set '{name}', shifted by {shift:+.3f} s"
    )
    figures = {"marker_set": name, "shift_s": round(shift, 4), "axes": _turn_name(turn), "cameras": cameras}
    return MarkerTruth(truth, [head, *lines], figures)


def _report(seen: Detections, truth: FloatArray, turn: FloatArray) -> tuple[list[str], dict[str, float]]:
    lines, cameras = [], {}
    if not np.array_equal(turn, np.eye(3)):
        lines.append(f"its axes x, y, z are the calibration's {_turn_name(turn)}")
    for camera, keypoints in zip(seen.cameras, seen.keypoints_px, strict=True):
        distance = np.linalg.norm(camera.project(truth) - keypoints, axis=-1)[:, BODY]
        distance = distance[np.isfinite(distance)]
        cameras[camera.name] = float(np.median(distance)) if len(distance) else float("nan")
        lines.append(
            f"{camera.name}: projected truth is {cameras[camera.name]:.1f} px (median) from MediaPipe's keypoints"
        )
    return lines, cameras


def _best_shift(
    seen: Detections, joints: FloatArray, rate_hz: float, extent_px: float, stride: int
) -> tuple[float, float]:
    """Return the seconds to add to the videos' times that make the truth fit best, and how far off it then is."""
    step = stride / seen.timeline.fps
    shifts = np.arange(-_MOST_SHIFT_S, _MOST_SHIFT_S + step / 2, step)
    misses = [_miss(seen, joints, rate_hz, float(s), extent_px) for s in shifts]
    best = float(shifts[int(np.argmin(misses))])
    if stride == 1:  # between frames
        finer = best + np.linspace(-step, step, 11)
        misses = [_miss(seen, joints, rate_hz, float(s), extent_px) for s in finer]
        best = float(finer[int(np.argmin(misses))])
    return best, float(min(misses))


def _miss(seen: Detections, joints: FloatArray, rate_hz: float, shift_s: float, extent_px: float) -> float:
    """Return the mean distance of projected truth from keypoints, as a share of the person's extent, far ones cut."""
    moments = np.unique(np.linspace(0, len(seen.timeline.time_s) - 1, _MOMENTS_SCORED).astype(int))
    truth = _at(joints, rate_hz, seen.timeline.time_s[moments] + shift_s)[:, BODY]
    total, n = 0.0, 0
    for camera, keypoints in zip(seen.cameras, seen.keypoints_px[:, moments][:, :, BODY], strict=True):
        distance = np.linalg.norm(camera.project(truth) - keypoints, axis=-1) / extent_px
        # a joint behind the camera or not measured then must not make a wrong hypothesis look good
        seen_here = np.isfinite(keypoints).all(axis=-1)
        total += np.minimum(np.nan_to_num(distance[seen_here], nan=_TRUNCATED), _TRUNCATED).sum()
        n += int(seen_here.sum())
    return total / n if n else float("inf")


def _at(joints: FloatArray, rate_hz: float, time_s: FloatArray) -> FloatArray:
    """Return the joints at other times, straight lines between frames; NaN outside and across gaps."""
    own = np.arange(len(joints)) / rate_hz
    result = np.full((len(time_s), *joints.shape[1:]), np.nan)
    for joint in range(joints.shape[1]):
        known = np.isfinite(joints[:, joint]).all(axis=-1)
        if known.sum() < 2:
            continue
        times = own[known]
        after = np.clip(np.searchsorted(times, time_s), 1, len(times) - 1)
        near = (times[after] - times[after - 1] <= max(_WIDEST_GAP_S, 1.5 / rate_hz)) & (time_s >= times[0])
        near &= time_s <= times[-1]
        for axis in range(3):
            result[:, joint, axis] = np.where(near, np.interp(time_s, times, joints[known, joint, axis]), np.nan)
    return result


def _axis_turns() -> list[FloatArray]:
    """Return the 24 rotations that send axes to axes, doing nothing first."""
    turns: list[FloatArray] = []
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        turn = np.zeros((3, 3))
        turn[range(3), order] = signs
        if np.linalg.det(turn) > 0:
            turns.append(turn)
    return turns


def _turn_name(turn: FloatArray) -> str:
    """Return where the file's x, y and z point in the calibration's world."""
    names = []
    for column in turn.T:
        axis = int(np.abs(column).argmax())
        names.append(("-" if column[axis] < 0 else "") + "xyz"[axis])
    return ", ".join(names)
