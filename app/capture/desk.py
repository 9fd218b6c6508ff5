"""The capture desk: cameras with their pictures, what a take is called, and the button that records it."""

import functools
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.capture.camera_dialog import CameraDialog
from app.capture.preview import PreviewGrid
from app.capture.setups import CameraChoice, delete_setup, load_setup, save_setup, setup_names
from app.capture.url_dialog import UrlDialog
from app.language import tr
from app.session.opening import Spec
from app.session.recording import LEAST_FREE_BYTES
from app.task import Task
from app.widgets.made import made
from core.errors import OutputError
from core.sources import Source, open_source
from core.take.recording.rig import CameraFeed, RigRecording, next_take

_TICK_MS: Final = 33
_GROUP: Final = "capture"
_LAST: Final = "last"
_MIB_PER_S: Final = 0.75
"""What a camera's video takes at 1280 × 720, roughly: for saying how long the disk lasts."""


class CaptureDesk(QWidget):
    """A page. Cameras are open while it is shown, and only then.

    Signals:
        recorded(object): A recording is finished, `core.take.recording.rig.Filmed`.
        failed(str): Something went wrong; one sentence.

    Attributes:
        folder: Returns where recordings go.
    """

    recorded = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        folder: Callable[[], Path],
        open_: Callable[[Spec], Source] = open_source,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder, self._open = folder, open_
        self.choices: list[CameraChoice] = load_setup(_LAST)
        self.feeds: list[CameraFeed] = []
        self.recording: RigRecording | None = None
        self._finishing: Task | None = None
        self._counting = 0
        self.preview = PreviewGrid()
        self._create_form()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self._side)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self._count_down)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.toggle, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._show_choices()

    @property
    def session_folder(self) -> Path:
        """Where the takes of the session go."""
        return self.folder() / file_name(self.session.text(), time.strftime("%Y-%m-%d"))

    @property
    def take_name(self) -> str:
        """What the next take is called: its name with a number that is free."""
        return next_take(self.session_folder, file_name(self.take.text(), "take"))

    @property
    def is_busy(self) -> bool:
        """Whether it counts down, records or finishes."""
        return bool(self._counting) or self.recording is not None or self._finishing is not None

    def add(self, choice: CameraChoice) -> None:
        """Add a camera to the set-up."""
        self.choices.append(choice)
        self._on_choices()

    def toggle(self) -> None:
        """Begin, with the countdown; stop what is recorded; or give the countdown up."""
        if self.recording is not None:
            self.stop()
        elif self._counting:
            self._counting = 0
            self._second.stop()
        elif self._finishing is None and self.feeds:
            self._remember()
            self._counting = self.countdown.value()
            if self._counting:
                self._second.start()
            else:
                self._begin()
        self._show_state()

    def stop(self) -> None:
        """Finish the recording, if there is one."""
        recording, self.recording = self.recording, None
        if recording is not None:
            self._finishing = Task(recording.stop, name="finishing the recording")
            self._finishing.finished.connect(self._on_finished)
            self._finishing.start()
        self._show_state()

    def close_cameras(self) -> None:
        """Keep what is recorded and let go of every camera: the window closes, or shows something else."""
        self._counting = 0
        self._second.stop()
        self._timer.stop()
        if self.recording is not None:
            self.stop()
        if self._finishing is not None:
            self._finishing.wait()
        feeds, self.feeds = self.feeds, []
        self.preview.show_feeds([])
        for feed in feeds:
            feed.close()

    def showEvent(self, event: QShowEvent) -> None:
        """Open the cameras."""
        super().showEvent(event)
        self._open_cameras()
        self._timer.start()
        self._show_state()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of the cameras: another page may want them."""
        super().hideEvent(event)
        self.close_cameras()

    def _create_form(self) -> None:
        settings = QSettings()
        self.setup = QComboBox()
        self.setup.setAccessibleName(tr("Set-up"))
        self.setup.activated.connect(self._on_setup)
        keep, forget = QPushButton(tr("Save…")), QPushButton(tr("Delete"))
        keep.clicked.connect(self._ask_setup_name)
        forget.clicked.connect(self._forget_setup)
        self.cameras = QListWidget()
        self.cameras.setAccessibleName(tr("Cameras"))
        self.cameras.setFixedHeight(92)
        self.cameras.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.cameras.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        add, address, self.remove = QPushButton(tr("Camera…")), QPushButton(tr("Address…")), QPushButton(tr("Remove"))
        add.clicked.connect(self._ask_camera)
        address.clicked.connect(self._ask_address)
        self.remove.clicked.connect(self._remove)
        self.session = QLineEdit(str(settings.value(f"{_GROUP}/session", "")), placeholderText=tr("today's date"))
        self.take = QLineEdit(str(settings.value(f"{_GROUP}/take", "take")))
        self.next = made(QLabel, "", objectName="caption", wordWrap=True)
        self.countdown = made(QSpinBox, suffix=tr(" s"), specialValueText=tr("none"))
        self.countdown.setRange(0, 60)
        self.countdown.setValue(int(str(settings.value(f"{_GROUP}/countdown", 3))))
        self.limit = made(QSpinBox, suffix=tr(" s"), specialValueText=tr("none"))
        self.limit.setRange(0, 3600)
        self.limit.setValue(int(str(settings.value(f"{_GROUP}/limit", 0))))
        self.disk = made(QLabel, "", objectName="caption", wordWrap=True)
        self.state = made(QLabel, "", objectName="value")
        self.button = QPushButton(tr("Record"))
        self.button.setMinimumHeight(40)
        self.button.setToolTip(tr("Record all cameras (Ctrl+Return)"))
        self.button.clicked.connect(self.toggle)
        for edit in (self.session, self.take):
            edit.textChanged.connect(self._show_name)
        form = QFormLayout()
        form.addRow(tr("Set-up"), self.setup)
        form.addRow("", _row(keep, forget))
        form.addRow(self.cameras)
        form.addRow(_row(add, address, self.remove))
        form.addRow(tr("Session"), self.session)
        form.addRow(tr("Take"), self.take)
        form.addRow("", self.next)
        form.addRow(tr("Countdown"), self.countdown)
        form.addRow(tr("Stop after"), self.limit)
        form.addRow(tr("Disk"), self.disk)
        inside = made(QWidget, objectName="clear")
        column = QVBoxLayout(inside)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self.state)
        column.addWidget(self.button)
        self._side = QScrollArea()
        self._side.setWidget(inside)
        self._side.setWidgetResizable(True)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side.setFixedWidth(330)

    def _tick(self) -> None:
        self.preview.tick()
        recording = self.recording
        if recording is None:
            self.button.setEnabled(self._counting > 0 or self._can_record())
            return
        passed = time.monotonic() - recording.started_at
        minutes, seconds = divmod(int(passed), 60)
        self.state.setText(tr("● REC {minutes}:{seconds:02d}", minutes=minutes, seconds=seconds))
        is_over = 0 < self.limit.value() <= passed or recording.free_bytes < LEAST_FREE_BYTES
        if is_over or all(feed.error for feed in self.feeds):
            self.stop()

    def _can_record(self) -> bool:
        are_there = all(feed.newest is not None and not feed.error for feed in self.feeds)
        return bool(self.feeds) and self._finishing is None and are_there

    def _count_down(self) -> None:
        self._counting -= 1
        if not self._counting:
            self._second.stop()
            self._begin()
        self._show_state()

    def _begin(self) -> None:
        try:
            folder = self.session_folder
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
                raise OutputError(f"The disk of {folder} is nearly full; free some space or choose another folder.")
            self.recording = RigRecording(self.feeds, folder, self.take_name)
        except OutputError as error:
            self.failed.emit(str(error))
        except OSError as error:
            self.failed.emit(f"Cannot make the folder {self.session_folder}: {error.strerror}; choose another.")

    def _on_finished(self, task: Task) -> None:
        self._finishing = None
        self._show_state()
        if task.error:
            self.failed.emit(task.error)
        else:
            self.recorded.emit(task.result)

    def _open_cameras(self) -> None:
        old, self.feeds = self.feeds, []
        for feed in old:
            feed.close()
        self.feeds = [CameraFeed(functools.partial(self._open, choice.spec)) for choice in self.choices]
        self.preview.show_feeds(
            [(feed, choice.is_mirrored) for feed, choice in zip(self.feeds, self.choices, strict=True)]
        )

    def _on_choices(self) -> None:
        save_setup(_LAST, self.choices)
        self._show_choices()
        if self.isVisible():
            self._open_cameras()

    def _show_choices(self) -> None:
        self.cameras.clear()
        self.cameras.addItems([f"{number}  {choice.words()}" for number, choice in enumerate(self.choices, 1)])
        self.setup.clear()
        self.setup.addItem(tr("as it is now"), "")
        for name in setup_names():
            if name != _LAST:
                self.setup.addItem(name, name)
        self._show_state()

    def _show_state(self) -> None:
        """Make every control agree with what goes on."""
        self.preview.countdown, self.preview.is_recording = self._counting, self.recording is not None
        self.preview.update()
        is_on = self.recording is not None or self._counting > 0
        text = tr("Stop") if self.recording is not None else tr("Cancel") if self._counting else tr("Record")
        self.button.setText(text)
        self.button.setEnabled(is_on or self._can_record())
        if self.recording is None:
            self.state.setText(tr("Saving…") if self._finishing is not None else "")
        for widget in (self.setup, self.cameras, self.remove, self.session, self.take, self.countdown, self.limit):
            widget.setEnabled(not self.is_busy)
        self._show_name()

    def _show_name(self) -> None:
        folder = self.session_folder
        self.next.setText(tr("next: {name} in {folder}", name=self.take_name, folder=folder))
        there = next((parent for parent in (folder, *folder.parents) if parent.is_dir()), None)
        if there is not None:
            free = shutil.disk_usage(there).free
            hours = free / (2**20 * _MIB_PER_S * max(len(self.choices), 1)) / 3600
            self.disk.setText(tr("{free:.0f} GB free, some {hours:.0f} hours", free=free / 1e9, hours=hours))

    def _ask_camera(self) -> None:
        dialog = CameraDialog(self)
        if dialog.exec():
            self.add(CameraChoice(dialog.spec, dialog.is_mirrored))

    def _ask_address(self) -> None:
        dialog = UrlDialog(self)
        if dialog.exec():
            self.add(CameraChoice(dialog.url))

    def _remove(self) -> None:
        row = self.cameras.currentRow()
        if 0 <= row < len(self.choices):
            del self.choices[row]
            self._on_choices()

    def _on_setup(self) -> None:
        name = str(self.setup.currentData())
        if name:
            self.choices = load_setup(name)
            self._on_choices()
            self.setup.setCurrentIndex(max(self.setup.findData(name), 0))

    def _ask_setup_name(self) -> None:
        before = str(self.setup.currentData() or "")
        name, is_given = QInputDialog.getText(self, tr("Save the set-up"), tr("Name"), text=before)
        if is_given and name.strip() and name.strip() != _LAST:
            save_setup(name.strip(), self.choices)
            self._show_choices()
            self.setup.setCurrentIndex(self.setup.findData(name.strip()))

    def _forget_setup(self) -> None:
        name = str(self.setup.currentData())
        if name:
            delete_setup(name)
            self._show_choices()

    def _remember(self) -> None:
        settings = QSettings()
        settings.setValue(f"{_GROUP}/session", self.session.text())
        settings.setValue(f"{_GROUP}/take", self.take.text())
        settings.setValue(f"{_GROUP}/countdown", self.countdown.value())
        settings.setValue(f"{_GROUP}/limit", self.limit.value())


def file_name(text: str, otherwise: str) -> str:
    """Return what was typed as the name of a file or folder: without what a file system takes for something else."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "-", text).strip(" .-")
    return name or otherwise


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
