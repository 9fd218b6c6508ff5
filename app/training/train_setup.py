"""What to train on and how: the first page of the training dialog."""

import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.refiners.library import model_name
from app.refiners.runs import Run, list_runs
from app.training.data_sets import default_folder, remember
from app.training.data_table import DataTable
from app.training.device import Device
from app.training.job import PRESETS, TrainingChoice
from app.training.unfinished_run import UnfinishedRun
from app.widgets.made import made
from app.widgets.path_row import PathRow

_FORM_WIDTH: Final = 330


class TrainSetup(QWidget):
    """A table of data sets on the left, numbers on the right, a run that stopped early on top.

    Attributes:
        current_model: The refiner in use, which training starts from unless another start is chosen.

    Signals:
        resumed(Run): This run shall go on.
        check_wanted(Path): This data set shall be checked.
        inspect_wanted(Path): This data set shall be looked at, frame by frame.
        studio_wanted: Pairs shall be made.
        conversion_wanted: Pairs shall be made of footage.
        changed: Something was chosen; look at `can_start` again.
    """

    resumed = Signal(object)
    check_wanted = Signal(object)
    inspect_wanted = Signal(object)
    studio_wanted = Signal()
    conversion_wanted = Signal()
    changed = Signal()

    def __init__(self, current_model: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.current_model = current_model
        self._device: Device | None = None
        self.unfinished = UnfinishedRun()
        self.unfinished.resumed.connect(self.resumed)
        columns = QHBoxLayout()
        columns.setSpacing(18)
        columns.addLayout(self._create_data(), 1)
        columns.addWidget(self._create_numbers())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.unfinished)
        layout.addLayout(columns, 1)
        self.presets.button(1).click()
        self._update()

    @property
    def choice(self) -> TrainingChoice:
        """What the page says."""
        return TrainingChoice(
            pairs=tuple(str(data_set.path) for data_set in self.table.chosen),
            epochs=self.epochs.value(),
            batch_size=self.batch_size.value(),
            fp16=self.fp16.isChecked(),
            lr=self.lr.value(),
            seed=self.seed.value(),
            start_from=str(self.start_from.currentData() or ""),
            poses=str(self.poses.path or ""),
            film_share=self.film_share.value() / 100,
        )

    @property
    def new_name(self) -> str:
        """What the refiner shall be called."""
        data = " + ".join(data_set.path.stem for data_set in self.table.chosen)
        return self.name.text().strip() or f"{data} {time.strftime('%d %b %H:%M')}"

    @property
    def trouble(self) -> str:
        """Why training cannot begin with what the page says; "" when it can."""
        chosen = self.table.chosen
        if self._device is not None and not self._device.can_train:
            return self._device.text
        if not chosen and (refused := self.table.refused) is not None:
            return tr("{name} cannot be ticked: {why}", name=refused.path.name, why=refused.trouble)
        if not chosen:
            return tr("Tick a data set; without one, make it in the studio.")
        if len({data_set.path.is_file() for data_set in chosen}) > 1:
            return tr("Tick either pair files or folders: files have no training and validation split.")
        if self.poses.trouble:
            return self.poses.trouble
        return ""

    def refresh(self, tick: Path | None = None) -> None:
        """Look again for data sets and runs."""
        self.table.refresh(tick)
        runs = list_runs()
        self.unfinished.show_run(next((run for run in runs if run.can_resume), None))
        self._offer_starts(runs)

    def show_current_model(self, path: Path) -> None:
        """Another refiner is in use."""
        self.current_model = path
        self._offer_starts(list_runs())

    def _offer_starts(self, runs: list[Run]) -> None:
        chosen = self.start_from.currentText()
        self.start_from.clear()
        if self.current_model.is_file():
            in_use = tr("Model in use: {name}", name=model_name(self.current_model))
            self.start_from.addItem(in_use, str(self.current_model))
        self.start_from.addItem(tr("Random weights"), "")
        for run in runs:
            if run.best.is_file():
                self.start_from.addItem(tr("Best of {name}", name=run.name), str(run.best))
        self.start_from.setCurrentIndex(max(0, self.start_from.findText(chosen)))

    def show_device(self, device: Device) -> None:
        """Say what was found; half precision is for graphics cards."""
        self._device = device
        self.device.setText(device.text[:1].upper() + device.text[1:])
        self.fp16.setChecked(device.is_gpu)
        self.fp16.setToolTip("" if device.is_gpu else tr("On the CPU half precision is slower."))
        self._update()

    def _create_data(self) -> QVBoxLayout:
        self.table = DataTable()
        self.table.chosen_changed.connect(self._update)
        add = QPushButton(tr("Add folder…"), autoDefault=False)
        add.clicked.connect(self._add)
        self.check_button = QPushButton(tr("Check"), autoDefault=False)
        self.check_button.setToolTip(tr("Look for faults: units, axes, sides, duplicates, sequences in several splits"))
        self.check_button.clicked.connect(lambda: self._about_current(self.check_wanted))
        inspect = QPushButton(tr("Inspect…"), autoDefault=False)
        inspect.setToolTip(tr("MediaPipe against the truth, frame by frame"))
        inspect.clicked.connect(lambda: self._about_current(self.inspect_wanted))
        studio = QPushButton(tr("Make data in the studio…"), autoDefault=False)
        studio.clicked.connect(self.studio_wanted)
        convert = QPushButton(tr("Convert footage…"), autoDefault=False)
        convert.clicked.connect(self.conversion_wanted)
        buttons = QHBoxLayout()
        for button in (self.check_button, inspect, add, convert, studio):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.summary = made(QLabel, objectName="caption", wordWrap=True)
        box = QVBoxLayout()
        box.addWidget(self.table, 1)
        box.addWidget(self.summary)
        box.addLayout(buttons)
        return box

    def _create_numbers(self) -> QWidget:
        self.presets = QButtonGroup(self)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setContentsMargins(14, 12, 14, 12)
        for number, preset in enumerate(PRESETS):
            button = QRadioButton(tr(preset.name))
            self.presets.addButton(button, number)
            form.addRow(button, made(QLabel, tr(preset.about), objectName="caption", wordWrap=True))
        self.presets.idClicked.connect(self._apply_preset)
        self.name = QLineEdit(placeholderText=tr("by data set and time"))
        self.epochs = QSpinBox(minimum=1, maximum=10_000)
        self.batch_size = QSpinBox(minimum=1, maximum=65_536)
        self.lr = QDoubleSpinBox(decimals=5, minimum=0.00001, maximum=0.1, singleStep=0.0005, value=0.001)
        self.seed = QSpinBox(maximum=2**31 - 1)
        self.fp16 = QCheckBox(tr("Half precision (fp16)"))
        self.start_from = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.start_from.setToolTip(
            tr("Few frames only pay from a model that knows people already; random weights need tens of thousands")
        )
        self.poses = PathRow(
            tr("Pose pool"), setting="pose_pool", is_file=True, hint=tr("none"), only=tr("Pose pools (*.npz)")
        )
        self.poses.setToolTip(tr("Poses that nobody filmed, made by `main.py poses`; each step projects them anew"))
        self.film_share = QSpinBox(minimum=5, maximum=95, singleStep=5, value=50, suffix=" %")
        self.film_share.setToolTip(tr("How much of each step comes from the pool"))
        self.poses.edit.textChanged.connect(self._update)
        self.device = QLabel(tr("looking…"), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        for label, widget in (
            (tr("Name"), self.name), (tr("Epochs"), self.epochs), (tr("Batch size"), self.batch_size),
            (tr("Learning rate"), self.lr),
            (tr("Seed"), self.seed), (tr("Start from"), self.start_from), (tr("Pose pool"), self.poses),
            (tr("Share of it"), self.film_share), ("", self.fp16), (tr("Device"), self.device),
        ):  # fmt: skip
            form.addRow(label, widget)
        frame = made(QFrame, objectName="panel")
        frame.setLayout(form)
        frame.setFixedWidth(_FORM_WIDTH)
        return frame

    def _apply_preset(self, number: int) -> None:
        self.epochs.setValue(PRESETS[number].epochs)
        self.batch_size.setValue(PRESETS[number].batch_size)

    def _add(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of pairs"), str(default_folder()))
        if folder:
            remember(Path(folder))
            self.refresh(Path(folder))

    def _about_current(self, signal: SignalInstance) -> None:
        if self.table.current is not None:
            signal.emit(self.table.current)

    def _update(self) -> None:
        n, n_both = (sum(data_set.n_frames.get(split, 0) for data_set in self.table.chosen) for split in ("train", ""))
        self.film_share.setEnabled(self.poses.path is not None)
        both = tr("{n:,} frames without splits, to train on and to measure on", n=n_both) if n_both else ""
        train = tr("{n:,} frames to train on", n=n) if n else ""
        self.summary.setText(self.trouble or "; ".join(filter(None, (train, both))))
        self.changed.emit()
