"""Asks for what the studio needs to make pairs: motion, how many frames, where to."""

import os
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import (
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

ABOUT: Final = (
    "The studio films rendered people who move as in motion-capture files, runs MediaPipe on the film and writes what "
    "it saw beside the truth. About ten frames a second and process; it can be stopped and continued."
)


class StudioDialog(QDialog):
    """`job` is the answer once it is accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Make data in the studio"))
        self.setMinimumWidth(560)
        self.motion = PathRow(tr("Folder of motion"), setting="motion_folder", hint=tr("BVH, ASF and AMC, NPZ"))
        self.name = QLineEdit(_new_name())
        self.frames = made(
            QSpinBox, minimum=100, maximum=10_000_000, singleStep=1000, value=20_000, groupSeparatorShown=True
        )
        self.workers = QSpinBox(minimum=1, maximum=max(1, os.cpu_count() or 1), value=1)
        self.seed = QSpinBox(minimum=0, maximum=2**31 - 1, value=1)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow(tr("Folder of motion"), self.motion)
        form.addRow(tr("Name of the data set"), self.name)
        form.addRow(tr("Frames"), self.frames)
        form.addRow(tr("Processes"), self.workers)
        form.addRow(tr("Seed"), self.seed)
        self.hint = made(QLabel, objectName="caption", wordWrap=True)
        buttons, self.ok = foot(self, tr("Make data"), self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 12)
        layout.setSpacing(12)
        layout.addWidget(made(QLabel, tr(ABOUT), wordWrap=True, objectName="caption"))
        layout.addLayout(form)
        layout.addWidget(self.hint)
        layout.addWidget(buttons)
        for edit in (self.motion.edit, self.name):
            edit.textChanged.connect(self._update)
        self._update()

    @property
    def folder(self) -> Path:
        """Where the pairs go."""
        return default_folder() / self.name.text().strip()

    @property
    def job(self) -> Job:
        """The work that was asked for."""
        self.motion.remember()
        return studio_job(
            self.motion.path or Path(),
            self.folder,
            n_frames=self.frames.value(),
            n_workers=self.workers.value(),
            seed=self.seed.value(),
        )

    def _update(self) -> None:
        name = self.name.text().strip()
        trouble = self.motion.trouble
        if self.motion.path is None:
            trouble = tr("Choose a folder with motion capture, for example from the CMU Graphics Lab.")
        elif not trouble and (not name or Path(name).name != name):
            trouble = tr("Give the data set a name that can be a folder's.")
        elif not trouble and (self.folder / "index.json").is_file():
            trouble = tr(
                "A data set {name} is there already: with the same motion and seed it is continued.", name=name
            )
        self.hint.setText(trouble)
        self.ok.setEnabled(not trouble or trouble.endswith("continued."))


def _new_name() -> str:
    """Return a name that no data set has yet."""
    names = ("studio", *(f"studio-{n}" for n in range(2, 1000)))
    return next(name for name in names if not (default_folder() / name).exists())


def studio_job(motion: Path, folder: Path, *, n_frames: int, n_workers: int, seed: int) -> Job:
    """Return a job that makes pairs; stopped, it is continued by the same one."""
    arguments = (
        "studio", "--motion", str(motion), "-o", str(folder), "--frames", str(n_frames), "--workers", str(n_workers),
        "--seed", str(seed), "--json-progress",
    )  # fmt: skip
    success = tr("The data set {name} is ready.", name=folder.name)
    return Job(
        JobKind.STUDIO,
        tr("Studio: {name}", name=folder.name),
        [Command(tr("The studio"), arguments)],
        folder=folder,
        success=success,
    )
