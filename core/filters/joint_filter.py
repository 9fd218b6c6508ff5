"""The causal filter of the live picture: as smooth as the refiner is unsure, and late by about a frame."""

import math
from typing import Final

import numpy as np

from core.errors import SettingsError
from core.pose.skeleton import N_JOINTS
from core.pose.types import FloatArray, is_within

_NOISE: Final = np.array([0.85, 0.85, 2.0])
"""Standard deviation of a measurement across (x, y) and along the view ray, in those that the refiner expects."""
_AT_RATE_HZ: Final = 60.0  # at this frame rate; errors of frames close together are alike: their density is constant
_ACCELERATION: Final = 4.0  # root of the power density of what drives a joint at rest, m/s² over a second
_WITH_SPEED: Final = 8.0  # s/m: the power density grows by this share with every m/s
_SLOWING_HZ: Final = 6.0  # a speed is forgotten with this rate: limbs turn back soon
_SHOWN: Final = 0.88  # of a correction, that is shown at once; the prediction is smoother
_VARIANCE_AT_START: Final = 4.0  # of a speed, m²/s²
_LEAST_VARIANCE: Final = 2.5e-5  # of a measurement, m²
_USUAL_CUTOFF_HZ: Final = 1.5
_COORDINATES: Final = np.kron(np.eye(N_JOINTS), np.ones(3))
"""(17, 51) 1 where a coordinate is one of a joint's."""


class JointFilter:
    """Smooth the (17, 3) joints of one stream, frame by frame: a Kalman filter of position and speed.

    Each coordinate is driven by white acceleration, the stronger the faster its joint moves, and slows down by itself.
    What the refiner measures is believed as far as the refiner says: the noise is its own uncertainty, larger along
    the view ray. A NaN starts all anew; after a gap in time call `reset`.

    Args:
        cutoff_hz: Lower is smoother and later; the noise is taken as (1.5 / cutoff)² times what it is said to be.

    Raises:
        SettingsError: Not above 0.

    Threading: one stream, one thread at a time.

    Source: Kalman 1960; discrete white-noise acceleration of Bar-Shalom et al. 2001, 6.3.2, with a speed that decays.
    """

    def __init__(self, cutoff_hz: float = _USUAL_CUTOFF_HZ) -> None:
        if not (math.isfinite(cutoff_hz) and cutoff_hz > 0):
            raise SettingsError(f"The smoothing needs a cutoff above 0 Hz, not {cutoff_hz:g}.")
        self._noise = _COORDINATES * np.tile((_NOISE * (_USUAL_CUTOFF_HZ / cutoff_hz) ** 2) ** 2, N_JOINTS)
        self.reset()

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._is_begun = False
        self._time_s = 0.0
        # (2, 51) position and speed of every coordinate; (3, 51) their variances, the covariance between the two
        self._state: FloatArray = np.empty(0)
        self._covariance: FloatArray = np.empty(0)

    def step(self, joints_m: FloatArray, sigma_m: FloatArray, time_s: float) -> FloatArray:
        """Return the smoothed joints of the next frame.

        Args:
            joints_m: (17, 3) view-ray frame, metres.
            sigma_m: (17,) standard deviation that the refiner expects, metres.
            time_s: When, seconds, later than the frame before.

        Returns:
            (17, 3) metres; as they were in the first frame, and with NaN in joints or sigma.
        """
        step_s = time_s - self._time_s
        self._time_s = time_s
        if not (is_within(joints_m) and is_within(sigma_m)):
            self._is_begun = False
            return joints_m
        measured = joints_m.ravel()
        noise = (sigma_m * sigma_m) @ self._noise + _LEAST_VARIANCE
        if not self._is_begun:
            self._is_begun = True
            self._state = np.array([measured, np.zeros_like(noise)])
            self._covariance = np.array([noise, np.zeros_like(noise), np.full_like(noise, _VARIANCE_AT_START)])
            return joints_m
        keeps = math.exp(-_SLOWING_HZ * step_s)
        reach_s = step_s * (1.0 + keeps) / 2.0
        predicted = np.array(((1.0, reach_s), (0.0, keeps))) @ self._state
        velocity = predicted[1].reshape(N_JOINTS, 3)
        drive = _ACCELERATION**2 * (1.0 + _WITH_SPEED * np.sqrt(np.vecdot(velocity, velocity))) @ _COORDINATES
        there = np.array(((1.0, 2 * reach_s, reach_s**2), (0.0, keeps, keeps * reach_s), (0.0, 0.0, keeps**2)))
        covariance = there @ self._covariance
        covariance += np.array(((step_s**3 / 3,), (step_s**2 / 2,), (step_s,))) * drive
        gains = covariance[:2] / (covariance[0] + noise / (_AT_RATE_HZ * step_s))
        corrections = gains * (measured - predicted[0])
        covariance[2] -= gains[1] * covariance[1]
        covariance[:2] *= 1.0 - gains[0]
        self._covariance = covariance
        self._state = predicted + corrections
        result: FloatArray = (predicted[0] + _SHOWN * corrections[0]).reshape(N_JOINTS, 3)
        return result
