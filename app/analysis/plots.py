"""Plots of where the camera is, and how sure that is."""

from typing import ClassVar, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from app.analysis.time_plot import TimePlot
from app.language import fill, tr
from app.session.track import LENGTHS, RAW_LENGTHS, Track, nearest_turn, unwrapped
from core.pose.bone_lengths import WINDOW_S, rolling_variation
from core.pose.metrics import masked_mean
from core.pose.types import FloatArray

_MOST_TICKS: Final = 5
_NEAR_S: Final = 0.05
QUARTERS: Final = ("front", "right", "behind", "left")


class DirectionAxis(pg.AxisItem):
    """Degrees, with the four sides of the subject by name."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Divide a turn evenly, so that the quarters are among the ticks."""
        span = maxVal - minVal
        spacing = next((step for step in (30.0, 45.0, 90.0) if span / step <= _MOST_TICKS), 180.0)
        return [(spacing, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Name the quarters, number the rest within a turn."""
        return [
            tr(QUARTERS[round(v / 90) % 4]) if abs(v / 90 - round(v / 90)) < 1e-6 else fill("{:g}°", wrapped(v))
            for v in values
        ]


class AzimuthPlot(TimePlot):
    """Azimuth of the camera around the subject, unwrapped: it never jumps at 0/360."""

    SERIES: ClassVar = {"raw": ("raw", "raw"), "azimuth": ("predicted", "refined")}
    UNIT = "azimuth, °"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, DirectionAxis("left"))

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return both azimuths, the raw one on the turn of the other."""
        found = track.between(start_s, end_s, ("azimuth", "raw_azimuth"))
        azimuth = unwrapped(found["azimuth"])
        return found["time"], {"azimuth": azimuth, "raw": nearest_turn(found["raw_azimuth"], azimuth)}

    def say(self, track: Track, now_s: float) -> str:
        """Return the azimuth in words."""
        return azimuth_text(track.at(now_s, ("azimuth",))["azimuth"])

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show a quarter turn at least."""
        middle, half = (low + high) / 2, max((high - low) / 2 * 1.15, 50.0)
        return middle - half, middle + half


class ElevationPlot(TimePlot):
    """Elevation of the camera above the subject's pelvis."""

    SERIES: ClassVar = {"elevation": ("predicted", "refined")}
    UNIT = "elevation, °"

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return the elevation."""
        found = track.between(start_s, end_s, ("elevation",))
        return found["time"], found

    def say(self, track: Track, now_s: float) -> str:
        """Return the elevation in words."""
        return elevation_text(track.at(now_s, ("elevation",))["elevation"])

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show 30 degrees up and down at least."""
        return min(-30.0, low - 5.0), max(30.0, high + 5.0)


class ConfidencePlot(TimePlot):
    """How well the body is seen, and how far off the refiner expects its joints to be."""

    SERIES: ClassVar = {"visibility": ("visibility, %", "raw"), "uncertainty": ("expected error, mm", "refined")}
    UNIT = "% and mm"

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return both, the mean over the body joints."""
        found = track.between(start_s, end_s, ("visibility", "uncertainty"))
        return found["time"], {
            "visibility": 100 * found["visibility"],
            "uncertainty": 1000 * found["uncertainty"],
        }

    def say(self, track: Track, now_s: float) -> str:
        """Return the values under the cursor."""
        now = track.at(now_s, ("visibility", "uncertainty"))
        if not np.isfinite(now["visibility"]):
            return ""
        expected = (
            tr("  ·  ±{uncertainty:.0f} mm", uncertainty=1000 * now["uncertainty"])
            if np.isfinite(now["uncertainty"])
            else ""
        )
        return fill("{:.0f} %", 100 * now["visibility"]) + expected

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Start at zero."""
        return 0.0, max(105.0, high * 1.1)


class BoneCVPlot(TimePlot):
    """Bone-length CV of the last seconds, raw and refined, percent, mean over the bones."""

    SERIES: ClassVar = {"raw": ("raw", "raw"), "refined": ("refined", "refined")}
    UNIT = "CV, %"

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return both, percent, over the bones that were seen."""
        found = track.between(start_s - WINDOW_S, end_s, (*RAW_LENGTHS, *LENGTHS))
        shown, both = found["time"] >= start_s, {}
        for name, bones in (("raw", RAW_LENGTHS), ("refined", LENGTHS)):
            lengths = np.column_stack([found[bone] for bone in bones])
            both[name] = 100 * rolling_variation(found["time"], lengths)[shown]
        return found["time"][shown], both

    def say(self, track: Track, now_s: float) -> str:
        """Return both values under the cursor."""
        _, both = self.read(track, now_s - _NEAR_S, now_s + _NEAR_S)
        raw, refined = (float(masked_mean(both[name])) / 100 for name in ("raw", "refined"))
        return cv_text(raw, refined)

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Start at zero."""
        return 0.0, max(5.0, high * 1.2)


def cv_text(raw: float, refined: float) -> str:
    """Say both CVs, the refined one first: '3.0 %  ·  raw 10.0 %'; empty for NaN."""
    if not np.isfinite([raw, refined]).all():
        return ""
    text = fill("{:.1f} %", 100 * refined)
    return text if refined == raw else tr("{refined}  ·  raw {cv_raw:.1f} %", refined=text, cv_raw=100 * raw)


def wrapped(angle_deg: float) -> float:
    """Return the angle as -180..180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def azimuth_text(azimuth_deg: float) -> str:
    """Say where the camera is around the subject: '23° to their right'; empty for NaN."""
    if not np.isfinite(azimuth_deg):
        return ""
    angle = wrapped(azimuth_deg)
    if abs(angle) < 1.5:
        return tr("in front")
    if abs(angle) > 178.5:
        return tr("behind")
    return (
        tr("{angle:.0f}° to their right", angle=angle) if angle > 0 else tr("{angle:.0f}° to their left", angle=-angle)
    )


def elevation_text(elevation_deg: float) -> str:
    """Say how high the camera is: '5° above'; empty for NaN."""
    if not np.isfinite(elevation_deg):
        return ""
    if abs(elevation_deg) < 0.5:
        return tr("level")
    return (
        tr("{angle:.0f}° above", angle=elevation_deg)
        if elevation_deg > 0
        else tr("{angle:.0f}° below", angle=-elevation_deg)
    )
