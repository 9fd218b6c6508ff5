"""Plots over time: where the camera is, and how steady the bones are."""

from typing import ClassVar, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from app.theme import Theme, theme_of
from app.views.history import History, Unwrapper, nearest_turn
from core.geometry import level_viewpoint_direction, viewpoint_from_direction
from core.types import Refined

SPAN_S: Final = 20.0
_FIRST_SPANS_S: Final = (5.0, 10.0, SPAN_S)
_MOST_TICKS: Final = 5
_QUARTERS: Final = ("front", "right", "behind", "left")


class TimePlot(pg.PlotWidget):
    """A plot of the last `SPAN_S` seconds; subclasses name the series and read packets.

    Curves are made once and given new data by `redraw`, which is apart from `add` so that the window may redraw
    less often than packets come.
    """

    SERIES: ClassVar[dict[str, tuple[str, str]]] = {}
    """Name → (legend entry, colour name of `app.theme.Theme`); drawn in this order."""

    UNIT: ClassVar[str] = ""

    def __init__(self, parent: QWidget | None = None, left_axis: pg.AxisItem | None = None) -> None:
        super().__init__(parent, axisItems={"left": left_axis} if left_axis else None)
        self.setMinimumSize(180, 110)
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.history = History(tuple(self.SERIES))
        self._tick_font = QFont(self.font())
        self._tick_font.setPointSizeF(self.font().pointSizeF() * 0.85)
        plot = self.getPlotItem()
        plot.setContentsMargins(2, 0, 12, 4)
        plot.showGrid(x=True, y=True, alpha=0.18)
        self.curves = {name: plot.plot(connect="finite") for name in self.SERIES}
        self._restyle()

    def add(self, packet: Refined) -> None:
        """Take in one packet."""
        raise NotImplementedError

    def value_text(self) -> str:
        """Return the current value in words."""
        raise NotImplementedError

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Return the range to show for values between low and high."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Give the curves the newest data and show the last seconds."""
        time_s = self.history.time_s
        for name, curve in self.curves.items():
            curve.setData(time_s, self.history.series(name))
        if not len(time_s):
            return
        start, end = shown_span(float(time_s[-1]))
        self.setXRange(start, end, padding=0)
        recent = time_s >= start
        shown = np.concatenate([self.history.series(name)[recent] for name in self.SERIES])
        shown = shown[np.isfinite(shown)]
        if len(shown):
            self.setYRange(*self.y_range(float(shown.min()), float(shown.max())), padding=0)

    def clear_history(self) -> None:
        """Forget everything: another source begins."""
        self.history.clear()
        self.redraw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "curves"):
            self._restyle()

    def _restyle(self) -> None:
        theme: Theme = theme_of(self.palette())
        self.setBackground(theme.panel)
        for side, label in (("left", self.UNIT), ("bottom", "time, s")):
            axis = self.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(label, color=theme.muted, **{"font-size": "8pt"})
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickLength=-4, tickTextOffset=4, maxTextLevel=0, tickFont=self._tick_font)
        for name, (_, colour) in self.SERIES.items():
            self.curves[name].setPen(pg.mkPen(getattr(theme, colour), width=1 if colour == "raw" else 2))

    def legend(self) -> str:
        """Return the legend as rich text, for the panel's header: inside it would cover the curves."""
        theme = theme_of(self.palette())
        entries = [(text, getattr(theme, colour)) for text, colour in self.SERIES.values()]
        return legend_text(entries) if len(entries) > 1 else ""


