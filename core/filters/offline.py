"""Filters of one stretch of time without holes: the whole stretch is known, future included, but for the causal ones.

Every function takes (T, C) values, T >= 1, at (T,) times that increase, and returns (T, C).
"""

from typing import Final

import numpy as np

from core.filters.one_euro import OneEuro
from core.filters.runs import median_step_s
from core.pose.types import FloatArray

HIGHEST_SHARE: Final = 0.9
"""A cutoff above this share of the Nyquist frequency smooths nothing that a frame rate can show."""
_SPEED_AT_START_MS: Final = 2.0


def none(_time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Leave the values as they are."""
    return values


def butterworth(time_s: FloatArray, values: FloatArray, *, cutoff_hz: float, order: float) -> FloatArray:
    """Low-pass there and back, so without delay; the order is that of both ways together (4 is usual in biomechanics).

    Two passes lower the cutoff: it is raised beforehand, so that `cutoff_hz` is where the result has lost 3 dB
    (Winter, Biomechanics and Motor Control of Human Movement).
    """
    from scipy.signal import butter, sosfiltfilt  # takes 60 MB, so only when it is used

    half = max(int(order) // 2, 1)
    nyquist_hz = 0.5 / median_step_s(time_s)
    if not cutoff_hz < HIGHEST_SHARE * nyquist_hz or len(values) < 3:
        return values
    # on the warped axis of a digital filter, so that it is exact at any frame rate
    warped = np.tan(np.pi / 2 * cutoff_hz / nyquist_hz) / (np.sqrt(2.0) - 1.0) ** (1.0 / (2 * half))
    sos = butter(half, 2 / np.pi * np.arctan(warped), output="sos")
    padding = min(3 * (2 * len(sos) + 1), len(values) - 1)
    result: FloatArray = sosfiltfilt(sos, values, axis=0, padlen=padding)
    return result


def butterworth_causal(time_s: FloatArray, values: FloatArray, *, cutoff_hz: float, order: float) -> FloatArray:
    """Low-pass as it could be done live: one way, late by about 0.23 / cutoff seconds at order 2."""
    from scipy.signal import butter, sosfilt, sosfilt_zi

    nyquist_hz = 0.5 / median_step_s(time_s)
    if not cutoff_hz < HIGHEST_SHARE * nyquist_hz:
        return values
    sos = butter(max(int(order), 1), cutoff_hz / nyquist_hz, output="sos")
    state = sosfilt_zi(sos)[:, :, None] * values[0][None, None, :]
    result, _ = sosfilt(sos, values, axis=0, zi=state)
    return np.asarray(result)


def window_of(window_s: float, step_s: float) -> int:
    """Return how many samples, an odd number, a window has."""
    return 2 * round(window_s / step_s / 2) + 1


def savitzky_golay(time_s: FloatArray, values: FloatArray, *, window_s: float, degree: float) -> FloatArray:
    """Fit a polynomial to the window around each sample (Savitzky and Golay 1964); keeps peaks well."""
    from scipy.signal import savgol_filter

    degree = int(degree)
    step_s = median_step_s(time_s)
    if not np.isfinite(step_s):
        return values
    window = min(window_of(window_s, step_s), len(values) - 1 + len(values) % 2)
    if window <= degree:
        return values
    return np.asarray(savgol_filter(values, window, degree, axis=0, mode="interp"))


def one_euro(time_s: FloatArray, values: FloatArray, *, min_cutoff_hz: float, beta: float) -> FloatArray:
    """Smooth by `OneEuro`."""
    smooth = OneEuro(min_cutoff_hz, beta)
    return np.stack([smooth.step(row[None], float(now))[0] for row, now in zip(values, time_s, strict=True)])


def kalman(time_s: FloatArray, values: FloatArray, *, noise_m: float, acceleration_ms2: float) -> FloatArray:
    """Smooth as a Kalman filter and the Rauch-Tung-Striebel smoother do, with true time steps.

    The model of each coordinate: position and velocity, driven by white acceleration. What the two passes find is the
    most probable course of a linear Gaussian model, which is one banded least-squares problem: solved directly, it
    needs no loop over time and one factorisation for all coordinates.

    Args:
        time_s: (T,).
        values: (T, C).
        noise_m: Standard deviation of a measurement.
        acceleration_ms2: How hard joints accelerate: root of the acceleration's power density, m/s² over a second.

    Source: Rauch, Tung, Striebel 1965; the discrete white-noise acceleration of Bar-Shalom et al. 2001, 6.3.2.
    """
    n = len(values)
    if n < 2:
        return values
    # Between (p, v) and the next, h later, the cost is d' W d with d = next - (p + h v, v) and W the inverse of
    # q [[h³/3, h²/2], [h²/2, h]]; written out, it adds to the matrix of the unknowns p0, v0, p1, v1, ...:
    h, q = np.diff(time_s), acceleration_ms2**2
    cubic, square, line = 12 / (q * h**3), 6 / (q * h**2), 2 / (q * h)
    banded = np.zeros((4, 2 * n))  # lower form: banded[k, j] = matrix[j + k, j]
    position, speed = banded[0, 0::2], banded[0, 1::2]
    position += 1 / noise_m**2
    speed[0] += 1 / _SPEED_AT_START_MS**2
    position[:-1] += cubic
    position[1:] += cubic
    speed[:-1] += 2 * line
    speed[1:] += 2 * line
    speed_position = banded[1, 0::2]
    speed_position[:-1] += square
    speed_position[1:] -= square
    banded[1, 1:-1:2] = -square  # the next p against v
    banded[2, 0:-2:2], banded[2, 1:-2:2] = -cubic, line
    banded[3, 0:-2:2] = square  # the next v against p
    right = np.zeros((2 * n, values.shape[1]))
    right[0::2] = values / noise_m**2
    from scipy.linalg import solveh_banded

    return np.asarray(solveh_banded(banded, right, lower=True, overwrite_ab=True, overwrite_b=True)[0::2])
