"""Several people in a video: one of them followed through what was seen of all, to both sides of the moment of choice.

Nothing is detected here: whoever else is wanted is followed through the same detections.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.detection.chosen_person import ChosenPerson
from core.detection.chosen_point import ChosenPoint
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Detection, Frame
from core.take.detections import Detections

_NOBODY: Final = -1
_LEAST_SHARE: Final = 0.2
"""Of all frames, in which somebody must be seen to be worth a take."""


def follow(people: Detections, chosen: ChosenPoint) -> Detections:
    """Return the chosen person's detections, a row a frame; NaN in frames in which they are not seen.

    From the frame nearest to the chosen time the person is followed to the end and back to the beginning, as
    `ChosenPerson` does live.

    Args:
        people: A row for each person of each frame.
        chosen: Who.
    """
    rows = rows_of(people, chosen)
    first = np.unique(people.frame_index, return_index=True)[1]
    found = rows != _NOBODY
    taken = np.where(found, rows, first)
    result = people.rows(taken)
    result.look_px[~found], result.look_m[~found], result.look_visibility[~found] = np.nan, np.nan, 0.0
    return result


def everybody(people: Detections) -> list[ChosenPoint]:
    """Return a point for each person who is seen in at least a fifth of the frames, the one seen most first.

    Whoever leaves the picture and comes back elsewhere may be counted twice.
    """
    n_frames = len(np.unique(people.frame_index))
    is_free: npt.NDArray[np.bool_] = np.asarray(np.isfinite(people.landmarks_m).all(axis=(1, 2)))
    found: list[tuple[int, ChosenPoint]] = []
    while is_free.sum() >= max(_LEAST_SHARE * n_frames, 1):
        row = int(np.flatnonzero(is_free)[np.argmax(_n_beside(people.frame_index[is_free]))])
        x, y = people.landmarks_px[row, LANDMARK_TO_COCO].astype(float).mean(axis=0)
        point = ChosenPoint(float(x), float(y), float(people.time_s[row]))
        rows = rows_of(people, point)
        theirs = rows[rows != _NOBODY]
        n_new = int(is_free[theirs].sum())
        is_free[theirs] = is_free[row] = False
        if n_new >= _LEAST_SHARE * n_frames:
            found.append((n_new, point))
    return [point for _, point in sorted(found, key=lambda one: -one[0])]


def rows_of(people: Detections, chosen: ChosenPoint) -> npt.NDArray[np.int64]:
    """Return for each frame the row of the chosen person, -1 where they are not seen."""
    _, starts = np.unique(people.frame_index, return_index=True)
    result = np.full(len(starts), _NOBODY, np.int64)
    if not len(starts):
        return result
    here = int(np.argmin(np.abs(people.time_s[starts] - chosen.time_s)))
    blank = np.broadcast_to(np.zeros((), np.uint8), (*people.image_size[::-1], 3))
    for numbers, direction in ((range(here, len(starts)), 1), (range(here, -1, -1), -1)):
        seen = _Seen(people, starts)
        person = ChosenPerson(seen, (chosen.x_px, chosen.y_px))
        for number in numbers:
            detection = person.detect(Frame(blank, number, direction * float(people.time_s[starts[number]])))
            result[number] = seen.rows.get(id(detection), _NOBODY)
    return result


def _n_beside(frame_index: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return for each row how many rows there are of its frame."""
    _, inverse, counts = np.unique(frame_index, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse])


class _Seen:
    """What was seen, given out as a detector does; a frame's index is its place among the frames.

    Attributes:
        rows: id of each detection given out last → its row.
    """

    def __init__(self, people: Detections, starts: npt.NDArray[Any]) -> None:
        self._people, self._starts, self._ends = people, starts, np.r_[starts[1:], len(people)]
        self.rows: dict[int, int] = {}

    def detect_all(self, frame: Frame) -> list[Detection]:
        people = self._people
        rows = range(int(self._starts[frame.index]), int(self._ends[frame.index]))
        given = [Detection(frame, people.landmarks_px[r], people.landmarks_m[r], people.visibility[r]) for r in rows]
        self.rows = {id(detection): row for detection, row in zip(given, rows, strict=True)}
        self._given = given  # ids hold as long as they do
        return [detection for detection in given if detection.is_found]

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass
