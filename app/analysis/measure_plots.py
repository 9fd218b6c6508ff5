"""Many measures over time: one plot for each unit, all over the same seconds."""

from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.analysis.plots import DirectionAxis
from app.analysis.time_plot import NumberAxis, SecondsAxis, connected
from app.language import tr
from app.session.track import unwrapped
from app.theme import theme_of
from core.analysis.cycles import Cycles
from core.analysis.measures import Series, title, unit

CURVES: Final = {
    "left": ("#3d9fe0", "#3558c9", "#8d86f5", "#35b6c4"),
    "right": ("#ee8a1e", "#d64545", "#c9a800", "#a8683c"),
    "": ("#1fae8a", "#cc79a7", "#7a9a3a", "#8b939d"),
}
"""Side → its colours: left is bluish and right is reddish, as everywhere."""
AXIS_OF: Final = {"azimuth": "azimuth, °", "m": "position, m", "°": "angle, °"}


class MeasurePlots(pg.GraphicsLayoutWidget):
    """The chosen measures with legend, cursor, range and repetitions; the wheel zooms, a drag moves, a click seeks.

    Signals:
        sought(float): A plot was clicked at this time, seconds.
        range_changed: The range is another one.
        boundary_moved(float, float): The boundary of a cycle was dragged, from one time to another.
    """

    sought = Signal(float)
    range_changed = Signal()
    boundary_moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(160, 90)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.series = Series(np.empty(0), {})
        self.names: tuple[str, ...] = ()
        self.range_s: tuple[float, float] | None = None
        self.plots: dict[str, Any] = {}
        self.curves: dict[str, Any] = {}
        self.regions: list[Any] = []
        self.cursors: list[Any] = []
        self.boundaries: list[Any] = []
        self._cycles: Cycles | None = None
        self._now_s = 0.0
        self.scene().sigMouseClicked.connect(self._on_click)

    def show_series(self, series: Series) -> None:
        """Show other values of the same measures; the zoom stays."""
        is_first = not len(self.series.time_s)
        self.series = series
        for name, curve in self.curves.items():
            values = self._values(name)
            curve.setData(series.time_s, values, connect=connected(series.time_s, values))
        if is_first:
            self.show_all()

    def choose(self, names: tuple[str, ...]) -> None:
        """Draw these measures, each in the plot of its unit."""
        self.names = names
        shown = self.plots and next(iter(self.plots.values())).viewRange()[0]
        self.clear()
        self.plots, self.curves, self.regions, self.cursors = {}, {}, [], []
        theme = theme_of(self.palette())
        self.setBackground(theme.panel)
        for row, axis in enumerate(a for a in AXIS_OF if any(_axis_of(name) == a for name in names)):
            left = DirectionAxis("left") if axis == "azimuth" else NumberAxis("left")
            plot = self.addPlot(
                row=row, col=0, axisItems={"left": left, "bottom": SecondsAxis("bottom")}, enableMenu=False
            )
            plot.setMouseEnabled(x=True, y=False)
            plot.hideButtons()
            plot.enableAutoRange(y=True)
            plot.setAutoVisible(y=True)
            plot.showGrid(x=True, y=True, alpha=0.18)
            plot.setLabel("left", tr(AXIS_OF[axis]), color=theme.muted, **{"font-size": "8pt"})
            for side in ("left", "bottom"):
                plot.getAxis(side).enableAutoSIPrefix(False)
                plot.getAxis(side).setPen(QColor(theme.border))
                plot.getAxis(side).setTextPen(QColor(theme.muted))
            plot.addLegend(offset=(-8, 4), labelTextColor=theme.text, labelTextSize="8pt", brush=theme.panel + "50")
            for name in (each for each in names if _axis_of(each) == axis):
                pen = pg.mkPen(curve_colour(name, names), width=2)
                self.curves[name] = plot.plot(name=tr(title(name)), pen=pen)
            if self.plots:
                plot.setXLink(next(iter(self.plots.values())))
            cursor = pg.InfiniteLine(self._now_s, angle=90, pen=pg.mkPen(theme.muted, style=Qt.PenStyle.DashLine))
            plot.addItem(cursor, ignoreBounds=True)
            self.cursors.append(cursor)
            self.plots[axis] = plot
        for plot in list(self.plots.values())[:-1]:
            plot.getAxis("bottom").setStyle(showValues=False)
        self.show_series(self.series)
        if shown:
            next(iter(self.plots.values()), pg.PlotItem()).setXRange(*shown, padding=0)
        self.show_range(self.range_s)
        self.show_cycles(self._cycles)

    def show_all(self) -> None:
        """Zoom out to everything."""
        time_s = self.series.time_s
        if len(time_s) and self.plots:
            next(iter(self.plots.values())).setXRange(time_s[0], max(time_s[-1], time_s[0] + 0.1), padding=0.01)

    def show_cursor(self, now_s: float) -> None:
        """Mark the moment that is shown elsewhere."""
        self._now_s = now_s
        for cursor in self.cursors:
            cursor.setValue(now_s)

    def show_range(self, range_s: tuple[float, float] | None) -> None:
        """Show the range whose statistics are wanted, which can be dragged; None: none."""
        self._remove(self.regions)
        self.range_s, self.regions = range_s, []
        for plot in self.plots.values() if range_s else ():
            region = pg.LinearRegionItem(range_s, brush=QColor(86, 180, 233, 40), swapMode="sort")
            region.sigRegionChanged.connect(self._on_region)
            plot.addItem(region, ignoreBounds=True)
            self.regions.append(region)

    def show_cycles(self, cycles: Cycles | None) -> None:
        """Show the boundaries of repetitions; they can be dragged."""
        self._remove(self.boundaries)
        self._cycles, self.boundaries = cycles, []
        theme = theme_of(self.palette())
        for plot in self.plots.values() if cycles else ():
            for i, cycle in enumerate(cycles.cycles if cycles else ()):
                colour = QColor(theme.refined)
                colour.setAlpha(40 if i % 2 else 22)
                shade = pg.LinearRegionItem((cycle.start_s, cycle.end_s), brush=colour, movable=False)
                for line in shade.lines:
                    line.setPen(pg.mkPen(None))
                shade.setZValue(-20)
                plot.addItem(shade, ignoreBounds=True)
                self.boundaries.append(shade)
            for time_s in cycles.boundaries_s if cycles else ():
                line = pg.InfiniteLine(time_s, angle=90, movable=True, pen=pg.mkPen(theme.refined, width=2))
                line.setHoverPen(pg.mkPen(theme.text, width=3))
                line.sigPositionChangeFinished.connect(
                    lambda moved, before=time_s: self.boundary_moved.emit(before, float(moved.value()))
                )
                plot.addItem(line, ignoreBounds=True)
                self.boundaries.append(line)

    def _values(self, name: str) -> Any:
        values = self.series.values.get(name, np.full(len(self.series.time_s), np.nan))
        return unwrapped(values) if name == "azimuth" else values

    def _remove(self, items: list[Any]) -> None:
        for plot in self.plots.values():
            for item in items:
                if item in plot.items:
                    plot.removeItem(item)

    def _on_region(self, region: Any) -> None:
        low, high = region.getRegion()
        self.range_s = (float(low), float(high))
        for other in self.regions:
            if other is not region:
                other.blockSignals(True)
                other.setRegion(self.range_s)
                other.blockSignals(False)
        self.range_changed.emit()

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        for plot in self.plots.values():
            if plot.sceneBoundingRect().contains(event.scenePos()):
                self.sought.emit(float(plot.vb.mapSceneToView(event.scenePos()).x()))


def curve_colour(name: str, names: tuple[str, ...]) -> str:
    """Return the colour of one of several measures, by its side."""
    side = _side(name)
    return CURVES[side][[n for n in names if _side(n) == side].index(name) % len(CURVES[side])]


def _side(name: str) -> str:
    return next((side for side in ("left", "right") if name.startswith(side)), "")


def _axis_of(name: str) -> str:
    return "azimuth" if name == "azimuth" else unit(name)
