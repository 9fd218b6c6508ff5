"""Moments of a take that have names: put, found again, taken away."""

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from app.controllers.playback import PlaybackController
from app.language import tr
from app.session.session import Session
from app.take.seek_bar import clock_text
from app.take.video_pane import Stage
from core.errors import NdrError
from core.system.files.names import for_menu
from core.take.take import Marker, with_marker


class MarkerController(QObject):
    """Keeps the markers of the open take, and shows them on the seek bar and in a menu.

    Attributes:
        menu: All markers of the open take, to go to.
    """

    def __init__(
        self, session: Session, playback: PlaybackController, stage: Stage, actions: dict[str, QAction]
    ) -> None:
        super().__init__(stage)
        self._session, self._playback, self._bar = session, playback, stage.transport.seek_bar
        self._window = stage
        self.menu = QMenu(tr("Markers"), stage)
        self.menu.aboutToShow.connect(self._fill)
        handlers = {
            "marker": self.ask_name,
            "marker_on": self.go_on,
            "marker_back": self.go_back,
            "remove_marker": self.remove,
        }
        for name, handler in handlers.items():
            actions[name].triggered.connect(lambda _=False, handler=handler: handler())
        session.changed.connect(self._show)
        session.started.connect(self._show)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Those of the open take, in the order of time."""
        opened = self._session.open_take
        return () if opened is None else opened.take.markers

    def ask_name(self) -> None:
        """Ask what this moment is called, and mark it; one that is marked gets another name."""
        if self._session.open_take is None:
            return
        self._session.pause()
        here = self._here()
        name = tr("Marker {n}", n=len(self.markers) + 1) if here is None else here.name
        question = tr("Name of the moment at {time}:", time=clock_text(self._session.position_s))
        name, is_wanted = QInputDialog.getText(self._window.window(), tr("Marker"), question, text=name)
        if is_wanted:
            self.put(name.strip())

    def put(self, name: str) -> None:
        """Mark the frame that is shown."""
        opened, here = self._session.open_take, self._here()
        if opened is None:
            return
        time_s = self._session.position_s if here is None else here.time_s
        try:
            opened.change(markers=with_marker(opened.take, Marker(time_s, name)).markers)
        except NdrError as error:
            self._session.failed.emit(str(error))

    def remove(self) -> None:
        """Take away the marker of the frame that is shown."""
        opened, here = self._session.open_take, self._here()
        if opened is not None and here is not None:
            opened.change(markers=tuple(marker for marker in opened.take.markers if marker != here))

    def go_on(self) -> None:
        """Go to the next marker."""
        later = [marker for marker in self.markers if marker.time_s > self._session.position_s + self._near_s]
        if later:
            self._playback.seek(later[0].time_s)

    def go_back(self) -> None:
        """Go to the marker before."""
        earlier = [marker for marker in self.markers if marker.time_s < self._session.position_s - self._near_s]
        if earlier:
            self._playback.seek(earlier[-1].time_s)

    @property
    def _near_s(self) -> float:
        return self._session.period_s / 2

    def _here(self) -> Marker | None:
        position_s = self._session.position_s
        return next((marker for marker in self.markers if abs(marker.time_s - position_s) <= self._near_s), None)

    def _show(self) -> None:
        self._bar.set_markers(tuple((marker.time_s, marker.name) for marker in self.markers))

    def _fill(self) -> None:
        self.menu.clear()
        for marker in self.markers:
            text = f"{clock_text(marker.time_s)}   {marker.name}"
            self.menu.addAction(for_menu(text), partial(self._playback.seek, marker.time_s))
        if not self.markers:
            self.menu.addAction(tr("Nothing yet")).setEnabled(False)
