"""One of several people: the one who was pointed at, and stayed with."""

from typing import Protocol

import numpy as np

from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Detection, FloatArray, Frame, nobody

_MOST_JUMP = 0.25  # of the image's diagonal, between two frames that show the person
_FORGET_AFTER_S = 2.0


class SeesAll(Protocol):
    """What is needed of `core.detection.detector.PoseDetector`."""

    def detect_all(self, frame: Frame) -> list[Detection]:
        """Return everybody that is seen."""

    def reset(self) -> None:
        """Forget whom it followed."""

    def close(self) -> None:
        """Free what it holds."""


class ChosenPerson:
    """A detector that returns the person nearest to where the chosen one was last.

    Nobody is returned while no one is near; after two seconds without them the search begins anew everywhere.
    """

    def __init__(self, detector: SeesAll, point_px: tuple[float, float]) -> None:
        """Follow who is nearest to a point, pixels of the image; the detector is owned from now on."""
        self._detector = detector
        self._at: FloatArray = np.asarray(point_px, dtype=float)
        self._seen_s: float | None = None

    def detect(self, frame: Frame) -> Detection:
        """Return the chosen person's landmarks; all NaN when they are not seen."""
        people = self._detector.detect_all(frame)
        middles = [_middle(person) for person in people]
        apart = [float(np.linalg.norm(middle - self._at)) for middle in middles]
        is_lost = self._seen_s is None or not 0 <= frame.time_s - self._seen_s <= _FORGET_AFTER_S
        reach = np.inf if is_lost else _MOST_JUMP * float(np.hypot(*frame.size_px))
        if not apart or min(apart) > reach:
            return nobody(frame)
        nearest = int(np.argmin(apart))
        self._at, self._seen_s = middles[nearest], frame.time_s
        return people[nearest]

    def reset(self) -> None:
        """Forget the frames before, not where the person was."""
        self._detector.reset()
        self._seen_s = None

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()


def _middle(person: Detection) -> FloatArray:
    return np.asarray(person.landmarks_px[LANDMARK_TO_COCO].mean(axis=0))
