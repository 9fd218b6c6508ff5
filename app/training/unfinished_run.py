"""Offers to go on with a run that was paused, or that ended with the window or with a crash."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QPushButton, QWidget

from app.language import tr
from app.refiners.runs import Run


class UnfinishedRun(QFrame):
    """Hidden while there is no such run.

    Signals:
        resumed(Run): It shall go on.
        deleted(Run): It is no longer there.
    """

    resumed = Signal(object)
    deleted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._run: Run | None = None
        self.label = QLabel(wordWrap=True)
        self.resume_button = QPushButton(tr("Continue it"), autoDefault=False)
        self.delete_button = QPushButton(tr("Delete it…"), autoDefault=False)
        self.resume_button.clicked.connect(lambda: self.resumed.emit(self._run))
        self.delete_button.clicked.connect(self._delete)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.delete_button)
        layout.addWidget(self.resume_button)
        self.hide()

    def show_run(self, run: Run | None) -> None:
        """Offer a run, or nothing."""
        self._run = run
        self.setVisible(run is not None)
        if run is not None:
            best = min((row["val_depth_mm"] for row in run.history if "val_depth_mm" in row), default=None)
            reached = tr(", best depth error {best:.1f} mm", best=best) if best is not None else ""
            self.label.setText(
                tr(
                    "The training of {name} stopped after epoch {n_done} of {n_epochs}{reached}.",
                    name=run.name,
                    n_done=run.n_done,
                    n_epochs=run.n_epochs,
                    reached=reached,
                )
            )

    def _delete(self) -> None:
        if self._run is None:
            return
        question = tr("Delete the training run of {name} with its checkpoints?", name=self._run.name)
        if QMessageBox.question(self, tr("Delete run"), question) == QMessageBox.StandardButton.Yes:
            self._run.delete()
            self.deleted.emit(self._run)
            self.show_run(None)
