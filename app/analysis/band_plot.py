"""The course of one repetition: mean and standard deviation, 0 to 100 %."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.analysis.measure_plots import curve_colour
from app.analysis.time_plot import NumberAxis
from app.language import fill, tr
from app.theme import theme_of
from core.analysis.bands import PERCENT, Band, band, normalised
from core.analysis.cycles import Cycles
from core.analysis.measures import Series, title, unit


class BandPlots(pg.GraphicsLayoutWidget):
    """A plot for each unit; whole repetitions only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(160, 90)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bands: dict[str, Band] = {}

    def show_bands(self, series: Series, cycles: Cycles | None, names: tuple[str, ...]) -> None:
        """Draw them anew."""
        self.clear()
        self.bands = {}
        theme = theme_of(self.palette())
        self.setBackground(theme.panel)
        whole = cycles.whole if cycles else ()
        wanted = [name for name in names if name in series.values and name != "azimuth"]
        if len(whole) < 2 or not wanted:
            self.addLabel(tr("Mean and SD need two whole repetitions, and a measure of the person."), color=theme.muted)
            return
        for row, of in enumerate(dict.fromkeys(unit(name) for name in wanted)):
            axes = {"left": NumberAxis("left"), "bottom": NumberAxis("bottom")}
            plot = self.addPlot(row=row, col=0, axisItems=axes, enableMenu=False)
            plot.setMouseEnabled(x=False, y=False)
            plot.hideButtons()
            plot.showGrid(x=True, y=True, alpha=0.18)
            plot.setXRange(0, 100, padding=0)
            plot.setLabel("left", of, color=theme.muted)
            plot.setLabel("bottom", tr("% of a repetition"), color=theme.muted)
            for side in ("left", "bottom"):
                plot.getAxis(side).enableAutoSIPrefix(False)
                plot.getAxis(side).setPen(QColor(theme.border))
                plot.getAxis(side).setTextPen(QColor(theme.muted))
            plot.addLegend(offset=(-8, 4), labelTextColor=theme.text, labelTextSize="8pt").setColumnCount(2)
            for name in (each for each in wanted if unit(each) == of):
                found = self.bands[name] = band(normalised(series.time_s, series.values[name], whole))
                colour = curve_colour(name, names)
                edges = [plot.plot(PERCENT, found.mean + sign * found.sd, pen=None) for sign in (-1, 1)]
                shade = QColor(colour)
                shade.setAlpha(60)
                if np.isfinite(found.mean).all():
                    plot.addItem(pg.FillBetweenItem(*edges, brush=shade))
                words = fill("{} (n = {})", tr(title(name)), found.n)
                plot.plot(PERCENT, found.mean, pen=pg.mkPen(colour, width=2), name=words, connect="finite")
