import numpy as np

from core.detection.chosen_person import ChosenPerson
from core.pose.skeleton import N_LANDMARKS
from core.pose.types import Detection, Frame


class Crowd:
    """Sees everybody of a script: frame index → their places, in an order that changes."""

    def __init__(self, script):
        self.script, self.n_resets, self.closed = script, 0, False

    def detect_all(self, frame):
        people = [
            Detection(frame, np.full((N_LANDMARKS, 2), float(x)), np.zeros((N_LANDMARKS, 3)), np.ones(N_LANDMARKS))
            for x in self.script[frame.index]
        ]
        return people[:: -1 if frame.index % 2 else 1]

    def reset(self):
        self.n_resets += 1

    def close(self):
        self.closed = True


def follow(script, start, *, step_s=0.033):
    detector = ChosenPerson(Crowd(script), (start, start))
    found = []
    for i in range(len(script)):
        frame = Frame(np.zeros((480, 640, 3), np.uint8), i, i * step_s)
        detection = detector.detect(frame)
        found.append(float(detection.landmarks_px[0, 0]) if detection.is_found else None)
    return found


def test_the_one_who_was_pointed_at_is_followed_past_others():
    script = [(100 + 5 * i, 300 - 5 * i) for i in range(15)]
    assert follow(script, 90) == [100 + 5 * i for i in range(15)]
    assert follow(script, 310) == [300 - 5 * i for i in range(15)]


def test_while_they_are_gone_nobody_else_is_taken_for_them():
    script = [(100, 500), (100, 500), (500,), (500,), (110, 500)]
    assert follow(script, 100) == [100, 100, None, None, 110]


def test_after_a_while_the_nearest_is_taken():
    script = [(100,), (500,), (500,), (500,)]
    assert follow(script, 100, step_s=1.5) == [100, None, 500, 500]


def test_resetting_and_closing_are_passed_on():
    crowd = Crowd([(100,)])
    detector = ChosenPerson(crowd, (100, 100))
    detector.reset()
    detector.close()
    assert (crowd.n_resets, crowd.closed) == (1, True)
