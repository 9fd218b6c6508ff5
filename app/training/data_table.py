"""The data sets to train on, as a table to tick: frames in each split, and what a check found."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.language import fill, tr
from app.task import Task
from app.training.data_sets import DataSet, count, known_paths
from app.widgets.table import Table

COLUMNS: Final = ("Data set", "Training", "Validation", "Test", "Check")
_SPLITS: Final = ("train", "val", "test")
_CHECK: Final = len(COLUMNS) - 1


class DataTable(Table):
    """Counts in a thread, since thousands of files may have to be looked into.

    Signals:
        chosen_changed: Other data sets are ticked, or their counts are known now.
    """

    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tuple(map(tr, COLUMNS)), tuple(range(1, _CHECK)), parent)
        self._data: dict[Path, DataSet] = {}
        self._counting: Task | None = None
        self.itemChanged.connect(lambda _item, column: self.chosen_changed.emit() if column == 0 else None)

    @property
    def chosen(self) -> tuple[DataSet, ...]:
        """The data sets that are ticked, as far as they are counted."""
        return tuple(self._data[path] for path in self._paths(only_ticked=True) if path in self._data)

    @property
    def refused(self) -> DataSet | None:
        """The first data set, where none can be ticked; None where one can, or none is counted."""
        data_sets = list(self._data.values())
        return None if any(data_set.can_train for data_set in data_sets) else next(iter(data_sets), None)

    @property
    def current(self) -> Path | None:
        """The data set under the cursor, or the only one ticked."""
        item = self.currentItem()
        if item is not None:
            return Path(item.data(0, Qt.ItemDataRole.UserRole))
        return next(iter(self._paths(only_ticked=True)), None)

    def data_set(self, path: Path) -> DataSet | None:
        """What is known about a data set."""
        return self._data.get(path)

    def refresh(self, tick: Path | None = None) -> None:
        """Look again for data sets; tick one more."""
        ticked = set(self._paths(only_ticked=True)) | ({tick} if tick is not None else set())
        paths = known_paths()
        paths += [path for path in ticked if path not in paths]
        checked = {Path(item.data(0, Qt.ItemDataRole.UserRole)): item.text(_CHECK) for item in self.rows}
        self.clear()
        for path in paths:
            item = self.add_row([path.name, "…", "…", "…", checked.get(path, "")], str(path))
            item.setData(0, Qt.ItemDataRole.UserRole, str(path))
            item.setCheckState(0, Qt.CheckState.Checked if path in ticked else Qt.CheckState.Unchecked)
        self._count(paths)

    def show_check(self, path: Path, text: str, details: str = "") -> None:
        """Show what a check found."""
        for item in self.rows:
            if Path(item.data(0, Qt.ItemDataRole.UserRole)) == path:
                item.setText(_CHECK, text)
                item.setToolTip(_CHECK, details)

    def shut(self) -> None:
        """Wait for the counting: the window closes."""
        if self._counting is not None:
            self._counting.abandon()
            self._counting.wait()
            self._counting = None

    def _count(self, paths: list[Path]) -> None:
        self.shut()
        self._counting = Task(lambda: [count(path) for path in paths], name="counting")
        self._counting.finished.connect(self._on_counted)
        self._counting.start()

    def _on_counted(self, task: Task) -> None:
        if task is not self._counting:
            return
        self._counting = None
        self._data = {data_set.path: data_set for data_set in task.result or []}
        is_first = not self._paths(only_ticked=True)
        self.blockSignals(True)
        for item in self.rows:
            data_set = self._data.get(Path(item.data(0, Qt.ItemDataRole.UserRole)))
            if data_set is None:
                continue
            for column, split in enumerate(_SPLITS, 1):
                is_both = data_set.path.is_file() and split != "test"  # trained on and validated with
                n = data_set.n_frames.get("" if is_both else split, 0)
                item.setText(column, fill("{:,}", n) if data_set.n_files else "–")
            item.setDisabled(not data_set.can_train)
            if data_set.trouble:
                item.setToolTip(0, f"{data_set.path}\n{data_set.trouble}")
                item.setCheckState(0, Qt.CheckState.Unchecked)
            elif is_first:
                item.setCheckState(0, Qt.CheckState.Checked)
                is_first = False
        self.blockSignals(False)
        self.chosen_changed.emit()

    def _paths(self, *, only_ticked: bool) -> list[Path]:
        return [
            Path(item.data(0, Qt.ItemDataRole.UserRole))
            for item in self.rows
            if not only_ticked or item.checkState(0) == Qt.CheckState.Checked
        ]
