"""Asks which camera to use, and how large and how often its pictures should be."""

from typing import Final

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFormLayout, QLabel, QPushButton, QWidget

from app.language import tr
from app.task import Task
from app.widgets.buttons import foot
from app.widgets.made import made
from core.sources import CameraSpec, camera_names, find_cameras

SIZES: Final = ((0, 0), (640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160))
RATES: Final = (0, 15, 24, 25, 30, 50, 60)
_GROUP: Final = "camera"
_UNNAMED: Final = 4


class CameraDialog(QDialog):
    """`spec` and `is_mirrored` hold the answer once it is accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Open a camera"))
        settings = QSettings()
        self.camera, self.resolution, self.rate = QComboBox(), QComboBox(), QComboBox()
        self.camera.setMinimumWidth(320)
        buttons, self.ok = foot(self, tr("Open"), self.accept)
        names = camera_names()
        self._show_cameras(names or {i: "" for i in range(_UNNAMED)})
        self._search = QPushButton(tr("Look for cameras"), autoDefault=False)
        self._search.setToolTip(tr("Tries one after the other; takes a few seconds, and their lights may go on"))
        self._search.clicked.connect(self._find)
        self._search.setVisible(not names)
        for width, height in SIZES:
            self.resolution.addItem(f"{width} × {height}" if width else tr("as the camera prefers"), (width, height))
        for rate in RATES:
            self.rate.addItem(tr("{rate} fps", rate=rate) if rate else tr("as the camera prefers"), rate)
        self.resolution.setCurrentIndex(int(str(settings.value(f"{_GROUP}/size", 0))) % len(SIZES))
        self.rate.setCurrentIndex(int(str(settings.value(f"{_GROUP}/rate", 0))) % len(RATES))
        self.mirror = QCheckBox(tr("Show it as a mirror does"))
        self.mirror.setToolTip(tr("Only on the screen: in the data left stays left"))
        self.mirror.setChecked(str(settings.value(f"{_GROUP}/mirror", "true")) == "true")
        note = made(
            QLabel, tr("A camera that does not know a size or rate takes the nearest it has."), objectName="caption"
        )
        note.setWordWrap(True)
        form = QFormLayout(self)
        form.setContentsMargins(16, 16, 16, 12)
        form.setVerticalSpacing(10)
        form.addRow(tr("Camera"), self.camera)
        form.addRow("", self._search)
        form.addRow(tr("Picture size"), self.resolution)
        form.addRow(tr("Frame rate"), self.rate)
        form.addRow("", self.mirror)
        form.addRow(note)
        form.addRow(buttons)
        self._task: Task | None = None

    @property
    def spec(self) -> CameraSpec:
        """The camera that was chosen."""
        size, rate = self.resolution.currentData(), self.rate.currentData()
        return CameraSpec(int(self.camera.currentData() or 0), tuple(size) if size[0] else None, rate or None)

    @property
    def is_mirrored(self) -> bool:
        """Whether its picture is to be shown mirrored."""
        return self.mirror.isChecked()

    def accept(self) -> None:
        """Remember the answer for the next time."""
        settings = QSettings()
        settings.setValue(f"{_GROUP}/size", self.resolution.currentIndex())
        settings.setValue(f"{_GROUP}/rate", self.rate.currentIndex())
        settings.setValue(f"{_GROUP}/mirror", "true" if self.is_mirrored else "false")
        super().accept()

    def done(self, result: int) -> None:
        """Take no more interest in a search that still goes on."""
        if self._task is not None:
            self._task.abandon()
            self._task = None
        super().done(result)

    def _find(self) -> None:
        self._search.setEnabled(False)
        self._search.setText(tr("Looking…"))
        self._task = Task(lambda: find_cameras(), name="looking for cameras")
        self._task.finished.connect(self._on_found)
        self._task.start()

    def _on_found(self, task: Task) -> None:
        self._task = None
        self._search.setText(tr("{n} found", n=len(task.result or [])))
        self._search.setEnabled(True)  # one may be plugged in now
        self._show_cameras(dict.fromkeys(task.result or [], ""))

    def _show_cameras(self, names: dict[int, str]) -> None:
        self.camera.clear()
        self.camera.setEnabled(bool(names))
        self.ok.setEnabled(bool(names))
        if not names:
            self.camera.setPlaceholderText(tr("No camera was found"))
        for index, name in names.items():
            self.camera.addItem(
                tr("{name}   (camera {index})", name=name, index=index) if name else tr("Camera {index}", index=index),
                index,
            )
        self.camera.setCurrentIndex(0 if names else -1)  # not by itself after a placeholder
