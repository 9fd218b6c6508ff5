"""Which filter, with which parameters: named, checked, written beside the result."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import SettingsError
from core.filters import offline
from core.filters.runs import runs
from core.pose.types import FloatArray

_Smooth = Callable[..., FloatArray]


@dataclass(frozen=True)
class Filter:
    """One kind of filter.

    Attributes:
        smooth: (times (T,), values (T, C), **parameters) → (T, C).
        defaults: Parameter → default; all must be positive.
        is_causal: Whether it never looks into the future.
        description: For help.
    """

    smooth: _Smooth
    defaults: dict[str, float]
    is_causal: bool
    description: str


FILTERS: Final[dict[str, Filter]] = {
    "none": Filter(offline.none, {}, True, "as the refiner gave it"),
    "one-euro": Filter(offline.one_euro, {"min_cutoff_hz": 1.5, "beta": 2.0}, True, "late, but adaptive"),
    "butterworth": Filter(offline.butterworth, {"cutoff_hz": 6.0, "order": 4}, False, "zero-lag low pass"),
    "butterworth-causal": Filter(
        offline.butterworth_causal, {"cutoff_hz": 6.0, "order": 2}, True, "low pass as it could be live"
    ),
    "savitzky-golay": Filter(
        offline.savitzky_golay, {"window_s": 0.3, "degree": 3}, False, "polynomial fits, keeps peaks"
    ),
    "kalman": Filter(
        offline.kalman, {"noise_m": 0.03, "acceleration_ms2": 3.0}, False, "Kalman and Rauch-Tung-Striebel smoother"
    ),
}


@dataclass(frozen=True)
class FilterChoice:
    """A filter and its parameters.

    Attributes:
        name: A key of `FILTERS`.
        parameters: Parameter → value; what is left out has its default.
    """

    name: str
    parameters: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.name not in FILTERS:
            raise SettingsError(f"There is no filter '{self.name}'; choose from {', '.join(FILTERS)}.")
        defaults = FILTERS[self.name].defaults
        for name, value in self.parameters:
            if name not in defaults:
                known = ", ".join(defaults) or "no parameters"
                raise SettingsError(f"The filter '{self.name}' has no '{name}'; it has {known}.")
            if not (np.isfinite(value) and value > 0):
                raise SettingsError(f"The filter parameter '{name}' must be a number above 0, not {value}.")

    @classmethod
    def parse(cls, text: str) -> "FilterChoice":
        """Read "NAME" or "NAME:key=value,key=value".

        Raises:
            SettingsError: No such filter or parameter, or a value that is no positive number.
        """
        name, _, rest = text.strip().partition(":")
        parameters = []
        for part in filter(None, rest.split(",")):
            key, _, value = part.partition("=")
            try:
                parameters.append((key.strip(), float(value)))
            except ValueError as error:
                raise SettingsError(f"The filter parameter '{part}' is not of the form name=number.") from error
        return cls(name.strip().lower(), tuple(parameters))

    @property
    def values(self) -> dict[str, float]:
        """All parameters with their values."""
        return FILTERS[self.name].defaults | dict(self.parameters)

    def __str__(self) -> str:
        values = ",".join(f"{name}={value:g}" for name, value in self.values.items())
        return f"{self.name}:{values}" if values else self.name

    def left_out_at(self, rate_hz: float) -> str:
        """Return why a filter leaves values of a frame rate as they are, one sentence; "" when it does not."""
        highest_hz = offline.HIGHEST_SHARE * rate_hz / 2
        cutoff_hz, window_s = self.values.get("cutoff_hz"), self.values.get("window_s")
        if cutoff_hz is not None and cutoff_hz >= highest_hz:
            return (
                f"The filter {self} is left out: {rate_hz:g} frames a second show nothing as fast as {cutoff_hz:g} Hz; "
                f"give cutoff_hz={math.floor(10 * highest_hz - 1) / 10:g} or less, or choose kalman."
            )
        if window_s is not None and offline.window_of(window_s, 1.0 / rate_hz) <= self.values["degree"]:
            least_s = math.ceil(10 * (2 * (self.values["degree"] // 2) + 3) / rate_hz) / 10
            return (
                f"The filter {self} is left out: {rate_hz:g} frames a second are too few for its window; "
                f"give window_s={least_s:g} or more, or choose kalman."
            )
        return ""

    def smooth(self, time_s: FloatArray, values: FloatArray) -> FloatArray:
        """Return the smoothed (T, C) values, each stretch without a hole by itself; NaN rows stay NaN.

        Args:
            time_s: (T,) increasing, seconds.
            values: (T, C) float.
        """
        result = np.full(values.shape, np.nan)
        for run in runs(time_s, np.asarray(np.isfinite(values).all(axis=1))):
            result[run] = FILTERS[self.name].smooth(time_s[run], values[run].astype(float), **self.values)
        return result


OFFLINE_BEST: Final = FilterChoice("kalman")
"""What files are smoothed with unless asked otherwise."""
