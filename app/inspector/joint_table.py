"""The errors of each joint in the frame that is shown."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.skeleton import COCO_NAMES
from core.types import FloatArray

_COLUMNS = ("joint", "error", "depth", "visible")


class JointTable(QTableWidget):
    """A row per joint: distance from the truth, depth error with its sign (mm), visibility."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(len(COCO_NAMES), len(_COLUMNS), parent)
        self.setHorizontalHeaderLabels(_COLUMNS)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        for row, name in enumerate(COCO_NAMES):
            self.setItem(row, 0, QTableWidgetItem(name.replace("_", " ")))
            for column in range(1, len(_COLUMNS)):
                item = QTableWidgetItem("-")
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)

    def show_joints(self, error_mm: FloatArray, depth_mm: FloatArray, visibility: FloatArray) -> None:
        """Show (17,) errors and visibilities."""
        for row in range(len(COCO_NAMES)):
            texts = (_text(error_mm[row], "{:.0f}"), _text(depth_mm[row], "{:+.0f}"), _text(visibility[row], "{:.2f}"))
            for column, text in enumerate(texts, 1):
                self.item(row, column).setText(text)


def _text(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "-"
