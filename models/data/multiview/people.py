"""Several people in view: who is who in each camera, and where one of them is at every moment.

People are found one by one in each view, put together across views by the rays through their necks and hips, and
followed through time in 3D. From one person's track come the boxes that hide everybody else from MediaPipe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from core.detection.bundle import PoseModel
from core.detection.detector import PoseDetector
from core.errors import DataError
from core.pose.geometry import mid_hip, normalise
from core.pose.skeleton import LANDMARK_TO_COCO, LEFT_SHOULDER, N_JOINTS, RIGHT_SHOULDER
from core.pose.types import FloatArray
from core.sources import open_source
from models.data.calibration.camera import CalibratedCamera
from models.data.multiview.reconstruction.clean import bridge_gaps
from models.data.multiview.reconstruction.triangulate import solve_linear

_MOST_PEOPLE: Final = 4
_RAYS_APART_M: Final = 0.20
_TORSO_M: Final = (0.30, 0.80)
_STEP_M: Final = 0.5
_ONE_PLACE_M: Final = 0.45
_MEMORY_FRAMES: Final = 30
_MARGIN: Final = 0.15
_REACH_FRAMES: Final = 5
_HELD_FRAMES: Final = 10
_FAR_AWAY_SHARE: Final = 0.5


@dataclass(frozen=True)
class Sighting:
    """One person at one moment.

    Attributes:
        hips_m: (3,) world.
        neck_m: (3,) world.
        keypoints_px: (C, 17, 2) as each camera sees the person; NaN for cameras that do not.
    """

    hips_m: FloatArray
    neck_m: FloatArray
    keypoints_px: FloatArray


Track = dict[int, Sighting]
"""Moment → the person then."""
_Group = tuple[dict[int, int], list[FloatArray]]
"""Camera → candidate, and the (2, 3) hips and neck of each pair of them."""


def find_candidates(path: Path, model: PoseModel) -> tuple[FloatArray, tuple[int, int]]:
    """Return (T, 4, 17, 2) everybody MediaPipe sees in each frame of a video, NaN for fewer than four, and its size.

    Raises:
        SourceError: The video cannot be read.
    """
    source, found = open_source(path), []
    try:
        with PoseDetector(model, "image", n_people=_MOST_PEOPLE) as detector:
            for frame in source.frames():
                people = np.full((_MOST_PEOPLE, N_JOINTS, 2), np.nan)
                for number, detection in enumerate(detector.detect_all(frame)):
                    people[number] = detection.landmarks_px[LANDMARK_TO_COCO]
                found.append(people)
    finally:
        source.close()
    return np.array(found), source.size_px


def follow(cameras: Sequence[CalibratedCamera], candidates: FloatArray) -> list[Track]:
    """Return the people in view, each followed through time; those seen for longest first.

    Args:
        cameras: C cameras of the videos' sizes.
        candidates: (C, T, K, 17, 2) pixels; NaN = nobody.
    """
    tracks: list[Track] = []
    for moment in range(candidates.shape[1]):
        sightings = _sightings(cameras, candidates[:, moment])
        alive = [track for track in tracks if moment - max(track) <= _MEMORY_FRAMES]
        pairs = sorted(
            (float(np.linalg.norm(track[max(track)].hips_m - sighting.hips_m)), i, j)
            for i, track in enumerate(alive)
            for j, sighting in enumerate(sightings)
        )
        taken_tracks, taken = set(), set()
        for distance, i, j in pairs:
            if distance < _STEP_M and i not in taken_tracks and j not in taken:
                alive[i][moment] = sightings[j]
                taken_tracks.add(i)
                taken.add(j)
        tracks += [{moment: sighting} for j, sighting in enumerate(sightings) if j not in taken]
    return sorted(tracks, key=len, reverse=True)


def largest(tracks: Sequence[Track]) -> Track:
    """Return the person who fills most of the images, summed over views and time.

    Raises:
        DataError: Nobody was found.
    """
    if not tracks:
        raise DataError("Nobody was found in two views at once; check calibration and synchronisation.")

    def size(track: Track) -> float:
        extents = [np.ptp(s.keypoints_px, axis=1).max(axis=-1) for s in track.values()]
        return float(np.nansum(extents))

    return max(tracks, key=size)


def in_box(tracks: Sequence[Track], camera: int, box: Sequence[float]) -> Track:
    """Return the person whose first sightings by a camera lie in a box (left, top, width, height), pixels.

    Raises:
        DataError: There is none.
    """
    left, top, width, height = box
    low, high = np.array([left, top]), np.array([left + width, top + height])
    shares = []
    for track in tracks:
        seen = [track[m].keypoints_px[camera] for m in sorted(track)[:_MEMORY_FRAMES]]
        inside = [float(((k >= low) & (k <= high)).all(axis=-1).mean()) for k in seen if np.isfinite(k).all()]
        shares.append(max(inside, default=0.0) * (1 + len(track)) ** 0.1)  # of two alike, the one seen for longer
    if not shares or max(shares) < _FAR_AWAY_SHARE:
        raise DataError("Nobody is in the box when the recording begins; give it as left,top,width,height in pixels.")
    return tracks[int(np.argmax(shares))]


def person_boxes(cameras: Sequence[CalibratedCamera], track: Track, n_moments: int) -> FloatArray:
    """Return (C, T, 4) boxes (left, top, right, bottom, pixels) that hold the person; NaN out of view.

    Where a camera did not find the person, the body as the others saw it last and next is projected.
    """
    joints = np.full((n_moments, N_JOINTS, 3), np.nan)
    seen = np.full((len(cameras), n_moments, N_JOINTS, 2), np.nan)
    projections = np.stack([camera.projection for camera in cameras])
    for moment, sighting in track.items():
        seen[:, moment] = sighting.keypoints_px
        pixels = np.stack([c.undistort(k) for c, k in zip(cameras, sighting.keypoints_px, strict=True)])
        points = solve_linear(projections, pixels, np.isfinite(pixels).all(axis=-1).astype(float))
        near = np.linalg.norm(points - sighting.hips_m, axis=-1) < 1.5
        joints[moment] = np.where(near[:, None], points, np.nan)
    first, last = min(track), max(track)
    joints[first : last + 1] = bridge_gaps(joints[first : last + 1])
    boxes = np.full((len(cameras), n_moments, 4), np.nan)
    for number, camera in enumerate(cameras):
        image = camera.project(joints)
        both = np.concatenate([image, seen[number]], axis=1)
        assert camera.image_size is not None  # noqa: S101 read with the calibration
        for moment in range(first, last + 1):
            reach = slice(max(moment - _REACH_FRAMES, 0), moment + _REACH_FRAMES + 1)
            points = both[reach].reshape(-1, 2)
            points = points[np.isfinite(points).all(axis=-1)]
            if len(points):
                low, high = points.min(axis=0), points.max(axis=0)
                margin = _MARGIN * float((high - low).max())
                if (high > 0).all() and (low < camera.image_size).all():
                    boxes[number, moment] = [*(low - margin), *(high + margin)]
    return _held(boxes, first, last)


def _held(boxes: FloatArray, first: int, last: int) -> FloatArray:
    """Return the boxes, the first and last held for a few moments more: detections begin and end raggedly."""
    held = boxes.copy()
    held[:, max(first - _HELD_FRAMES, 0) : first] = boxes[:, [first]]
    held[:, last + 1 : last + 1 + _HELD_FRAMES] = boxes[:, [last]]
    return held


def _sightings(cameras: Sequence[CalibratedCamera], candidates: FloatArray) -> list[Sighting]:
    """Return the people of one moment, from (C, K, 17, 2) candidates, seen by at least two cameras."""
    seen = [(c, k) for c in range(len(cameras)) for k in range(candidates.shape[1])
            if np.isfinite(candidates[c, k]).all()]  # fmt: skip
    rays = {}
    for c, k in seen:
        hips = mid_hip(candidates[c, k])
        neck = candidates[c, k, [LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=0)
        rays[c, k] = _rays(cameras[c], np.stack([hips, neck]))
    agreements = []
    for a, b in combinations(seen, 2):
        if a[0] != b[0]:
            distance, middle = _nearest(cameras[a[0]].place_m, rays[a], cameras[b[0]].place_m, rays[b])
            torso = float(np.linalg.norm(middle[1] - middle[0]))
            if distance.max() < _RAYS_APART_M and _TORSO_M[0] < torso < _TORSO_M[1]:
                agreements.append((float(distance.max()), a, b, middle))
    agreements.sort(key=lambda each: each[0])
    people: list[_Group] = []
    used: set[tuple[int, int]] = set()
    for _, a, b, middle in agreements:
        if a not in used and b not in used:
            people.append((dict([a, b]), [middle]))
            used |= {a, b}
        elif (a in used) != (b in used):
            old, new = (a, b) if a in used else (b, a)
            members, middles = next(p for p in people if p[0].get(old[0]) == old[1])
            apart = np.linalg.norm(np.mean(middles, axis=0) - middle, axis=-1).max()
            if new[0] not in members and apart < 2 * _RAYS_APART_M:
                members[new[0]] = new[1]
                middles.append(middle)
                used.add(new)
    result: list[Sighting] = []
    for members, middles in _merged(people):
        keypoints = np.full((len(cameras), N_JOINTS, 2), np.nan)
        for c, k in members.items():
            keypoints[c] = candidates[c, k]
        hips, neck = np.mean(middles, axis=0)
        result.append(Sighting(hips, neck, keypoints))
    return result


def _merged(people: list[_Group]) -> list[_Group]:
    """Return the groups with those joined that stand in one place: poses too poor for their rays to meet."""
    result: list[_Group] = []
    for members, middles in people:
        hips = np.mean(middles, axis=0)[0]
        near = [g for g in result if np.linalg.norm(np.mean(g[1], axis=0)[0] - hips) < _ONE_PLACE_M]
        if near:
            near[0][0].update({c: k for c, k in members.items() if c not in near[0][0]})
            near[0][1].extend(middles)
        else:
            result.append((members, middles))
    return result


def _rays(camera: CalibratedCamera, points_px: FloatArray) -> FloatArray:
    """Return (n, 3) unit directions in the world through (n, 2) pixels."""
    pixels = camera.undistort(points_px)
    inside = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(camera.intrinsics).T
    return normalise(inside @ camera.rotation)


def _nearest(place_a: FloatArray, a: FloatArray, place_b: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how far (n, 3) rays pass each other, metres, and the middle of the gap; infinite behind a camera."""
    across = place_b - place_a
    cosine = (a * b).sum(axis=-1)
    sine = np.maximum(1 - cosine**2, 1e-9)
    s = (a @ across - cosine * (b @ across)) / sine
    t = (cosine * (a @ across) - b @ across) / sine
    on_a, on_b = place_a + s[:, None] * a, place_b + t[:, None] * b
    distance = np.where((s > 0) & (t > 0), np.linalg.norm(on_a - on_b, axis=-1), np.inf)
    return distance, (on_a + on_b) / 2
