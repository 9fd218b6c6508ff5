"""The refiners of this machine: which is in use, what each is made of, how good it is."""

import math
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.language import fill, tr
from app.refiners.library import Model, import_model, list_models, remove_model
from app.refiners.model_card import card_text
from app.widgets.made import made
from app.widgets.table import Table
from core.errors import NdrError

COLUMNS: Final = ("Model", "Made", "Pairs", "Raw depth", "Refined", "Variant")
_NUMBERS: Final = (2, 3, 4)
_CARD_WIDTH: Final = 300


class ModelsDialog(QDialog):
    """A list on the left, the card of the selected model on the right.

    Signals:
        model_chosen(Path): The user wants this refiner from now on.
    """

    model_chosen = Signal(object)

    def __init__(self, current: Path, parent: QWidget | None = None) -> None:
        """Show all models; `current` is the refiner in use."""
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.resize(960, 520)
        self._current = current
        self._models: list[Model] = []
        self.table = Table(tuple(map(tr, COLUMNS)), _NUMBERS)
        self.table.currentItemChanged.connect(self._update)
        self.table.itemDoubleClicked.connect(self._use)
        self.card = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText, alignment=Qt.AlignmentFlag.AlignTop)
        self.card.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        frame = made(QFrame, objectName="panel")
        frame.setFixedWidth(_CARD_WIDTH)
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(14, 12, 2, 12)
        scroll = made(QScrollArea, widgetResizable=True, frameShape=QFrame.Shape.NoFrame)  # a card may be long
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.card)
        inner.addWidget(scroll)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.table, 1)
        middle.addWidget(frame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(middle, 1)
        note = tr("Depth error on each model's own validation pairs: compare models by training or evaluate, not here.")
        self.message = made(QLabel, note, objectName="caption", wordWrap=True)
        layout.addWidget(self.message)
        layout.addLayout(self._create_buttons())
        self.refresh()

    @property
    def selected(self) -> Model | None:
        """The model under the cursor."""
        item = self.table.currentItem()
        row = -1 if item is None else self.table.indexOfTopLevelItem(item)
        return self._models[row] if row >= 0 else None

    def refresh(self) -> None:
        """Look again for models; the one in use is selected."""
        self._models = list_models(self._current)
        self.table.clear()
        for model in self._models:
            raw, refined = model.validation_mm
            is_current = model.path == self._current
            name = tr("{name}  ·  in use", name=model.card.name) if is_current else model.card.name
            cells = [
                name,
                model.created,
                fill("{:,}", model.n_pairs) if model.n_pairs else "–",
                fill("{:.1f} mm", raw) if math.isfinite(raw) else "–",
                fill("{:.1f} mm", refined) if math.isfinite(refined) else "–",
                model.card.pose_variant,
            ]
            item = self.table.add_row(cells, str(model.path))
            if is_current:
                font = item.font(0)
                font.setBold(True)
                item.setFont(0, font)
                self.table.setCurrentItem(item)
        self._update()

    def _create_buttons(self) -> QHBoxLayout:
        self.import_button = QPushButton(tr("Add from file…"), autoDefault=False)
        self.folder_button = QPushButton(tr("Open folder"), autoDefault=False)
        self.remove_button = QPushButton(tr("Remove…"), autoDefault=False)
        self.use_button = QPushButton(tr("Use this model"), default=True)
        close = QPushButton(tr("Close"), autoDefault=False)
        self.import_button.clicked.connect(self._import)
        self.folder_button.clicked.connect(self._open_folder)
        self.remove_button.clicked.connect(self._remove)
        self.use_button.clicked.connect(self._use)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        for button in (self.import_button, self.folder_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.use_button)
        row.addWidget(close)
        return row

    def _use(self) -> None:
        if self.selected is not None and self.use_button.isEnabled():
            self._current = self.selected.path
            self.model_chosen.emit(self._current)
            self.refresh()

    def _import(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Add a model"), str(Path.home()), tr("Refiners (*.onnx)"))
        if not path:
            return
        try:
            import_model(Path(path))
        except NdrError as error:
            QMessageBox.warning(self, tr("Add a model"), str(error))
        self.refresh()

    def _remove(self) -> None:
        model = self.selected
        if model is None:
            return
        question = tr("Delete the model {name}?", name=model.card.name)
        if QMessageBox.question(self, tr("Remove model"), question) != QMessageBox.StandardButton.Yes:
            return
        try:
            remove_model(model)
        except NdrError as error:
            QMessageBox.warning(self, tr("Remove model"), str(error))
        self.refresh()

    def _open_folder(self) -> None:
        if self.selected is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.selected.path.parent)))

    def _update(self) -> None:
        model = self.selected
        self.card.setText(card_text(model) if model is not None else "")
        is_current = model is not None and model.path == self._current
        self.use_button.setEnabled(model is not None and not is_current)
        self.remove_button.setEnabled(model is not None and not is_current and not model.is_shipped)
        self.folder_button.setEnabled(model is not None)
