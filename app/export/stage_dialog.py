"""Asks how the stage is to be filmed, and films it."""

import threading
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QFormLayout, QLabel, QProgressBar, QWidget

from app.export.stage_video import PATHS, SIZES, StageFilm, film_stage
from app.language import tr
from app.task import Task
from app.widgets.buttons import foot
from app.widgets.made import made

_GROUP: Final = "stage_video"
_SHOW_MS: Final = 100


class StageVideoDialog(QDialog):
    """Stays until the video is written, or was cancelled, which leaves nothing.

    Attributes:
        camera_path: How the camera moves.
        picture: How large it is.
        saved: The video once it is there.
    """

    def __init__(self, film: StageFilm, range_s: tuple[float, float | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Video of the stage"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._film, self._range_s = film, range_s
        self._task: Task | None = None
        self._share, self._is_cancelled = 0.0, threading.Event()
        self.saved: Path | None = None
        self.camera_path, self.picture = QComboBox(), QComboBox()
        for name, text in PATHS.items():
            self.camera_path.addItem(tr(text), name)
        for width, height in SIZES:
            self.picture.addItem(f"{width} × {height}", (width, height))
        settings = QSettings()
        self.camera_path.setCurrentIndex(
            max(self.camera_path.findData(str(settings.value(f"{_GROUP}/path", "turntable"))), 0)
        )
        self.picture.setCurrentIndex(int(str(settings.value(f"{_GROUP}/size", 0))) % len(SIZES))
        self.bar = QProgressBar(maximum=1000)
        self.bar.setVisible(False)
        self.words = made(QLabel, "", objectName="caption", wordWrap=True)
        buttons, self.ok = foot(self, tr("Save…"), self._ask)
        form = QFormLayout(self)
        form.setContentsMargins(16, 16, 16, 12)
        form.setVerticalSpacing(10)
        form.addRow(tr("Camera"), self.camera_path)
        form.addRow(tr("Picture size"), self.picture)
        form.addRow(
            made(QLabel, tr("Between the in and the out point, as the 3D view shows it."), objectName="caption")
        )
        form.addRow(self.bar)
        form.addRow(self.words)
        form.addRow(buttons)
        self._timer = made(QTimer, self, interval=_SHOW_MS, timeout=self._show)

    def save_to(self, target: Path) -> None:
        """Film it into a file."""
        settings = QSettings()
        settings.setValue(f"{_GROUP}/path", self.camera_path.currentData())
        settings.setValue(f"{_GROUP}/size", self.picture.currentIndex())
        size, path = tuple(self.picture.currentData()), str(self.camera_path.currentData())
        self._share = 0.0
        self._is_cancelled.clear()
        for widget in (self.camera_path, self.picture, self.ok):
            widget.setEnabled(False)
        self.bar.setVisible(True)
        self._timer.start()
        film, range_s, cancelled = self._film, self._range_s, self._is_cancelled
        self._task = Task(
            lambda: film_stage(film, target, path, (size[0], size[1]), range_s, self._take_share, cancelled),
            name="filming the stage",
        )
        self._task.finished.connect(self._on_finished)
        self._task.start()

    def done(self, result: int) -> None:
        """Stop what goes on; of a video that is not finished nothing is left."""
        if self._task is not None:
            self._is_cancelled.set()
            self._task.abandon()
            self._task.wait()
            self._task = None
        self._timer.stop()
        super().done(result)

    def _ask(self) -> None:
        proposed = self._film.source.with_name(f"{self._film.source.stem}_stage.mp4")
        path, _ = QFileDialog.getSaveFileName(self, tr("Save the video"), str(proposed), "MP4 (*.mp4)")
        if path:
            self.save_to(Path(path).with_suffix(".mp4"))

    def _take_share(self, share: float) -> None:
        self._share = share  # in the thread that films; shown by the timer

    def _show(self) -> None:
        self.bar.setValue(round(1000 * self._share))

    def _on_finished(self, task: Task) -> None:
        self._task = None
        self._timer.stop()
        self.bar.setVisible(False)
        for widget in (self.camera_path, self.picture, self.ok):
            widget.setEnabled(True)
        if task.error:
            self.words.setText(task.error)
        else:
            self.saved = task.result
            self.words.setText(tr("Saved as {path}.", path=task.result))
