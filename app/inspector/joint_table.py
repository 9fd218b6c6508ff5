"""The errors of each joint in the frame that is shown."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.inspector.stream import InspectedStream
from app.language import fill, tr
from core.pose.skeleton import COCO_NAMES

COLUMNS = ("joint", "error", "refined", "depth", "refined", "visible")
_OF_REFINED = (2, 4)


class JointTable(QTableWidget):
    """A row per joint: distance from the truth, depth error with its sign (mm), each beside the refined, visibility."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(len(COCO_NAMES), len(COLUMNS), parent)
        self.setHorizontalHeaderLabels([tr(column) for column in COLUMNS])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(48)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        for row, name in enumerate(COCO_NAMES):
            self.setItem(row, 0, QTableWidgetItem(name.replace("_", " ")))
            for column in range(1, len(COLUMNS)):
                item = QTableWidgetItem("-")
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)

    def show_joints(self, stream: InspectedStream, frame: int) -> None:
        """Show the errors and visibilities of a frame."""
        columns = (
            (stream.joint_error_mm, "{:.0f}"), (stream.joint_refined_error_mm, "{:.0f}"),
            (stream.joint_depth_mm, "{:+.0f}"), (stream.joint_refined_depth_mm, "{:+.0f}"),
            (stream.pairs.visibility, "{:.2f}"),
        )  # fmt: skip
        for column in _OF_REFINED:
            self.setColumnHidden(column, stream.refined is None)
        self.setColumnHidden(len(COLUMNS) - 1, stream.refined is not None)  # there is no room for all
        for column, (values, form) in enumerate(columns, 1):
            for row in range(len(COCO_NAMES)):
                cell = self.item(row, column)
                assert cell is not None  # noqa: S101 made with the table
                cell.setText(_text(values[frame, row], form))


def _text(value: float, form: str) -> str:
    return fill(form, value) if np.isfinite(value) else "-"
