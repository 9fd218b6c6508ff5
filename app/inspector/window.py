"""The inspector's window."""

from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.inspector.error_plot import ErrorPlot
from app.inspector.footage import FrameFetcher
from app.inspector.image_view import LEFT, RIGHT, TRUTH, ImageView
from app.inspector.joint_table import JointTable
from app.inspector.stream import InspectedStream, refined_joints
from app.language import fill, tr
from app.stage.skeleton_view import SkeletonView
from app.task import Task
from app.theme import theme_of
from app.widgets.banner import Banner
from app.widgets.made import made
from app.widgets.panel import Panel
from core.errors import DataError, SourceError
from core.pose.types import FloatArray
from core.sequence.pairs import pair_splits
from core.system.files.names import for_title
from core.system.files.program import DEFAULT_REFINER

_PLAY_MS: Final = 40
_JUMP: Final = 10
_PATIENCE_S: Final = 0.5
_SIDE_PX: Final = 370
"""Room for the joint table with the refined columns."""


class InspectorWindow(QWidget):
    """Pairs frame by frame: MediaPipe against the truth in 3D, the image plane beside it, errors below.

    Left and right go to the next frame, with Shift by ten, Space plays, W goes to the next worst frame, Page Up and
    Page Down to the next file, R puts what a refiner makes of the pose beside both.

    Attributes:
        refiner: The model that is asked.
        stream: The file that is shown, None without one.
        row: The row that is shown.
        panels: The views "3d", "2d" and "plot" in their frames.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Pairs"))
        self.setMinimumSize(940, 560)
        self.stream: InspectedStream | None = None
        self.refiner = DEFAULT_REFINER
        self.row = 0
        self._refining: Task | None = None
        self._nth_worst = -1
        self._footage: FrameFetcher | None = None
        self._timer = QTimer(self, interval=_PLAY_MS)
        self._timer.timeout.connect(self._advance)
        self._create_views()
        self._create_shortcuts()
        self.resize(1240, 760)

    def open(self, path: Path) -> None:
        """Show a pair file, or the files of a data set folder."""
        self.banner.hide()
        try:
            listed = pair_splits(path)
            if not listed:
                raise DataError(f"{path} holds no pair files.")
        except DataError as error:
            self.banner.show_error(str(error))
            return
        self.files.clear()
        for file, split in listed.items():
            item = QListWidgetItem(f"{file.name}   {split}" if split else file.name)
            item.setData(Qt.ItemDataRole.UserRole, file)
            self.files.addItem(item)
        self.setWindowTitle(tr("{name} - pairs", name=for_title(path.name)))
        self.files.setCurrentRow(0)

    def ask_folder(self) -> None:
        """Ask for a data set folder and open it."""
        folder = QFileDialog.getExistingDirectory(self, tr("Open a folder of pairs"))
        if folder:
            self.open(Path(folder))

    def ask_file(self) -> None:
        """Ask for a pair file and open it."""
        path, _ = QFileDialog.getOpenFileName(self, tr("Open a pair file"), "", tr("Pairs (*.npz)"))
        if path:
            self.open(Path(path))

    def ask_video(self) -> None:
        """Ask for the video of the file and put its pictures beneath the joints."""
        path, _ = QFileDialog.getOpenFileName(self, tr("Open the video of this file"))
        if path:
            self.show_video(Path(path))

    def show_video(self, path: Path) -> None:
        """Put the pictures of a video beneath the joints of the file that is shown."""
        self._close_footage()
        try:
            self._footage = FrameFetcher(path, self)
        except SourceError as error:
            self.banner.show_error(str(error))
            return
        self._footage.fetched.connect(lambda _, image: self.image.show_image(image))
        self._footage.failed.connect(self.banner.show_error)
        self.show_row(self.row)

    def show_file(self, path: Path) -> None:
        """Show the first frame of a pair file."""
        self.play(False)
        self._close_footage()
        try:
            self.stream = InspectedStream.load(path)
        except DataError as error:
            self.stream = None
            self._clear()
            self.banner.show_error(str(error))
            return
        self._nth_worst = -1
        self.slider.setRange(0, max(len(self.stream) - 1, 0))
        self.plot.show_errors(self.stream.error_mm, self.stream.depth_mm)
        self.image.show_part(QRectF(*self.stream.person_px))
        self._say_about(self.stream)
        self.show_row(0)
        self._refine(self.refined_button.isChecked())

    def show_row(self, row: int) -> None:
        """Show a row of the file, the nearest if there is none of that number."""
        stream = self.stream
        if stream is None or not len(stream):
            self._clear()
            return
        self.row = row = int(np.clip(row, 0, len(stream) - 1))
        pairs = stream.pairs
        self.skeleton.show_scene(stream.scene(row))
        self.image.show_pose(pairs.pose_2d[row], stream.truth_px[row], pairs.visibility[row])
        if self._footage is not None:
            self._footage.want(int(pairs.frame_index[row]))
        self.joints.show_joints(stream, row)
        self.plot.set_row(row)
        self.slider.blockSignals(True)
        self.slider.setValue(row)
        self.slider.blockSignals(False)
        self._say_where(stream, row)

    def show_worst(self) -> None:
        """Go to the frame with the largest error, at the next call to the next one."""
        if self.stream is not None and len(self.stream.worst_first):
            self._nth_worst = (self._nth_worst + 1) % len(self.stream.worst_first)
            self.show_row(int(self.stream.worst_first[self._nth_worst]))

    def play(self, is_on: bool) -> None:
        """Run through the file, or stop."""
        self.play_button.setText(tr("Pause") if is_on else tr("Play"))
        if is_on and self.stream is not None:
            if self.row >= len(self.stream) - 1:
                self.show_row(0)
            self._timer.start()
        else:
            self._timer.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop playing and let go of the video."""
        self.play(False)
        self._close_footage()
        self._forget_refining()
        super().closeEvent(event)

    def _refine(self, is_on: bool) -> None:
        """Show what the refiner makes of the file as soon as that is known, or show it no longer."""
        self._forget_refining()
        stream, refiner = self.stream, self.refiner
        if stream is None:
            return
        if not is_on:
            self._show_refined(None)
            return
        self._refining = Task(lambda: refined_joints(stream.pairs, refiner), name="refining")
        self._refining.finished.connect(self._on_refined)
        self._refining.start()

    def _forget_refining(self) -> None:
        if self._refining is not None:
            self._refining.abandon()
            self._refining.wait(_PATIENCE_S)
            self._refining = None

    def _on_refined(self, task: Task) -> None:
        if task is not self._refining:
            return
        self._refining = None
        if task.error:
            self.refined_button.setChecked(False)
            self.banner.show_error(task.error)
        else:
            self._show_refined(task.result)

    def _show_refined(self, joints_m: FloatArray | None) -> None:
        if self.stream is not None:
            self.stream = self.stream.with_refined(joints_m)
            self.plot.show_refined(None if joints_m is None else self.stream.refined_error_mm)
            self._say_about(self.stream)
            self._show_legends()
            self.show_row(self.row)

    def _close_footage(self) -> None:
        if self._footage is not None:
            self._footage.close()
            self._footage.deleteLater()
            self._footage = None
        self.image.show_image(None)

    def _advance(self) -> None:
        if self.stream is None or self.row >= len(self.stream) - 1:
            self.play(False)
        else:
            self.show_row(self.row + 1)

    def _clear(self) -> None:
        self.skeleton.show_scene(None)
        self.image.clear()
        self.plot.show_errors(np.zeros(0), np.zeros(0))
        self.where.setText("")
        self.panels["plot"].set_value("")

    def _say_about(self, stream: InspectedStream) -> None:
        meta = stream.pairs.meta
        kind = [str(meta[key]) for key in ("dataset", "subject", "camera", "pose_variant") if meta.get(key)]
        known = stream.error_mm[np.isfinite(stream.error_mm)]
        mean = (
            tr("raw MPJPE {mean:.0f} mm over {known} frames with truth", mean=known.mean(), known=len(known))
            if len(known)
            else tr("no truth")
        )
        if stream.refined is not None and len(known):
            mean += tr(", refined {mean:.0f} mm", mean=np.nanmean(stream.refined_error_mm))
        self.about.setText("  ·  ".join([tr("{stream} frames", stream=len(stream)), mean, *kind]))

    def _say_where(self, stream: InspectedStream, row: int) -> None:
        pairs = stream.pairs
        self.where.setText(
            _joined(
                (pairs.frame_index[row], tr("frame {:.0f}")),
                (pairs.timestamp_s[row], "{:.2f} s"),
                (pairs.azimuth[row], tr("azimuth {:.0f}°")),
                (pairs.elevation[row], tr("elevation {:+.0f}°")),
            )
        )
        self.panels["plot"].set_value(
            _joined(
                (stream.error_mm[row], tr("distance {:.0f} mm")),
                (stream.depth_mm[row], tr("depth {:.0f} mm")),
                (stream.refined_error_mm[row], tr("refined {:.0f} mm")),
            )
            or tr("no truth here")
        )

    def _create_views(self) -> None:
        self.banner = Banner()
        self.files = QListWidget()
        self.files.currentItemChanged.connect(self._on_file)
        buttons = QHBoxLayout()
        for text, tip, ask in (
            (tr("Folder…"), tr("Open a data set folder"), self.ask_folder),
            (tr("File…"), tr("Open a pair file"), self.ask_file),
            (tr("Video…"), tr("Show the video beneath the joints of this file"), self.ask_video),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(ask)
            buttons.addWidget(button)
        self.joints = JointTable()
        side = QWidget()
        side.setMinimumWidth(_SIDE_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(buttons)
        column.addWidget(self.files, 2)
        column.addWidget(Panel(tr("Joints, mm"), self.joints), 3)

        self.skeleton, self.image, self.plot = SkeletonView(), ImageView(), ErrorPlot()
        self.plot.row_chosen.connect(self.show_row)
        self.panels = {
            "3d": Panel("3D", self.skeleton),
            "2d": Panel(tr("Image"), self.image),
            "plot": Panel(tr("Error"), self.plot),
        }
        views = _splitter(Qt.Orientation.Horizontal, [self.panels["3d"], self.panels["2d"]], (1, 1))
        rows = _splitter(Qt.Orientation.Vertical, [views, self.panels["plot"]], (7, 3))
        self.about, self.where = QLabel(tr("Open a folder or file of pairs.")), QLabel("")
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.about)
        layout.addWidget(rows, 1)
        layout.addLayout(self._create_transport())
        columns = _splitter(Qt.Orientation.Horizontal, [side, middle], (5, 10))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addWidget(self.banner)
        outer.addWidget(columns, 1)
        self._show_legends()

    def _create_transport(self) -> QHBoxLayout:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 0)
        self.slider.setMinimumWidth(120)
        self.slider.valueChanged.connect(self.show_row)
        self.play_button, worst = QPushButton(tr("Play")), QPushButton(tr("Next worst"))
        self.refined_button = made(QPushButton, tr("Refined"), checkable=True)
        self.refined_button.setToolTip(
            tr("What the refiner in use makes of the pose, beside MediaPipe and the truth (R)")
        )
        self.refined_button.toggled.connect(self._refine)
        self.play_button.clicked.connect(lambda: self.play(not self._timer.isActive()))
        worst.clicked.connect(self.show_worst)
        for button in (self.play_button, worst, self.refined_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QHBoxLayout()
        for widget, stretch in (
            (self.play_button, 0),
            (worst, 0),
            (self.refined_button, 0),
            (self.slider, 1),
            (self.where, 0),
        ):
            layout.addWidget(widget, stretch)
        return layout

    def _create_shortcuts(self) -> None:
        steps = {"Left": -1, "Right": 1, "Shift+Left": -_JUMP, "Shift+Right": _JUMP}
        for key, step in steps.items():
            QShortcut(QKeySequence(key), self, lambda s=step: self.show_row(self.row + s))
        QShortcut(QKeySequence("Space"), self, lambda: self.play(not self._timer.isActive()))
        QShortcut(QKeySequence("W"), self, self.show_worst)
        QShortcut(QKeySequence("R"), self, self.refined_button.toggle)
        QShortcut(QKeySequence("Home"), self, lambda: self.show_row(0))
        QShortcut(QKeySequence("PgDown"), self, lambda: self._move_file(1))
        QShortcut(QKeySequence("PgUp"), self, lambda: self._move_file(-1))

    def _move_file(self, step: int) -> None:
        self.files.setCurrentRow(int(np.clip(self.files.currentRow() + step, 0, max(self.files.count() - 1, 0))))

    def _on_file(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.banner.hide()
            self.show_file(item.data(Qt.ItemDataRole.UserRole))

    def _show_legends(self) -> None:
        theme = theme_of(self.palette())
        has_refined = self.stream is not None and self.stream.refined is not None
        left = tr("refined, left") if has_refined else tr("truth, left")
        right, truth = tr("right"), tr("truth")
        sides = ((left, theme.left), (right, theme.right))
        legends = {
            "3d": (*sides, ("MediaPipe", theme.raw), *(((truth, theme.truth),) if has_refined else ())),
            "2d": ((tr("MediaPipe, left"), LEFT), (right, RIGHT), (truth, TRUTH)),
            "plot": (
                (tr("distance"), theme.right),
                (tr("depth"), theme.left),
                *(((tr("refined"), theme.refined),) if has_refined else ()),
            ),
        }
        for name, entries in legends.items():
            text = " &nbsp; ".join(f'<span style="color:{colour}">&#9644;</span> {word}' for word, colour in entries)
            self.panels[name].set_note(text)


def _joined(*shown: tuple[float, str]) -> str:
    """Return the numbers that are known, each in its form."""
    return "  ·  ".join(fill(form, number) for number, form in shown if np.isfinite(number))


def _splitter(orientation: Qt.Orientation, widgets: list[QWidget], shares: tuple[int, ...]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(8)
    splitter.setChildrenCollapsible(False)
    for number, (widget, share) in enumerate(zip(widgets, shares, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(number, share)
    splitter.setSizes([share * 100 for share in shares])
    return splitter
