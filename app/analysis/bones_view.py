"""Bone lengths: how much each varies, and the chosen one over time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.analysis.bone_plot import BoneLengthPlot
from app.analysis.bones import WHOLE_BODY, BoneList
from app.analysis.plots import BoneCVPlot, cv_text
from app.analysis.time_plot import TimePlot
from app.session.track import Track


class BonesView(QWidget):
    """The list of bones beside a plot of the row that is chosen there.

    Signals:
        sought(float): A plot was clicked at this time of the source.
    """

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = BoneList()
        self.variation, self.length = BoneCVPlot(), BoneLengthPlot()
        self._plots = QStackedWidget()
        for plot in (self.variation, self.length):
            self._plots.addWidget(plot)
            plot.sought.connect(self.sought)
        self._drawn_with: tuple[Track, float, float | None] | None = None
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(self.list)
        splitter.addWidget(self._plots)
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self.list.chosen.connect(self._choose)

    @property
    def plot(self) -> TimePlot:
        """The plot that is shown."""
        return self.variation if self.list.selected == WHOLE_BODY else self.length

    def redraw(self, track: Track, now_s: float, duration_s: float | None) -> None:
        """Show what is around a time."""
        self._drawn_with = (track, now_s, duration_s)
        self.list.redraw(track, now_s)
        self.plot.redraw(track, now_s, duration_s)

    def value_text(self) -> str:
        """Return the value under the cursor: of the whole body what the list says, over the same seconds."""
        return self.length.value_text() if self.plot is self.length else cv_text(*self.list.values[0])

    def legend(self) -> str:
        """Return the legend, which both plots share."""
        return self.variation.legend()

    def clear_curves(self) -> None:
        """Another source begins."""
        self._drawn_with = None
        self.list.clear()
        self.variation.clear_curves()
        self.length.clear_curves()

    def _choose(self, name: str) -> None:
        if name != WHOLE_BODY:
            self.length.set_bone(name)
        self._plots.setCurrentWidget(self.plot)
        if self._drawn_with is not None:
            self.plot.redraw(*self._drawn_with)
