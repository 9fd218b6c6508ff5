"""The analysis of the open take: what was corrected is kept with it, tables are saved."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.analysis.measures_view import MeasuresView
from app.language import tr
from app.session.session import Session
from core.errors import NdrError
from core.exporters.cycles import write_table


class AnalysisController(QObject):
    """Joins the view with the session."""

    def __init__(self, session: Session, view: MeasuresView, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._view, self._window = session, view, window
        view.cycles_changed.connect(self._keep)
        view.table_wanted.connect(self.ask_table)
        session.started.connect(self._show)

    def ask_table(self) -> None:
        """Ask where the table of repetitions goes, and save it."""
        file = self._session.file
        suggested = str(file.with_name(f"{file.stem}_cycles.csv")) if file else "cycles.csv"
        path, _ = QFileDialog.getSaveFileName(self._window, tr("Save table…"), suggested, "CSV (*.csv)")
        if path:
            self.save_table(Path(path))

    def save_table(self, path: Path) -> None:
        """Save the table of repetitions as it is shown."""
        try:
            write_table(self._view.series, self._view.cycles, path)
        except NdrError as error:
            self._session.failed.emit(str(error))
        else:
            self._session.noted.emit(tr("Saved {path}.", path=path))

    def _keep(self) -> None:
        opened, cycles = self._session.open_take, self._view.cycles
        if opened is not None:
            opened.change(cycles=cycles if cycles is not None and cycles.by_hand else None)

    def _show(self) -> None:
        opened = self._session.open_take
        self._view.set_cycles(None if opened is None else opened.take.cycles)
