"""A plot over the time of the source, with the cursor that all plots and the transport share."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.language import fill, number_text, tr
from app.session.track import Track
from app.theme import Theme, theme_of
from core.pose.gaps import GAP_S
from core.pose.types import FloatArray

SPAN_S: Final = 20.0
_FIRST_SPANS_S: Final = (5.0, 10.0, SPAN_S)


class NumberAxis(pg.AxisItem):
    """Numbers as the language writes them."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Write "0.5" or "0,5"."""
        return [number_text(text) for text in super().tickStrings(values, scale, spacing)]


class SecondsAxis(pg.AxisItem):
    """Seconds, with the unit at each tick: a label below would take a line of a low panel."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Write "2 s"."""
        return [fill("{:g} s", value) for value in values]


class TimePlot(pg.PlotWidget):
    """A plot of `SPAN_S` seconds around the cursor; subclasses name the series and work them out from a track.

    Curves are made once and given new data by `redraw`.

    Signals:
        sought(float): The user clicked or dragged at this time of the source, seconds.
    """

    SERIES: ClassVar[dict[str, tuple[str, str]]] = {}
    """Name → (legend entry, colour name of `app.theme.Theme`); drawn in this order."""

    UNIT: ClassVar[str] = ""

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None, left_axis: pg.AxisItem | None = None) -> None:
        axes = {"bottom": SecondsAxis("bottom"), "left": left_axis or NumberAxis("left")}
        super().__init__(parent, axisItems=axes, enableMenu=False)  # a menu that is made is never freed
        self.setMinimumSize(130, 80)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the transport's keys move its cursor
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self._tick_font = QFont(self.font())
        self._tick_font.setPointSizeF(self.font().pointSizeF() * 0.85)
        self._text = ""
        plot = self.getPlotItem()
        plot.setContentsMargins(2, 0, 12, 2)
        plot.showGrid(x=True, y=True, alpha=0.18)
        self.curves = {name: plot.plot() for name in self.SERIES}
        self.cursor_line = pg.InfiniteLine(angle=90, movable=False)
        plot.addItem(self.cursor_line, ignoreBounds=True)
        self._restyle()

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return (n,) times and for each of SERIES (n,) values between two times."""
        raise NotImplementedError

    def say(self, track: Track, now_s: float) -> str:
        """Return the value under the cursor in words."""
        raise NotImplementedError

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Return the range to show for values between low and high."""
        raise NotImplementedError

    def value_text(self) -> str:
        """Return the value under the cursor, as of the last `redraw`."""
        return self._text

    def redraw(self, track: Track, now_s: float, duration_s: float | None) -> None:
        """Show what is around a time.

        Args:
            track: Where the figures are.
            now_s: Where the cursor is, seconds.
            duration_s: Of a file; None for a camera, whose newest seconds are shown.
        """
        start, end = shown_span(now_s, duration_s)
        time_s, values = self.read(track, start, end)
        for name, curve in self.curves.items():
            curve.setData(time_s, values[name], connect=connected(time_s, values[name]))
        self.setXRange(start, end, padding=0)
        self.cursor_line.setValue(now_s)
        shown = np.concatenate([values[name] for name in self.SERIES])
        shown = shown[np.isfinite(shown)]
        if len(shown):
            self.setYRange(*self.y_range(float(shown.min()), float(shown.max())), padding=0)
        self._text = self.say(track, now_s)

    def clear_curves(self) -> None:
        """Another source begins."""
        for curve in self.curves.values():
            curve.setData([], [], connect="all")
        self.cursor_line.setValue(0.0)
        self._text = ""

    def legend(self) -> str:
        """Return the legend as rich text, for the panel's header: inside it would cover the curves."""
        theme = theme_of(self.palette())
        entries = [(tr(text), getattr(theme, colour)) for text, colour in self.SERIES.values()]
        return legend_text(entries) if len(entries) > 1 else ""

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "cursor_line"):
            self._restyle()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the time that was clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def _seek(self, event: QMouseEvent) -> None:
        scene_position = self.mapToScene(event.position().toPoint())
        self.sought.emit(float(self.getViewBox().mapSceneToView(scene_position).x()))

    def _restyle(self) -> None:
        theme: Theme = theme_of(self.palette())
        self.setBackground(theme.panel)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.enableAutoSIPrefix(False)
            if side == "left":
                axis.setLabel(tr(self.UNIT), color=theme.muted, **{"font-size": "8pt"})
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickLength=-4, tickTextOffset=4, maxTextLevel=0, tickFont=self._tick_font)
        self.cursor_line.setPen(pg.mkPen(theme.muted, width=1, style=Qt.PenStyle.DashLine))
        for name, (_, colour) in self.SERIES.items():
            self.curves[name].setPen(pg.mkPen(getattr(theme, colour), width=1 if colour == "raw" else 2))


def connected(time_s: FloatArray, values: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (n,) whether a line goes on from each point to the next.

    Args:
        time_s: (n,) increasing.
        values: (n,) NaN where nothing is known; nothing is drawn to or from there, nor over what was never looked at.
    """
    goes_on, known = np.zeros(len(values), dtype=bool), np.isfinite(values)
    if len(values) > 1:
        steps_s = np.diff(time_s)
        longest_s = max(GAP_S, 3.0 * float(np.median(steps_s)))  # a film of one picture a second has lines too
        goes_on[:-1] = known[:-1] & known[1:] & (steps_s <= longest_s)
    return goes_on


def shown_span(now_s: float, duration_s: float | None) -> tuple[float, float]:
    """Return the range of time to show.

    A short file is shown whole and a longer one in pages, so that nothing scrolls while it plays. A camera's first
    seconds come in steps, then the last `SPAN_S` scroll.
    """
    if duration_s is not None:
        if duration_s <= 1.5 * SPAN_S:
            return 0.0, max(duration_s, 0.1)
        start = SPAN_S * (now_s // SPAN_S)
        return start, start + SPAN_S
    end = next((span for span in _FIRST_SPANS_S if now_s <= span), now_s)
    return max(end - SPAN_S, 0.0), end


def legend_text(entries: list[tuple[str, str]]) -> str:
    """Return (text, #rrggbb) entries as rich text with coloured dashes."""
    return "&nbsp;&nbsp;".join(f'<span style="color:{colour}">━</span>&nbsp;{text}' for text, colour in entries)
