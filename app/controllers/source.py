"""Everything of the window that has to do with what is opened: dialogs, recent list, folders, drops."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.capture.camera_dialog import CameraDialog
from app.capture.url_dialog import UrlDialog
from app.language import tr
from app.library.recents import forget_sources, recent_sources, remember_source, source_label
from app.session.opening import Spec
from app.session.session import Session
from core.system.files.names import for_menu
from core.system.files.program import SAMPLE
from core.system.files.suffixes import name_filter, videos_in

VIDEO_FILTER: Final = f"Videos ({name_filter()});;All files (*)"
OPEN_FILTER: Final = f"Videos and recordings ({name_filter()} *.npz);;{VIDEO_FILTER}"


class SourceController(QObject):
    """Asks what to open, and opens it.

    Signals:
        opening: Something is about to be opened.
        mirrored(bool): The picture is to be shown mirrored, or not any more.
        batch_wanted(list): Videos of a folder that are to be processed, list of Path.
    """

    opening = Signal()
    mirrored = Signal(bool)
    batch_wanted = Signal(list)

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.recent_menu = QMenu(tr("Open recent"), window)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        session.started.connect(self._on_started)
        self._spec: Spec | None = None
        self._wants_mirror = False

    def open(self, spec: Spec) -> None:
        """Open a file, camera or URL."""
        self.opening.emit()
        self._spec, self._wants_mirror = spec, False
        self._session.open(spec)

    def open_sample(self) -> None:
        """Open the clip that comes with the program."""
        self.open(SAMPLE)

    def ask_file(self) -> None:
        """Ask for a video and open it."""
        title = tr("Open a video or recording")
        path, _ = QFileDialog.getOpenFileName(self._window, title, self._folder(), OPEN_FILTER)
        if path:
            self.open(Path(path))

    def ask_folder(self) -> None:
        """Ask for a folder whose videos are to be processed."""
        folder = QFileDialog.getExistingDirectory(self._window, tr("Process a folder of videos"), self._folder())
        if folder:
            self._want_batch([Path(folder)])

    def ask_camera(self) -> None:
        """Ask for a camera and open it."""
        dialog = CameraDialog(self._window)
        if dialog.exec():
            self.open(dialog.spec)
            self._wants_mirror = dialog.is_mirrored  # once it is there: it may not open, and a file goes on
        dialog.deleteLater()

    def ask_url(self) -> None:
        """Ask for the address of a stream and open it."""
        dialog = UrlDialog(self._window)
        if dialog.exec():
            self.open(dialog.url)
        dialog.deleteLater()

    def drop(self, data: QMimeData) -> None:
        """Open what was dropped: one file at once, a folder or several files as a batch."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if len(paths) == 1 and not paths[0].is_dir():
            self.open(paths[0])
        elif paths:
            self._want_batch(paths)

    @staticmethod
    def can_drop(data: QMimeData) -> bool:
        """Whether anything of it can be opened."""
        return any(url.isLocalFile() for url in data.urls())

    def _want_batch(self, paths: list[Path]) -> None:
        try:
            found = [videos_in(path) if path.is_dir() else [path] for path in paths]
        except OSError as error:
            self._session.failed.emit(
                tr("{name} cannot be read: {reason}.", name=error.filename, reason=error.strerror)
            )
            return
        videos = [path for some in found for path in some]
        if videos:
            self.batch_wanted.emit(videos)
        else:
            names = ", ".join(path.name for path in paths)
            self._session.failed.emit(tr("There is no video in {names}; choose another folder.", names=names))

    def _on_started(self) -> None:
        if self._spec is not None:
            self.mirrored.emit(self._wants_mirror)
            remember_source(self._spec)
            self._spec = None

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        entries = recent_sources()
        for entry in entries:
            self.recent_menu.addAction(for_menu(source_label(entry)), self._opener(entry))
        if not entries:
            self.recent_menu.addAction(tr("Nothing yet")).setEnabled(False)
            return
        self.recent_menu.addSeparator()
        self.recent_menu.addAction(tr("Forget these"), forget_sources)

    def _opener(self, entry: str) -> Callable[[], None]:
        return lambda: self.open(entry)

    def _folder(self) -> str:
        file = self._session.file
        return str(file.parent if file else Path.home())
