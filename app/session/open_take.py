"""The take that is open: analysed in a child process, refined in a thread, shown and saved as it is changed."""

import math
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.child_process import ChildProcess, ProcessOutcome
from app.language import tr
from app.session.refining import Refining, Wanted
from app.session.take_playback import Showing, TakePlayer
from app.session.track import Track
from core.detection.looks import look_names
from core.errors import NdrError
from core.system.progress import ENDED, Progress
from core.take.poses import Poses
from core.take.store import TakeFolder
from core.take.take import Take

_SAVE_AFTER_MS: Final = 400
_BUSY_AGAIN_MS: Final = 3000


class OpenTake(QObject):
    """What is known of the open video, and what is becoming known.

    Signals:
        changed: What is known of it, or how far the analysis is.
        shown(bool): Frames are known that were not; True: all of them may be others than before.
        failed(str): Something went wrong; one sentence.

    Attributes:
        place: Its folder.
        take: What is known; replaced by `change`.
        n_done: Frames that were looked at.
        n_frames: How many there are, None while that is not known.
        is_analysed: Whether all were looked at.

    Threading: lives in the UI thread. `Refining` does its work in a thread of its own.
    """

    changed = Signal()
    shown = Signal(bool)
    failed = Signal(str)

    def __init__(
        self, place: TakeFolder, take: Take, track: Track, n_frames: int | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.place, self.take, self._track = place, take, track
        self.n_done, self.n_frames, self.is_analysed = 0, n_frames, False
        self.model_name, self.provider, self.activity = "", "", ""
        self._showing = Showing(is_mirrored=take.camera.is_mirrored)
        self._child: ChildProcess | None = None
        self._is_closed = self._is_unsaved = False
        self._save_timer = QTimer(self, interval=_SAVE_AFTER_MS, singleShot=True)
        self._save_timer.timeout.connect(self.save)
        self._retry = QTimer(self, interval=_BUSY_AGAIN_MS, singleShot=True)
        self._retry.timeout.connect(self._start_child)
        self._refining = Refining(place, self._wanted(), parent=self, has_video=not take.recording)
        self._refining.shown.connect(self._on_shown)
        self._refining.analysis_wanted.connect(self._start_child)
        self._refining.failed.connect(self.failed)
        self._refining.noted.connect(self._on_noted)

    def start(self) -> None:
        """Look at what is kept, and at the video for what is not."""
        self._refining.start()

    def player(self) -> TakePlayer:
        """Return what the live loop runs."""
        return TakePlayer(lambda: self._showing)

    @property
    def showing(self) -> Showing:
        """What is shown at the moment."""
        return self._showing

    @property
    def share_done(self) -> float:
        """How much of it was looked at, 0..1."""
        if self.is_analysed:
            return 1.0
        return min(self.n_done / self.n_frames, 0.999) if self.n_frames else 0.0

    def figures(self) -> dict[str, Any]:
        """Return what the status line says of it."""
        activity = self.activity
        if not activity and not self.is_analysed:
            activity = tr("analysing, {percent:.0f} %", percent=math.floor(100 * self.share_done))
        return {"model_name": self.model_name, "provider": self.provider, "activity": activity}

    def change(self, **changes: Any) -> None:
        """Change what is known of it; views and files follow, and it is saved in a moment.

        Raises:
            SettingsError: A value makes no sense; nothing is changed.
        """
        take = replace(self.take, **changes)
        if take == self.take:
            return
        before, self.take = self.take, take
        self._is_unsaved = True
        self._save_timer.start()
        wanted = self._wanted()
        if wanted != self._refining.wanted:
            keeps = before.person == take.person and before.camera.is_mirrored == take.camera.is_mirrored
            last = self._showing.poses or self._showing.before
            if not keeps:
                self._track.clear()
            is_other = before.processing.chosen_looks != take.processing.chosen_looks or before.person != take.person
            if is_other or not keeps:
                self._stop_child()
                self.n_done, self.is_analysed = 0, False
                self._showing = Showing(None, last if keeps else None, is_mirrored=take.camera.is_mirrored)
            self._refining.want(wanted)
            self.shown.emit(True)
        self.changed.emit()

    def save(self) -> None:
        """Write what was changed."""
        self._save_timer.stop()
        if self._is_unsaved:
            self._is_unsaved = False
            try:
                self.place.save(self.take)
            except NdrError as error:
                self.failed.emit(str(error))

    def close(self) -> None:
        """Stop the analysis, which goes on when the take is opened again, and wait for the thread."""
        self._is_closed = True
        self._retry.stop()
        self.save()
        self._stop_child()
        self._refining.close()
        self.deleteLater()

    def _wanted(self) -> Wanted:
        take = self.take
        return Wanted(take.processing, take.person, take.camera.is_mirrored)

    def _start_child(self) -> None:
        """Run `analyse` for what is wanted now."""
        if self._is_closed or self._child is not None:
            return
        take = self.take
        looks = take.processing.chosen_looks
        arguments = ["analyse", take.source, "--take", str(self.place.folder)]
        arguments += ["--quality", "automatic"] if looks is None else ["--looks", look_names(looks)]
        arguments += [] if take.person is None else ["--person", str(take.person)]
        self._child = ChildProcess(tr("The analysis"), [*arguments, "--json-progress"], self)
        self._child.reported.connect(self._on_reported)
        self._child.logged.connect(self._on_logged)
        self._child.finished.connect(self._on_finished)
        self._child.start()

    def _stop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.reported.disconnect()
            child.logged.disconnect()
            child.finished.disconnect()
            child.kill()  # what it told of is kept, and it may take seconds to listen
            child.deleteLater()

    def _on_reported(self, line: dict[str, Any]) -> None:
        progress = Progress.from_message(line)
        if progress is not None:
            self.n_frames, self.activity = progress.total or self.n_frames, ""
            self._refining.look()
        elif line.get("event") == "looks" and self.take.processing.chosen_looks is None:
            processing = replace(self.take.processing, carried=str(line.get("looks")))
            self.take, self._is_unsaved = replace(self.take, processing=processing), True
            self._save_timer.start()
            self._refining.want(self._wanted())
        elif line.get("event") == ENDED and line.get("is_busy"):
            self._retry.start()  # another window is at it; what it writes is shown here as well

    def _on_logged(self, line: str) -> None:
        self.activity = line  # a download, or how fast the machine is: it says so before the first frame
        self.changed.emit()

    def _on_finished(self, outcome: ProcessOutcome) -> None:
        child, self._child, self.activity = self._child, None, ""
        if child is not None:
            child.deleteLater()
        self._refining.look()
        if not outcome.is_success:
            self.failed.emit(str(outcome))
        self.changed.emit()

    def _on_noted(self, model_name: str, provider: str, activity: str) -> None:
        self.model_name, self.provider, self.activity = model_name, provider, activity
        self.changed.emit()

    def _on_shown(self, wanted: Wanted, poses: Poses, rows: slice, is_final: bool) -> None:
        if wanted != self._refining.wanted:
            return  # it was made for what was wanted before
        keeps = self._showing.before if not is_final else None
        self._showing = Showing(poses, keeps, is_mirrored=self.take.camera.is_mirrored)
        self._track.fill(poses, rows)
        self.n_done, self.is_analysed = len(poses), is_final
        if is_final:
            self.n_frames = len(poses)
        self.shown.emit(is_final or rows.start == 0)
        self.changed.emit()
