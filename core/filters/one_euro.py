"""The One-Euro filter: still joints are smoothed much, fast ones little, and none looks into the future."""

from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import SettingsError
from core.pose.gaps import is_new_stream
from core.pose.types import FloatArray, is_within

_SPEED_CUTOFF_HZ = 1.0


class OneEuro:
    """Smooth the (J, 3) joints of one stream, frame by frame.

    The cutoff of each joint is `min_cutoff_hz + beta * speed`. The speed is the length of the joint's smoothed
    velocity, so that the result does not depend on the axes. A joint that is NaN comes out NaN and starts anew when it
    is back; a gap in time (`core.pose.gaps`) starts all anew.

    Args:
        min_cutoff_hz: Cutoff of a still joint, Hz; lower is smoother and later.
        beta: How much the cutoff grows with speed, Hz per m/s (1/m).

    Raises:
        SettingsError: A parameter is negative, or the cutoff 0.

    Threading: one stream, one thread at a time.

    Source: Casiez, Roussel, Vogel: 1 euro filter, CHI 2012; a vector's speed instead of one per coordinate.
    """

    def __init__(self, min_cutoff_hz: float = 1.5, beta: float = 2.0) -> None:
        if not (min_cutoff_hz > 0 and beta >= 0):
            raise SettingsError(
                "The One-Euro filter needs a cutoff above 0 Hz and a beta of 0 or more, "
                f"not {min_cutoff_hz:g} and {beta:g}."
            )
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self.reset()

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._time_s: float | None = None
        self._joints: FloatArray | None = None
        self._velocity: FloatArray | None = None

    def step(self, joints: npt.ArrayLike, time_s: float) -> FloatArray:
        """Return the smoothed (J, 3) joints of the next frame.

        Args:
            joints: (J, 3) in any frame of reference; NaN for a missing joint.
            time_s: When, seconds, later than the frame before.
        """
        now = np.asarray(joints, dtype=float)
        before_s, before, velocity = self._time_s, self._joints, self._velocity
        self._time_s = time_s
        if (
            before_s is None
            or before is None
            or velocity is None
            or is_new_stream(time_s - before_s)
            or before.shape != now.shape
        ):
            self._joints, self._velocity = now.copy(), np.zeros_like(now)
            return now.copy()
        step_s = time_s - before_s
        if not is_within(before):  # as if a joint that is back had stood where it is now
            is_known = np.isfinite(before).all(axis=-1, keepdims=True)
            before, velocity = np.where(is_known, before, now), np.where(is_known, velocity, 0.0)
        moved = now - before
        velocity = velocity + _weight(_SPEED_CUTOFF_HZ, step_s) * (moved / step_s - velocity)
        speed = np.sqrt(np.vecdot(velocity, velocity))[..., None]
        smooth = before + _weight(self._min_cutoff_hz + self._beta * speed, step_s) * moved
        self._joints, self._velocity = smooth, velocity
        result: FloatArray = smooth.copy()
        return result


def _weight(cutoff_hz: Any, step_s: float) -> Any:
    """Return the share of the new value in a first-order low pass, for a number or an array."""
    turn = (2 * np.pi * step_s) * cutoff_hz
    return turn / (turn + 1.0)
