"""Asks for footage whose cameras are known, to make pairs of it."""

import os
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.jobs.job import Job, JobKind
from app.jobs.step import Command
from app.language import tr
from app.training.data_sets import default_folder
from app.widgets.buttons import foot
from app.widgets.made import made
from app.widgets.path_row import PathRow

_MULTIVIEW, _AIST = "multiview", "aist"
KINDS: Final = {_MULTIVIEW: "Several calibrated cameras", _AIST: "AIST++ dance videos"}
ABOUT: Final = {
    _MULTIVIEW: "Synchronised videos and a calibration (Qualisys, Pose2Sim, Caliscope, anipose, OpenCV, AIST++). The "
    "truth is triangulated, or read from a C3D or TRC file. A video belongs to the camera whose name is in its file "
    "name.",
    _AIST: "The videos, and the folder of the annotations with cameras, keypoints3d and splits as published. It can be "
    "stopped and continued.",
}
_SPLITS: Final = {_MULTIVIEW: ("train", "val", "test"), _AIST: ("all", "pose_train", "pose_val", "pose_test")}


class ConvertDialog(QDialog):
    """`job` is the answer once it is accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Convert footage"))
        self.setMinimumWidth(580)
        self.kind = QComboBox()
        for kind, text in KINDS.items():
            self.kind.addItem(tr(text), kind)
        self._about = made(QLabel, wordWrap=True, objectName="caption")
        self._about.setMinimumHeight(3 * self._about.fontMetrics().lineSpacing())
        self.videos = PathRow(tr("Folder of videos"), setting="convert_videos")
        self.calibration = PathRow(tr("Calibration"), setting="convert_calibration", is_file=True)
        self.truth = PathRow(tr("Truth"), setting="convert_truth", is_file=True, hint=tr("none: triangulate"))
        self.annotations = PathRow(tr("Folder of annotations"), setting="convert_annotations")
        self.split = QComboBox()
        self.workers = QSpinBox(minimum=1, maximum=max(1, os.cpu_count() or 1), value=1)
        self.name = QLineEdit("footage")
        self._form = QFormLayout()
        self._form.setVerticalSpacing(10)
        for label, widget in (
            (tr("Kind"), self.kind), (tr("Videos"), self.videos), (tr("Calibration"), self.calibration),
            (tr("Truth"), self.truth),
            (tr("Annotations"), self.annotations), (tr("Split"), self.split), (tr("Processes"), self.workers),
            (tr("Name of the data set"), self.name),
        ):  # fmt: skip
            self._form.addRow(label, widget)
        self._form.insertRow(1, self._about)
        self.hint = made(QLabel, objectName="caption", wordWrap=True)
        buttons, self.ok = foot(self, tr("Convert"), self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 12)
        layout.setSpacing(12)
        layout.addLayout(self._form)
        layout.addWidget(self.hint)
        layout.addWidget(buttons)
        for row in (self.videos, self.calibration, self.truth, self.annotations):
            row.edit.textChanged.connect(self._update)
        self.name.textChanged.connect(self._update)
        self.kind.currentIndexChanged.connect(self._choose_kind)
        self._choose_kind()

    @property
    def folder(self) -> Path:
        """Where the pairs go."""
        return default_folder() / self.name.text().strip()

    @property
    def job(self) -> Job:
        """The work that was asked for."""
        is_multiview = self.kind.currentData() == _MULTIVIEW
        for row in self._rows():
            row.remember()
        source = ["--calibration", self.calibration.path] if is_multiview else ["--annotations", self.annotations.path]
        truth = ["--truth", self.truth.path] if is_multiview and self.truth.path else []
        arguments = [
            "convert", self.kind.currentData(), "--videos", self.videos.path, *source, *truth, "-o", self.folder,
            "--split", self.split.currentText(), "--workers", self.workers.value(), "--json-progress",
        ]  # fmt: skip
        step = Command(tr("The conversion"), tuple(map(str, arguments)))
        success = tr("The data set {name} is ready.", name=self.folder.name)
        title = tr("Conversion: {name}", name=self.folder.name)
        return Job(JobKind.CONVERSION, title, [step], folder=self.folder, success=success)

    def _rows(self) -> list[PathRow]:
        if self.kind.currentData() == _MULTIVIEW:
            return [self.videos, self.calibration, self.truth]
        return [self.videos, self.annotations]

    def _choose_kind(self) -> None:
        kind = self.kind.currentData()
        self._about.setText(tr(ABOUT[kind]))
        for row in (self.calibration, self.truth, self.annotations):
            self._form.setRowVisible(row, row in self._rows())
        self.split.clear()
        self.split.addItems(_SPLITS[kind])
        self._update()

    def _update(self) -> None:
        name = self.name.text().strip()
        trouble = next((row.trouble for row in self._rows() if row.trouble), "")
        if any(row.path is None for row in self._rows() if row is not self.truth):
            trouble = tr("Choose the videos and what is known about the cameras.")
        elif not trouble and (not name or Path(name).name != name):
            trouble = tr("Give the data set a name that can be a folder's.")
        self.hint.setText(trouble)
        self.ok.setEnabled(not trouble)
