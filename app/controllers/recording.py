"""Recording of cameras and streams from the window: begin, indicate, finish, and where it went."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QSettings, QStandardPaths, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.language import tr
from app.session.choices import Choices
from app.session.recorded_take import keep_recorded
from app.session.recording import LEAST_FREE_BYTES, Recording
from app.session.session import Session
from app.session.state import SessionState
from app.task import Task
from app.widgets.banner import Banner
from app.widgets.made import made
from core.errors import NdrError, OutputError
from core.take.recording.drafts import Recorded, Recovered, has_drafts, recover_all

_FOLDER_KEY: Final = "recording_folder"


class RecordingController(QObject):
    """One recording at a time; ends by itself when the source does or the disk is full. It becomes a take.

    Recordings that were cut off by the end of an earlier program become files when the window opens.
    """

    def __init__(self, session: Session, banner: Banner, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._banner, self._window = session, banner, window
        self._finishing: Task | None = None
        self._recovering: Task | None = None
        session.started.connect(self.stop)
        session.changed.connect(self._check)
        made(QTimer, self, singleShot=True, timeout=self._recover).start(0)

    @property
    def is_possible(self) -> bool:
        """Whether something live is open, and nothing is being finished."""
        source = self._session.source
        return source is not None and source.is_live and self._finishing is None

    @property
    def is_recording(self) -> bool:
        """Whether a recording goes on."""
        return self._session.recording_to is not None

    @property
    def folder(self) -> Path:
        """Where recordings go."""
        movies = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        return Path(str(QSettings().value(_FOLDER_KEY, Path(movies or Path.home()) / "Neural Depth Refinement")))

    def text(self) -> str:
        """Return what the status line says: time and room; "" when nothing is recorded."""
        recording = self._session.recording_to
        if recording is None:
            return ""
        minutes, seconds = divmod(int(time.monotonic() - recording.started_at), 60)
        left_out = (
            tr("  ·  {n_left_out} frames left out", n_left_out=recording.n_left_out) if recording.n_left_out else ""
        )
        return tr(
            "● REC {minutes}:{seconds:02d}  ·  {free_gb:.0f} GB free{left_out}",
            minutes=minutes,
            seconds=seconds,
            free_gb=recording.free_bytes / 1e9,
            left_out=left_out,
        )

    def toggle(self) -> None:
        """Begin, or finish what goes on."""
        if self.is_recording:
            self.stop()
        elif self.is_possible:
            self.start()

    def start(self) -> None:
        """Begin a recording of what is open."""
        source = self._session.source
        assert source is not None  # noqa: S101 the button is off while nothing is open
        try:
            self._session.recording_to = Recording(
                self.folder, time.strftime("recording-%Y%m%d-%H%M%S"), source.fps, self._session.meta()
            )
        except OutputError as error:
            self._banner.show_error(str(error))
        self._session.changed.emit()

    def stop(self) -> None:
        """Finish the recording, if there is one."""
        recording, self._session.recording_to = self._session.recording_to, None
        if recording is not None:
            self._finishing = self._finish(recording)
            self._finishing.finished.connect(self._on_finished)
            self._finishing.start()
            self._session.changed.emit()

    def check_disk(self) -> None:
        """Stop before the disk is full."""
        recording = self._session.recording_to
        if recording is not None and (recording.error or recording.free_bytes < LEAST_FREE_BYTES):
            self.stop()

    def ask_folder(self) -> None:
        """Ask where recordings go."""
        folder = QFileDialog.getExistingDirectory(self._window, tr("Record to"), str(self.folder))
        if folder:
            QSettings().setValue(_FOLDER_KEY, folder)

    def close(self) -> None:
        """The window closes: what is recorded is kept."""
        recording, self._session.recording_to = self._session.recording_to, None
        if recording is not None:
            self._finishing = self._finish(recording)
            self._finishing.start()
        for task in (self._finishing, self._recovering):
            if task is not None:
                task.wait()

    def _finish(self, recording: Recording) -> Task:
        keep = self._keeping(self._session.choices)

        def finish() -> Recorded:
            recorded = recording.stop()
            keep(recorded)
            return recorded

        return Task(finish, name="finishing the recording")

    def _keeping(self, choices: Choices) -> Callable[[Recorded], None]:
        """Return what makes a recording a take, in any thread."""
        takes, settings = self._session.takes, self._session.settings

        def keep(recorded: Recorded) -> None:
            if takes is not None:
                with contextlib.suppress(NdrError):  # its files are there all the same, and open like any other
                    keep_recorded(recorded, takes, settings, choices)

        return keep

    def _check(self) -> None:
        if self.is_recording and self._session.source is not None and self._session.state == SessionState.LOST:
            self.stop()

    def _recover(self) -> None:
        folder = self.folder
        if has_drafts(folder):
            keep = self._keeping(Choices())

            def recover() -> Recovered:
                recovered = recover_all(folder)
                for recorded in recovered.recordings:
                    keep(recorded)
                return recovered

            self._recovering = Task(recover, name="recovering recordings")
            self._recovering.finished.connect(self._on_recovered)
            self._recovering.start()

    def _on_recovered(self, task: Task) -> None:
        self._recovering = None
        recovered: Recovered = task.result
        if task.error or recovered.problems:
            self._banner.show_error(task.error or " ".join(recovered.problems))
        elif recovered.recordings:
            files = [recorded.video or recorded.sequence for recorded in recovered.recordings]
            text = tr(
                "A recording was cut off; what there was of it is saved: {names} in {parent}.",
                names=", ".join(file.name for file in files),
                parent=files[0].parent,
            )
            self._banner.show_notice(text, tr("Open folder"), lambda: _show(files[0].parent))

    def _on_finished(self, task: Task) -> None:
        self._finishing = None
        if task.error:
            self._banner.show_error(task.error)
        else:
            recorded: Recorded = task.result
            text, file = _summary(recorded), recorded.video or recorded.sequence
            if self._session.takes is None:
                self._banner.show_notice(text, tr("Open folder"), lambda: _show(file.parent))
            else:
                self._banner.show_notice(text, tr("Open"), lambda: self._session.open(file))
        self._session.changed.emit()


def _summary(recorded: Recorded) -> str:
    left_out = tr(" ({n_left_out} were left out)", n_left_out=recorded.n_left_out) if recorded.n_left_out else ""
    video = recorded.video or recorded.sequence
    return tr(
        "Recorded {n_frames} frames{left_out}: {name} and {name_2} in {parent}.",
        n_frames=recorded.n_frames,
        left_out=left_out,
        name=video.name,
        name_2=recorded.sequence.name,
        parent=video.parent,
    )


def _show(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
