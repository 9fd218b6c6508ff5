"""The controls of a file, put together with the session."""

import math

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog

from app.language import tr
from app.session.session import Session
from app.take.places import parse_place
from app.take.playback_bar import SPEEDS
from app.take.preview import Preview
from app.take.seek_bar import clock_text
from app.take.thumbnails import Thumbnails
from app.take.video_pane import Stage
from core.errors import SettingsError

_JUMP_S = 5.0


class PlaybackController(QObject):
    """Carries out what keys, buttons, the seek bar and the plots ask for."""

    def __init__(self, session: Session, stage: Stage, actions: dict[str, QAction]) -> None:
        super().__init__(stage)
        self._session, self._bar, self._actions = session, stage.transport, actions
        handlers = {
            "play": session.toggle, "step": lambda: self.step(1), "step_back": lambda: self.step(-1),
            "step_10": lambda: self.step_far(10), "step_back_10": lambda: self.step_far(-10), "go_to": self.ask_place,
            "jump": lambda: self.seek(session.position_s + _JUMP_S),
            "jump_back": lambda: self.seek(session.position_s - _JUMP_S),
            "slower": lambda: self._change_speed(-1), "faster": lambda: self._change_speed(1),
            "set_in": self.set_in, "set_out": self.set_out, "clear_range": self.clear_range,
        }  # fmt: skip
        for name, handler in handlers.items():
            actions[name].triggered.connect(handler)
        actions["loop"].toggled.connect(self.set_looping)
        stage.sought.connect(self.seek)
        self._bar.speed_chosen.connect(self.set_speed)
        self._bar.clock.clicked.connect(lambda _=False: self.ask_place())
        self._bar.clock.setToolTip(actions["go_to"].toolTip())
        self._thumbnails, self._preview = Thumbnails(self), Preview(stage.window())
        self._pointed_s = math.nan
        self._thumbnails.made.connect(self._show_preview)
        self._bar.seek_bar.pointed.connect(self._on_pointed)
        session.started.connect(self._on_started)

    def seek(self, time_s: float) -> None:
        """Go to a time of the file; nothing happens with a camera."""
        transport, duration_s = self._session.transport, self._session.duration_s
        if transport is not None and duration_s is not None:
            transport.seek(min(max(time_s, 0.0), duration_s))

    def step(self, n: int) -> None:
        """Pause, and go one frame on or back."""
        if self._session.transport is not None:
            self._session.transport.step(self._session.position_s, n)
            self._session.changed.emit()

    def step_far(self, n: int) -> None:
        """Pause, and go n frames on or back."""
        session = self._session
        if session.transport is not None:
            session.transport.pause()
            self.seek(_time_of_frame(session, max(session.position_index + n, 0)))
            session.changed.emit()

    def ask_place(self) -> None:
        """Ask for a frame or time, and go there."""
        if self._session.transport is None:
            return
        hint = tr("A frame (218) or a time (7.25 s, 1:02.5):")
        text, is_wanted = QInputDialog.getText(self._bar.window(), tr("Go to"), hint)
        if is_wanted and text.strip():
            self.go_to(text)

    def go_to(self, text: str) -> None:
        """Go where a text says: a whole number is a frame, anything else a time."""
        try:
            place = parse_place(text)
        except SettingsError as error:
            self._session.failed.emit(str(error))
            return
        if self._session.transport is not None:
            self._session.transport.pause()
            self.seek(_time_of_frame(self._session, place) if isinstance(place, int) else place)
            self._session.changed.emit()

    def set_speed(self, speed: float) -> None:
        """Play slower or faster."""
        if self._session.transport is not None:
            self._session.transport.set_speed(speed)
        self._bar.set_speed(speed)

    def set_looping(self, is_looping: bool) -> None:
        """Play the range again and again, or once."""
        if self._session.transport is not None:
            self._session.transport.set_looping(is_looping)

    def set_in(self) -> None:
        """Begin the range at the frame that is shown; an out point before it goes."""
        transport = self._session.transport
        if transport is not None:
            out_s = transport.range_s[1]
            here = self._session.position_s
            self._set_range(here, out_s if out_s is None or out_s > here else None)

    def set_out(self) -> None:
        """End the range behind the frame that is shown; an in point after it goes to the start."""
        transport = self._session.transport
        if transport is not None:
            in_s = transport.range_s[0]
            here = self._session.position_s + self._session.period_s / 2
            self._set_range(in_s if in_s < here else 0.0, here)

    def clear_range(self) -> None:
        """Play the whole file."""
        self._set_range(0.0, None)

    def _set_range(self, in_s: float, out_s: float | None) -> None:
        transport = self._session.transport
        if transport is None:
            return
        try:
            transport.set_range(in_s, out_s)
        except SettingsError as error:
            self._session.failed.emit(str(error))
        self._bar.seek_bar.set_range(transport.range_s)

    def _change_speed(self, step: int) -> None:
        transport = self._session.transport
        if transport is not None and transport.speed in SPEEDS:
            index = SPEEDS.index(transport.speed) + step
            self.set_speed(SPEEDS[min(max(index, 0), len(SPEEDS) - 1)])

    def close(self) -> None:
        """Stop what goes on in the background: the window closes."""
        self._thumbnails.close()

    def _on_pointed(self, time_s: float) -> None:
        self._pointed_s = time_s
        if math.isnan(time_s):
            self._preview.hide()
        else:
            self._thumbnails.want(time_s)
            self._show_preview()

    def _show_preview(self) -> None:
        if not math.isnan(self._pointed_s):
            bar = self._bar.seek_bar
            anchor = bar.mapTo(self._preview.surface, QPoint(round(bar.x_of(self._pointed_s)), 0))
            said = "  ".join(part for part in (clock_text(self._pointed_s), bar.marker_at(self._pointed_s)) if part)
            self._preview.show_at(anchor, said, self._thumbnails.picture(self._pointed_s))

    def _on_started(self) -> None:
        """A file begins with the loop as it is switched, and at its own speed."""
        self._preview.forget()
        self._thumbnails.open(self._session.file, self._session.duration_s)
        self._bar.set_speed(1.0)
        self.set_looping(self._actions["loop"].isChecked())


def _time_of_frame(session: Session, index: int) -> float:
    """Return the time of a frame of the open file: its own where it is known, else where its number puts it."""
    poses = None if session.open_take is None else session.open_take.showing.poses
    row = None if poses is None else poses.row(index)
    return index * session.period_s if poses is None or row is None else float(poses.seen.time_s[row])
