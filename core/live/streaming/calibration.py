"""T-pose calibration: what the person holds when told to stand in a T-pose becomes the avatar's rest pose.

It takes out what is constant: how MediaPipe's shoulders, hips and feet lie on this body, and a rolled camera. The
person's heading is kept, so that an avatar still turns with the person.
"""

import threading
from enum import IntEnum
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.humanoid import BONE, N_BONES, REST_DIRECTIONS
from core.pose.types import FloatArray

_ARM_TOLERANCE_DEG: Final = 35.0
_LEG_TOLERANCE_DEG: Final = 30.0
_MIN_FRAMES: Final = 5
_PATIENCE_S: Final = 5.0
"""How much longer than asked a T-pose is waited for when frames are few."""
_ARMS: Final = ("LeftUpperArm", "LeftLowerArm", "RightUpperArm", "RightLowerArm")
_LEGS: Final = ("LeftUpperLeg", "LeftLowerLeg", "RightUpperLeg", "RightLowerLeg")


class CalibrationState(IntEnum):
    """What a calibration is doing; the numbers are VMC's."""

    NONE = 0
    WAITING = 1
    COLLECTING = 2
    DONE = 3


class Calibration:
    """Collects the T-pose and corrects rotations by it.

    Attributes:
        message: One sentence about the last attempt, "" before the first.

    Threading: `start` from any thread; `feed` and `apply` from one other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._from_s = self._until_s = float("nan")
        self._is_running = False
        self._collected: list[FloatArray] = []
        self._correction: FloatArray | None = None
        self.message = ""

    def start(self, now_s: float, *, delay_s: float = 3.0, hold_s: float = 1.5) -> None:
        """Begin: the person has `delay_s` to get into the T-pose and holds it for `hold_s`; one clock for all times."""
        with self._lock:
            self._from_s, self._until_s = now_s + delay_s, now_s + delay_s + hold_s
            self._collected, self._is_running, self.message = [], True, ""

    @property
    def state(self) -> CalibrationState:
        """What it is doing."""
        if self._is_running:
            return CalibrationState.COLLECTING if self._collected else CalibrationState.WAITING
        return CalibrationState.NONE if self._correction is None else CalibrationState.DONE

    def feed(self, turned: FloatArray | None, now_s: float) -> None:
        """Take in the (1, 19, 3, 3) uncorrected global rotations of now, None when nobody is seen."""
        with self._lock:
            if not self._is_running or now_s < self._from_s:
                return
            is_short = len(self._collected) < _MIN_FRAMES and now_s <= self._until_s + _PATIENCE_S
            if turned is not None and (now_s <= self._until_s or is_short):
                self._collected.append(_without_heading(turned)[0])
            if now_s <= self._until_s or is_short:
                return
            self._is_running = False
            self.message, correction = _judge(self._collected)
            if correction is not None:
                self._correction = correction

    def apply(self, turned: FloatArray) -> FloatArray:
        """Return (T, 19, 3, 3) rotations from the calibrated rest pose instead of the assumed one."""
        return turned if self._correction is None else turned @ np.swapaxes(self._correction, -1, -2)


def _without_heading(turned: FloatArray) -> FloatArray:
    """Turn (T, 19, 3, 3) rotations about the vertical so that the hips face +z."""
    left = turned[:, BONE["Hips"], :, 0]
    heading = np.arctan2(-left[:, 2], left[:, 0])
    back = Rotation.from_rotvec(heading[:, None] * [0.0, -1.0, 0.0]).as_matrix()
    result: FloatArray = back[:, None] @ turned
    return result


def _judge(collected: list[FloatArray]) -> tuple[str, FloatArray | None]:
    """Return a sentence and the (19, 3, 3) mean T-pose, None unless it is one."""
    if len(collected) < _MIN_FRAMES:
        return "Calibration failed: nobody was seen for long enough; step into the picture and try again.", None
    stack = np.stack(collected)
    mean = np.stack([Rotation.from_matrix(stack[:, bone]).mean().as_matrix() for bone in range(N_BONES)])
    for names, tolerance_deg, advice in (
        (_ARMS, _ARM_TOLERANCE_DEG, "stretch both arms out sideways at shoulder height"),
        (_LEGS, _LEG_TOLERANCE_DEG, "stand upright with straight legs"),
    ):
        for name in names:
            rest = _bone_direction(name)
            angle = np.rad2deg(np.arccos(np.clip(rest @ mean[BONE[name]] @ rest, -1.0, 1.0)))
            if angle > tolerance_deg:
                return f"Calibration failed: that was no T-pose; {advice} and try again.", None
    return "Calibrated.", mean


def _bone_direction(name: str) -> FloatArray:
    """Return the (3,) direction in which a limb's bone points in the rest pose."""
    child = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}
    side, part = (name[:4], name[4:]) if name.startswith("Left") else (name[:5], name[5:])
    direction: FloatArray = REST_DIRECTIONS[BONE[side + child[part]]]
    return direction
