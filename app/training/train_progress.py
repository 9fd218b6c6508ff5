"""A training run as it goes: curves, error against MediaPipe's own, time left."""

import math
from collections.abc import Sequence
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.analysis.time_plot import NumberAxis, legend_text
from app.jobs.words import duration_text
from app.language import fill, tr
from app.refiners.runs import Run
from app.theme import theme_of
from app.widgets.made import made
from app.widgets.panel import Panel
from core.system.progress import TrainingProgress

_NEWEST: Final = 0.1
_FIRST_SPAN: Final = 4.0
_ROOM: Final = 1.5


class TrainProgressView(QWidget):
    """Two plots, a bar and a line of words; fed by `show_run` and `show_progress`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loss: list[tuple[float, float]] = []
        self._validation: dict[int, tuple[float, float]] = {}
        loss, self._validation_plot = (
            pg.PlotWidget(axisItems={"left": NumberAxis("left"), "bottom": _EpochAxis("bottom")}, enableMenu=False)
            for _ in range(2)
        )
        self._plots = (loss, self._validation_plot)
        self.step_curve = loss.plot()
        self.loss_curve = loss.plot()
        self.raw_curve = self._validation_plot.plot()
        self.val_curve = self._validation_plot.plot(symbol="o", symbolSize=5, symbolPen=None)
        self.loss_panel = Panel(tr("Loss"), loss)
        self.val_panel = Panel(tr("Depth error, validation"), self._validation_plot)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(8)
        self.message = QLabel(wordWrap=True)
        self.best = made(QLabel, objectName="caption")
        plots = QHBoxLayout()
        plots.addWidget(self.loss_panel, 1)
        plots.addWidget(self.val_panel, 1)
        words = QHBoxLayout()
        words.addWidget(self.message, 1)
        words.addWidget(self.best)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(plots, 1)
        layout.addWidget(self.bar)
        layout.addLayout(words)
        self._restyle()

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs that were validated so far."""
        return tuple(self._validation)

    def show_run(self, run: Run | None) -> None:
        """Begin anew with what a run has reached already; None for a run that begins."""
        self._loss.clear()
        self._validation.clear()
        for row in run.history if run is not None else ():
            epoch = int(row.get("epoch", len(self._validation) + 1))
            self._loss.append((epoch, row.get("train_total", math.nan)))
            self._add_validation(epoch, row.get("val_depth_mm", math.nan), row.get("val_raw_depth_mm", math.nan))
        self.bar.setRange(0, 0)
        self.loss_panel.set_value("")
        self.val_panel.set_value("")
        self.best.setText("")
        self.message.setText(tr("Loading the pairs…"))
        self._redraw()

    def show_progress(self, progress: TrainingProgress) -> None:
        """Show one report."""
        if progress.n_steps:
            self.bar.setRange(0, progress.n_steps)
            self.bar.setValue(progress.step)
        if math.isfinite(progress.loss):
            self._loss.append((progress.step / max(progress.n_steps, 1) * progress.n_epochs, progress.loss))
            self.loss_panel.set_value(fill("{:.3f}", _smooth([loss for _, loss in self._loss])[-1]))
        if math.isfinite(progress.val_depth_mm):
            self._add_validation(progress.epoch, progress.val_depth_mm, progress.val_raw_depth_mm)
        left = tr("  ·  {eta_s} left", eta_s=duration_text(progress.eta_s)) if math.isfinite(progress.eta_s) else ""
        self.message.setText(
            tr("Epoch {epoch} of {n_epochs}{left}", epoch=progress.epoch, n_epochs=progress.n_epochs, left=left)
        )
        self._redraw()
        span = min(float(max(progress.n_epochs, 1)), max(_FIRST_SPAN, _ROOM * progress.epoch))
        for plot in self._plots:
            plot.setXRange(0.0, span, padding=0.02)

    def show_end(self, text: str, *, is_done: bool) -> None:
        """Say how it ended."""
        self.bar.setRange(0, 1)
        self.bar.setValue(int(is_done))
        self.message.setText(text)

    def _add_validation(self, epoch: int, refined_mm: float, raw_mm: float) -> None:
        if math.isfinite(refined_mm):
            self._validation[epoch] = (refined_mm, raw_mm)

    def _redraw(self) -> None:
        at, loss = _columns(self._loss, 2)
        self.step_curve.setData(at, loss)
        self.loss_curve.setData(at, _smooth(loss))
        rows = [(float(epoch), refined, raw) for epoch, (refined, raw) in self._validation.items()]
        epochs, refined, raw = _columns(rows, 3)
        self.val_curve.setData(epochs, refined)
        self.raw_curve.setData(epochs, raw)
        if rows:
            change = f"{100 * (refined[-1] / raw[-1] - 1):+.0f}".replace("-", "−") if raw[-1] else "–"
            self.val_panel.set_value(tr("{mm:.1f} mm  ·  {change} %", mm=refined[-1], change=change))
            best = min(refined)
            self.best.setText(
                tr("best {best:.1f} mm in epoch {epoch:.0f}", best=best, epoch=epochs[refined.index(best)])
            )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "best"):
            self._restyle()

    def _restyle(self) -> None:
        theme = theme_of(self.palette())
        for plot, unit in zip(self._plots, (tr("loss"), "mm"), strict=True):
            plot.setBackground(theme.panel)
            plot.setMinimumSize(220, 150)
            plot.setMouseEnabled(x=False, y=False)
            plot.hideButtons()
            plot.showGrid(x=True, y=True, alpha=0.18)
            for side, label in (("left", unit), ("bottom", tr("epoch"))):
                axis = plot.getAxis(side)
                axis.enableAutoSIPrefix(False)
                axis.setLabel(label, color=theme.muted)
                axis.setPen(theme.border)
                axis.setTextPen(theme.muted)
        faint = QColor(theme.left)
        faint.setAlphaF(0.3)
        self.step_curve.setPen(pg.mkPen(faint, width=1))
        self.loss_curve.setPen(pg.mkPen(theme.left, width=2))
        self.raw_curve.setPen(pg.mkPen(theme.raw, width=2))
        self.val_curve.setPen(pg.mkPen(theme.refined, width=2))
        self.val_curve.setSymbolBrush(theme.refined)
        self.val_panel.set_note(legend_text([("MediaPipe", theme.raw), (tr("refined"), theme.refined)]))


class _EpochAxis(pg.AxisItem):
    """Whole epochs, however few."""

    def tickSpacing(self, lowest: float, highest: float, size: float) -> list[tuple[float, float]]:
        """Leave out the levels between two epochs."""
        return [level for level in super().tickSpacing(lowest, highest, size) if level[0] >= 1] or [(1.0, 0.0)]


def _columns(rows: Sequence[tuple[float, ...]], n: int) -> list[list[float]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(n)]


def _smooth(values: list[float]) -> list[float]:
    """Return the running mean of what single steps say, the newest counting most."""
    means: list[float] = []
    for value in values:
        means.append(value if not means else means[-1] + _NEWEST * (value - means[-1]))
    return means
