"""Train a refiner from the menu: choose, watch, stop, use the result."""

import math
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.theme import theme_of
from app.training import TrainingChoice, TrainingProgress, TrainingRun, new_run_folder
from app.views.panel import Panel
from app.views.plots import legend_text
from core.errors import OutputError
from core.pose_model import cache_folder


class TrainDialog(QDialog):
    """Hidden, not ended, when it is closed during a run; `shut` ends the run.

    Signals:
        model_chosen(Path): The user wants this refiner from now on.
    """

    model_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a refiner")
        self.resize(720, 520)
        self._run: TrainingRun | None = None
        self._model: Path | None = None
        self._loss: list[tuple[float, float]] = []
        self._validation: dict[int, tuple[float, float]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(self._create_form())
        layout.addLayout(self._create_plots(), 1)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(8)
        self.message = QLabel("Training runs beside the live view, which goes on.", wordWrap=True, objectName="caption")
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        layout.addLayout(self._create_buttons())
        self._update()

    @property
    def is_running(self) -> bool:
        """Whether a run is going on."""
        return self._run is not None

    @property
    def choice(self) -> TrainingChoice:
        """What the form says."""
        pairs = (str(Path(self.pairs.text()).expanduser()),)
        return TrainingChoice(pairs, self.epochs.value(), self.batch_size.value(), self.fp16.isChecked())

    def start(self) -> None:
        """Begin a run with what the form says."""
        self._loss.clear()
        self._validation.clear()
        self._model = None
        self._run = TrainingRun(self.choice, new_run_folder(), self)
        self._run.progressed.connect(self.show_progress)
        self._run.finished.connect(self._on_finished)
        self.bar.setRange(0, 0)
        self.message.setText("Loading the pairs…")
        try:
            self._run.start()
        except OutputError as error:
            self._on_finished(str(error), None)
        self._update()

    def stop(self) -> None:
        """End the run early and keep its best model."""
        if self._run is not None:
            self.message.setText("Stopping; the best model so far is kept…")
            self._run.stop()

    def shut(self) -> None:
        """End the run at once: the window closes."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def show_progress(self, progress: TrainingProgress) -> None:
        """Show one report."""
        if progress.n_steps:
            self.bar.setRange(0, progress.n_steps)
            self.bar.setValue(progress.step)
        if math.isfinite(progress.loss):
            self._loss.append((progress.step / max(progress.n_steps, 1) * progress.n_epochs, progress.loss))
            self.loss_curve.setData(*zip(*self._loss, strict=True))
            self._loss_panel.set_value(f"{progress.loss:.4f}")
        if math.isfinite(progress.val_depth_mm):
            self._validation[progress.epoch] = (progress.val_depth_mm, progress.val_raw_depth_mm)
            epochs = list(self._validation)
            refined, raw = zip(*self._validation.values(), strict=True)
            self.val_curve.setData(epochs, refined)
            self.raw_curve.setData(epochs, raw)
            self._val_panel.set_value(f"{progress.val_depth_mm:.1f} mm")
        left = f"  ·  {_duration(progress.eta_s)} left" if math.isfinite(progress.eta_s) else ""
        self.message.setText(f"Epoch {progress.epoch} of {progress.n_epochs}{left}")

    def _create_form(self) -> QFormLayout:
        self.pairs = QLineEdit(str(_newest_pairs()))
        self.pairs.textChanged.connect(self._update)
        self.browse = QPushButton("Browse…")
        self.browse.clicked.connect(self._browse)
        self.epochs = QSpinBox(minimum=1, maximum=10_000, value=50)
        self.batch_size = QSpinBox(minimum=1, maximum=65_536, value=64)
        self.fp16 = QCheckBox("Half precision (faster on a GPU only)")
        row = QHBoxLayout()
        row.addWidget(self.pairs, 1)
        row.addWidget(self.browse)
        numbers = QHBoxLayout()
        numbers.setSpacing(10)
        for widget in (self.epochs, QLabel("Batch size"), self.batch_size, self.fp16):
            numbers.addWidget(widget)
        numbers.addStretch(1)
        form = QFormLayout()
        form.addRow("Folder of pairs", row)
        form.addRow("Epochs", numbers)
        return form

    def _create_plots(self) -> QHBoxLayout:
        theme = theme_of(self.palette())
        loss, validation = pg.PlotWidget(background=theme.panel), pg.PlotWidget(background=theme.panel)
        for plot, unit in ((loss, "loss"), (validation, "depth error, mm")):
            plot.setMenuEnabled(False)
            plot.setMouseEnabled(x=False, y=False)
            plot.hideButtons()
            plot.showGrid(x=True, y=True, alpha=0.18)
            for side, label in (("left", unit), ("bottom", "epoch")):
                plot.getAxis(side).enableAutoSIPrefix(False)
                plot.setLabel(side, label, color=theme.muted)
        self.loss_curve = loss.plot(pen=pg.mkPen(theme.left, width=2))
        self.raw_curve = validation.plot(pen=pg.mkPen(theme.raw, width=2))
        self.val_curve = validation.plot(
            pen=pg.mkPen(theme.refined, width=2), symbol="o", symbolSize=5, symbolBrush=theme.refined, symbolPen=None
        )
        self._loss_panel = Panel("Loss", loss)
        self._val_panel = Panel("Validation", validation)
        self._val_panel.set_note(legend_text([("raw", theme.raw), ("refined", theme.refined)]))
        row = QHBoxLayout()
        row.addWidget(self._loss_panel)
        row.addWidget(self._val_panel)
        return row

    def _create_buttons(self) -> QHBoxLayout:
        self.use_button = QPushButton("Use this model")
        self.stop_button = QPushButton("Stop")
        self.start_button = QPushButton("Start", default=True)
        close = QPushButton("Close", autoDefault=False)
        self.use_button.clicked.connect(self._use)
        self.stop_button.clicked.connect(self.stop)
        self.start_button.clicked.connect(self.start)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.use_button)
        row.addStretch(1)
        for button in (self.stop_button, self.start_button, close):
            row.addWidget(button)
        return row

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of pairs", self.pairs.text())
        if folder:
            self.pairs.setText(folder)

    def _use(self) -> None:
        if self._model is not None:
            self.model_chosen.emit(self._model)

    def _on_finished(self, text: str, model: Path | None) -> None:
        if self._run is not None:
            self._run.deleteLater()
        self._run, self._model = None, model
        self.bar.setRange(0, 1)
        self.bar.setValue(int(model is not None))
        self.message.setText(text)
        self._update()

    def _update(self) -> None:
        for widget in (self.pairs, self.browse, self.epochs, self.batch_size, self.fp16):
            widget.setEnabled(not self.is_running)
        self.start_button.setEnabled(not self.is_running and bool(self.pairs.text().strip()))
        self.stop_button.setEnabled(self.is_running)
        self.use_button.setEnabled(self._model is not None)


def _newest_pairs() -> Path:
    """Return the data set made last on this machine, or the folder where they are kept."""
    folder = cache_folder() / "pairs"
    return max((p.parent for p in folder.glob("*/index.json")), key=lambda p: p.stat().st_mtime, default=folder)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
