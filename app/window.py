"""The main window: puts session, views, actions and jobs together."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.actions import ACTIONS, MENUS, TOOLBAR, create_actions, update_icons
from app.dialogs.help import ShortcutsDialog, show_about
from app.icons import icon
from app.jobs.desk import JobDesk
from app.session import Session, SessionState, Spec
from app.theme import SCHEMES, apply_scheme
from app.views.banner import Banner
from app.views.board import Board
from app.views.empty import EmptyView
from app.views.status_line import StatusLine

TITLE: Final = "Neural Depth Refinement"
SAMPLE: Final = Path(__file__).parents[1] / "assets" / "sample.mp4"
_TICK_MS: Final = 33
_TICKS_PER_STATUS: Final = 8
_VIDEO_FILTER: Final = "Videos (*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mpg *.mpeg *.wmv *.mts *.3gp);;All files (*)"


class MainWindow(QMainWindow):
    """The window. The UI thread only fetches packets and paints; it never runs inference and never opens a source."""

    def __init__(self, session: Session) -> None:
        """Show nothing yet; `session` is closed with the window."""
        super().__init__()
        self.session = session
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 560)
        self.actions_by_name = create_actions(self)
        self._create_views()
        self._create_menus()
        self._connect()
        self._restore_geometry()
        self._n_ticks = 0
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._update()

    def open(self, spec: Spec) -> None:
        """Open a file, camera or URL."""
        self.banner.hide()
        self.session.open(spec)

    def ask_file(self) -> None:
        """Ask for a video and open it."""
        folder = self.session.file.parent if self.session.file else Path.home()
        path, _ = QFileDialog.getOpenFileName(self, "Open a video", str(folder), _VIDEO_FILTER)
        if path:
            self.open(Path(path))

    def ask_camera(self) -> None:
        """Ask for a camera and open it."""
        number, is_ok = QInputDialog.getInt(self, "Open a camera", "Number of the camera (0 is the first):", 0, 0, 63)
        if is_ok:
            self.open(number)

    def ask_url(self) -> None:
        """Ask for the address of a stream and open it."""
        url, is_ok = QInputDialog.getText(self, "Open a stream", "Address of the stream (http://… or rtsp://…):")
        if is_ok and url.strip():
            self.open(url.strip())

    def _create_views(self) -> None:
        names = ["open_file", "open_camera", *(["open_sample"] if SAMPLE.is_file() else [])]
        self.board = Board()
        self._stack = QStackedWidget()
        self._stack.addWidget(EmptyView([self.actions_by_name[name] for name in names]))
        self._stack.addWidget(self.board)
        self.banner = Banner()
        self.desk = JobDesk(self.session, self.banner, self)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.desk.dock)
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(8, 0, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.desk.strip)
        self.setCentralWidget(central)
        self.status_line = StatusLine()
        self.setStatusBar(self.status_line)

    def _create_menus(self) -> None:
        menus = {name: self.menuBar().addMenu(name) for name in MENUS}
        for spec in ACTIONS:
            if spec.name == "quit":
                menus["File"].addSeparator()
            menus[spec.menu].addAction(self.actions_by_name[spec.name])
        appearance = menus["View"].addMenu("Appearance")
        group = QActionGroup(self)
        chosen = str(QSettings().value("scheme", "system"))
        for scheme in SCHEMES:
            action = QAction(scheme.capitalize(), group, checkable=True, checked=scheme == chosen)
            action.setData(scheme)
            appearance.addAction(action)
        group.triggered.connect(self._choose_scheme)
        toolbar = self.addToolBar("Main")
        toolbar.setObjectName("main_toolbar")
        toolbar.setMovable(False)
        toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for name in TOOLBAR:
            if name:
                toolbar.addAction(self.actions_by_name[name])
            else:
                toolbar.addSeparator()

    def _connect(self) -> None:
        handlers = {
            "open_file": self.ask_file, "open_camera": self.ask_camera, "open_url": self.ask_url,
            "open_sample": self._open_sample, "export": self.desk.ask_export,
            "export_batch": self.desk.ask_batch_export, "quit": self.close,
            "play": self.session.toggle, "refine": self.session.set_refinement,
            "reset_view": self.board.skeleton.reset_camera, "full_screen": self._set_full_screen,
            "train": self.desk.show_training, "models": self.desk.show_models, "jobs": self.desk.show_jobs,
            "shortcuts": self._show_shortcuts, "about": self._show_about,
        }  # fmt: skip
        for name, handler in handlers.items():
            self.actions_by_name[name].triggered.connect(handler)
        self.session.changed.connect(self._update)
        self.session.started.connect(self.board.clear)
        self.session.failed.connect(self.banner.show_error)
        self.session.noted.connect(self.banner.show_notice)

    def _tick(self) -> None:
        self.board.tick(self.session.take())
        self._n_ticks += 1
        if self._n_ticks % _TICKS_PER_STATUS == 0:
            self._show_status()

    def _update(self) -> None:
        """Make every control agree with the session."""
        session, state, actions = self.session, self.session.state, self.actions_by_name
        is_open = session.source is not None
        self._stack.setCurrentIndex(1 if is_open else 0)
        is_playing = state in (SessionState.PLAYING, SessionState.LOADING)
        actions["play"].setEnabled(is_open)
        actions["play"].setText("Pause" if is_playing else "Play again" if state == SessionState.ENDED else "Play")
        actions["play"].setIcon(icon("pause" if is_playing else "play"))
        actions["refine"].setEnabled(session.can_refine)
        actions["refine"].setChecked(session.settings.learned_depth_refinement and session.can_refine)
        actions["export"].setEnabled(is_open)
        actions["open_sample"].setEnabled(SAMPLE.is_file())
        self.setWindowTitle(f"{session.source.name} - {TITLE}" if session.source else TITLE)
        self._show_status()

    def _show_status(self) -> None:
        is_refining = self.session.settings.learned_depth_refinement
        self.status_line.show_status(self.session.status, is_refining=is_refining)

    def _open_sample(self) -> None:
        self.open(SAMPLE)

    def _set_full_screen(self, is_full: bool) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self).exec()

    def _show_about(self) -> None:
        show_about(self)

    def _choose_scheme(self, action: QAction) -> None:
        QSettings().setValue("scheme", action.data())
        apply_scheme(QApplication.instance(), action.data())

    def _restore_geometry(self) -> None:
        geometry = QSettings().value("geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1280, 720)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_by_name"):
            update_icons(self.actions_by_name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file dropped."""
        path = next(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
        event.acceptProposedAction()
        self.open(Path(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything before the window goes."""
        QSettings().setValue("geometry", self.saveGeometry())
        self._timer.stop()
        self.desk.close()
        self.session.close()
        super().closeEvent(event)
