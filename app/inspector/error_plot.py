"""MediaPipe's error over the frames of a file, and the refiner's, with a cursor to move through them."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.analysis.time_plot import NumberAxis
from app.language import tr
from app.theme import theme_of
from core.pose.types import FloatArray


class ErrorPlot(pg.PlotWidget):
    """Curves over rows; a click or a drag of the cursor chooses a row.

    Signals:
        row_chosen (int): The user wants to see this row.
    """

    row_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": NumberAxis("left")}, enableMenu=False)
        self.hideButtons()
        self.setMouseEnabled(x=True, y=False)
        self.setLabel("left", tr("error, mm"))
        self.setLabel("bottom", tr("row of the file"))
        self._n = 0
        self._curves = {name: self.plot(connect="finite", name=name) for name in ("depth", "error", "refined")}
        self._cursor = pg.InfiniteLine(0, movable=True)
        self.addItem(self._cursor)
        self._cursor.sigDragged.connect(lambda line: self._choose(line.value()))
        self.scene().sigMouseClicked.connect(self._on_click)
        self._restyle()

    def show_errors(self, error_mm: FloatArray, depth_mm: FloatArray) -> None:
        """Show the (N,) errors of another file, millimetres; none of a refiner yet."""
        self._n = len(error_mm)
        rows = np.arange(self._n)
        for name, values in (("error", error_mm), ("depth", depth_mm)):
            self._curves[name].setData(rows, values)
        self._curves["refined"].setData([], [])
        known = error_mm[np.isfinite(error_mm)]
        self.setXRange(0, max(self._n - 1, 1), padding=0.01)
        self.setYRange(0, float(known.max()) if len(known) else 1.0, padding=0.05)

    def show_refined(self, error_mm: FloatArray | None) -> None:
        """Show the (N,) errors of the refined joints of the same file, millimetres; None: none."""
        self._curves["refined"].setData(
            [] if error_mm is None else np.arange(self._n), [] if error_mm is None else error_mm
        )

    def set_row(self, row: int) -> None:
        """Put the cursor on a row."""
        self._cursor.setValue(row)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_cursor"):
            self._restyle()

    def _on_click(self, event: object) -> None:
        if event.button() == Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            self._choose(self.getPlotItem().vb.mapSceneToView(event.scenePos()).x())  # type: ignore[attr-defined]

    def _choose(self, x: float) -> None:
        if self._n:
            self.row_chosen.emit(int(np.clip(round(x), 0, self._n - 1)))

    def _restyle(self) -> None:
        theme = theme_of(self.palette())
        self.setBackground(theme.panel)
        for axis in ("left", "bottom"):
            self.getAxis(axis).setPen(theme.border)
            self.getAxis(axis).setTextPen(theme.muted)
        self._curves["error"].setPen(pg.mkPen(theme.right, width=2))
        self._curves["depth"].setPen(pg.mkPen(theme.left, width=2))
        self._curves["refined"].setPen(pg.mkPen(theme.refined, width=2))
        self._cursor.setPen(pg.mkPen(theme.text, width=1))
        self._cursor.setHoverPen(pg.mkPen(theme.refined, width=2))