class _DirectionAxis(pg.AxisItem):
    """Degrees, with the four sides of the subject by name."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Divide a turn evenly, so that the quarters are among the ticks."""
        span = maxVal - minVal
        spacing = next((step for step in (30.0, 45.0, 90.0) if span / step <= _MOST_TICKS), 180.0)
        return [(spacing, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Name the quarters, number the rest within a turn."""
        return [
            _QUARTERS[round(v / 90) % 4] if abs(v / 90 - round(v / 90)) < 1e-6 else f"{_wrapped(v):g}°" for v in values
        ]


def _wrapped(angle_deg: float) -> float:
    """Return the angle as -180..180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


class AzimuthPlot(TimePlot):
    """Azimuth of the camera around the subject, unwrapped: it never jumps at 0/360."""

    SERIES: ClassVar = {"raw": ("raw", "raw"), "azimuth": ("predicted", "refined")}
    UNIT = "azimuth, °"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, _DirectionAxis("left"))
        self._unwrap = Unwrapper()
        self._now = float("nan")

    def add(self, packet: Refined) -> None:
        """Take in one packet."""
        time_s = packet.detection.frame.time_s
        if len(self.history) and time_s <= self.history.time_s[-1]:
            self._unwrap.reset()
        self._now = packet.viewpoint.azimuth_deg if packet.viewpoint else float("nan")
        azimuth = self._unwrap(self._now)
        from_raw = viewpoint_from_direction(level_viewpoint_direction(packet.raw_m))
        raw = nearest_turn(from_raw.azimuth_deg, azimuth) if from_raw and packet.viewpoint else float("nan")
        self.history.append(time_s, raw=raw, azimuth=azimuth)

    def clear_history(self) -> None:
        """Forget everything: another source begins."""
        self._unwrap.reset()
        self._now = float("nan")
        super().clear_history()

    def value_text(self) -> str:
        """Return the current azimuth in words."""
        return azimuth_text(self._now)

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show a quarter turn at least."""
        middle, half = (low + high) / 2, max((high - low) / 2 * 1.15, 50.0)
        return middle - half, middle + half


class ElevationPlot(TimePlot):
    """Elevation of the camera above the subject's pelvis."""

    SERIES: ClassVar = {"elevation": ("predicted", "refined")}
    UNIT = "elevation, °"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = float("nan")

    def add(self, packet: Refined) -> None:
        """Take in one packet."""
        self._now = packet.viewpoint.elevation_deg if packet.viewpoint else float("nan")
        self.history.append(packet.detection.frame.time_s, elevation=self._now)

    def clear_history(self) -> None:
        """Forget everything: another source begins."""
        self._now = float("nan")
        super().clear_history()

    def value_text(self) -> str:
        """Return the current elevation in words."""
        return elevation_text(self._now)

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show 30 degrees up and down at least."""
        return min(-30.0, low - 5.0), max(30.0, high + 5.0)


class BoneCVPlot(TimePlot):
    """Bone-length CV of the last seconds, raw and refined, percent."""

    SERIES: ClassVar = {"raw": ("raw", "raw"), "refined": ("refined", "refined")}
    UNIT = "CV, %"

    def add(self, packet: Refined) -> None:
        """Take in one packet."""
        time_s = packet.detection.frame.time_s
        self.history.append(time_s, raw=100 * packet.bone_cv_raw, refined=100 * packet.bone_cv)

    def value_text(self) -> str:
        """Return both current values."""
        if not len(self.history):
            return ""
        raw, refined = self.history.series("raw")[-1], self.history.series("refined")[-1]
        if not np.isfinite([raw, refined]).all():
            return ""
        return f"{refined:.1f} %" if raw == refined else f"{refined:.1f} %  ·  raw {raw:.1f} %"

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Start at zero."""
        return 0.0, max(5.0, high * 1.2)


def shown_span(now_s: float) -> tuple[float, float]:
    """Return the range of time to show: the first seconds in steps, then the last `SPAN_S`."""
    end = next((span for span in _FIRST_SPANS_S if now_s <= span), now_s)
    return max(end - SPAN_S, 0.0), end


def legend_text(entries: list[tuple[str, str]]) -> str:
    """Return (text, #rrggbb) entries as rich text with coloured dashes."""
    return "&nbsp;&nbsp;".join(f'<span style="color:{colour}">━</span>&nbsp;{text}' for text, colour in entries)


def azimuth_text(azimuth_deg: float) -> str:
    """Say where the camera is around the subject: '23° to the subject's right'; empty for NaN."""
    if not np.isfinite(azimuth_deg):
        return ""
    angle = _wrapped(azimuth_deg)
    if abs(angle) < 1.5:
        return "in front"
    if abs(angle) > 178.5:
        return "behind"
    return f"{abs(angle):.0f}° to the subject's {'right' if angle > 0 else 'left'}"


def elevation_text(elevation_deg: float) -> str:
    """Say how high the camera is: '5° above'; empty for NaN."""
    if not np.isfinite(elevation_deg):
        return ""
    if abs(elevation_deg) < 0.5:
        return "level"
    return f"{abs(elevation_deg):.0f}° {'above' if elevation_deg > 0 else 'below'}"
