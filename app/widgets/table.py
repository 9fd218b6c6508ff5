"""A plain table of rows: what the dialogs list data sets and models in."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget


class Table(QTreeWidget):
    """The first column stretches, the others are as wide as they need to be; numbers stand on the right."""

    def __init__(self, headings: tuple[str, ...], numbers: tuple[int, ...], parent: QWidget | None = None) -> None:
        """Make an empty table; `numbers` are the columns that hold numbers."""
        super().__init__(parent)
        self._numbers = numbers
        self.setHeaderLabels(headings)
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setStyleSheet("QTreeView::item { padding: 4px 6px; } QHeaderView::section { padding: 4px 6px; }")
        header = self.header()
        header.setStretchLastSection(False)
        for column in range(len(headings)):
            mode = QHeaderView.ResizeMode.Stretch if column == 0 else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
        for column in numbers:
            self.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def add_row(self, cells: list[str], tip: str = "") -> QTreeWidgetItem:
        """Append a row and return it."""
        item = QTreeWidgetItem(cells)
        item.setToolTip(0, tip)
        for column in self._numbers:
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addTopLevelItem(item)
        return item

    @property
    def rows(self) -> list[QTreeWidgetItem]:
        """All rows, from the top."""
        items = (self.topLevelItem(number) for number in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]
