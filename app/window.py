"""The main window: puts session, views, actions and desks together."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.actions import ACTIONS, MENUS, OF_FILES, TOOLBAR, TRANSPORT, create_actions, update_icons
from app.controllers.analysis import AnalysisController
from app.controllers.capture import CaptureController
from app.controllers.jobs import JobController
from app.controllers.markers import MarkerController
from app.controllers.playback import PlaybackController
from app.controllers.processing import ProcessingController
from app.controllers.recording import RecordingController
from app.controllers.sending import SendController
from app.controllers.source import SourceController
from app.crash import CrashReporter, save_report
from app.help_dialog import ShortcutsDialog, show_about
from app.icons import icon
from app.inspector.opening import show_inspector
from app.jobs.closing import Answer, ask_about_jobs
from app.language import tr
from app.layout import Layout
from app.library.picture import keep_picture
from app.library.start_page import StartPage
from app.panels import Board
from app.session.opening import Spec
from app.session.session import Session
from app.session.state import SessionState
from app.take.video_pane import Stage
from app.theme import SCHEMES, apply_scheme
from app.widgets.banner import Banner
from app.widgets.status_line import StatusLine
from app.widgets.tour import Stop, Tour
from core.system.files.names import for_title
from core.system.files.program import SAMPLE

TITLE: Final = "Neural Depth Refinement"
_TICK_MS: Final = 33
_TICKS_PER_STATUS: Final = 8


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
        self.banner, self.status_line = Banner(), StatusLine()
        self.desk = JobController(session, self.banner, self)
        self.sources = SourceController(session, self)
        self.recorder = RecordingController(session, self.banner, self)
        self.send_live = SendController(session, self)
        self.capture = CaptureController(session, self.banner, self._recordings_folder, self.open, self)
        self.crashes = CrashReporter(self)
        self._tour: Tour | None = None
        self._asks_before_closing = True
        self._create_views()
        self.transport = PlaybackController(session, self.board.stage, self.actions_by_name)
        self.markers = MarkerController(session, self.transport, self.board.stage, self.actions_by_name)
        self.analysis = AnalysisController(session, self.board.measures, self)
        self._create_menus()
        self._connect()
        self._layout.restore()
        self._n_ticks = 0
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._update()

    def open(self, spec: Spec) -> None:
        """Open a file, camera or URL."""
        self.sources.open(spec)

    def start_tour(self) -> None:
        """Show the three steps; the sample is opened when nothing is."""
        if self.session.source is None and self.session.state == SessionState.EMPTY:
            self.sources.open_sample()
        self._show_page(1)
        if self._tour is None:
            QTimer.singleShot(0, self._create_tour)

    def _create_tour(self) -> None:
        docks = self.board.docks
        stops = [
            Stop(self.board.stage, tr("What MediaPipe sees"),
                 tr("The video with the detected body: blue is the person's left, orange the right. Space pauses, the "
                 "arrow keys step, and the bar below marks where nobody was found.")),
            Stop(docks["skeleton"], tr("What the refiner makes of it"),
                 tr("Grey are MediaPipe's joints, in colour the refined body. R switches the refinement, B puts both "
                 "beside each other, 1 looks through the camera. Below: where the camera stands, and how steady the "
                 "bones are.")),
            Stop(self._toolbar, tr("Your own"),
                 tr("Open or drop a video, or use a camera. Export saves the poses; Train teaches a refiner on your "
                 "own data. F1 shows every key.")),
        ]  # fmt: skip
        self._tour = Tour(stops, self)
        self._tour.finished.connect(self._on_tour_finished)

    def _on_tour_finished(self) -> None:
        self._tour = None

    def _create_views(self) -> None:
        names = ["open_file", "open_camera", "open_url", *(["open_sample"] if SAMPLE.is_file() else [])]
        stage = Stage([self.actions_by_name[name] if name else None for name in TRANSPORT])
        self.board = Board(self.session, self, stage)
        self.processing = ProcessingController(self.session, self.board.person, self)
        self._stack = QStackedWidget()
        self.library = StartPage([self.actions_by_name[name] for name in names], self.session)
        self._stack.addWidget(self.library)
        self.docks = {**self.board.docks, "processing": self.processing.dock, "jobs": self.desk.dock}
        self._layout = Layout(self, stage, self.docks)
        self._stack.addWidget(self._layout.space)
        self._stack.addWidget(self.capture.desk)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.desk.dock)
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(6, 0, 6, 4)
        layout.setSpacing(6)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.desk.strip)
        self.setCentralWidget(central)
        self.setStatusBar(self.status_line)

    def _create_menus(self) -> None:
        menus = {name: self.menuBar().addMenu(tr(name)) for name in MENUS}
        for spec in ACTIONS:
            if spec.begins_group:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self.actions_by_name[spec.name])
            if spec.name == "remove_marker":
                menus["Playback"].addMenu(self.markers.menu)
            if spec.name == "open_sample":
                menus["File"].addMenu(self.sources.recent_menu)
        menus["View"].addMenu(self._create_panel_menu())
        menus["View"].addMenu(self._create_scheme_menu())
        self._toolbar = self.addToolBar("Main")
        self._toolbar.setObjectName("main_toolbar")
        self._toolbar.setMovable(False)
        self._toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for name in TOOLBAR:
            if name:
                self._toolbar.addAction(self.actions_by_name[name])
            else:
                self._toolbar.addSeparator()
        processing = self.processing.dock.toggleViewAction()
        processing.setShortcut("Ctrl+P")
        processing.setToolTip(tr("Refinement, smoothing, person and camera (Ctrl+P)"))
        processing.setIcon(icon("sliders"))
        self._toolbar.addAction(processing)

    def _create_panel_menu(self) -> QMenu:
        menu = QMenu(tr("Panels"), self)
        for number, dock in enumerate(self.docks.values(), 1):
            action = dock.toggleViewAction()
            if number <= 9:
                action.setShortcut(f"Alt+{number}")
            menu.addAction(action)
        return menu

    def _create_scheme_menu(self) -> QMenu:
        menu = QMenu(tr("Appearance"), self)
        group = QActionGroup(self)
        chosen = str(QSettings().value("scheme", "system"))
        for scheme in SCHEMES:
            action = QAction(tr(scheme.capitalize()), group, checkable=True, checked=scheme == chosen)
            action.setData(scheme)
            menu.addAction(action)
        group.triggered.connect(self._choose_scheme)
        return menu

    def _connect(self) -> None:
        session, board, video, sources, desk = self.session, self.board, self.board.stage.video, self.sources, self.desk
        handlers = {
            "open_file": sources.ask_file, "open_camera": sources.ask_camera, "open_url": sources.ask_url,
            "open_sample": sources.open_sample, "open_folder": sources.ask_folder, "quit": self.close,
            "library": self._show_library, "capture": self._show_capture,
            "export": desk.ask_export, "export_batch": desk.ask_batch_export,
            "record": self.recorder.toggle, "record_folder": self.recorder.ask_folder,
            "send_live": self.send_live.show,
            "refine": session.set_refinement, "split": board.set_split, "person": video.begin_choice,
            "mirror": video.set_mirrored, "overlay": video.set_overlay, "dim": video.set_dimmed,
            "reset_view": board.skeleton.reset_camera,
            "reset_layout": self._layout.reset, "full_screen": self._set_full_screen,
            "train": desk.show_training, "models": desk.show_models, "jobs": desk.show_jobs,
            "inspect": lambda: show_inspector(self, Path(session.settings.refiner)),
            "tour": self.start_tour, "shortcuts": self._show_shortcuts, "about": self._show_about,
        }  # fmt: skip
        for name, handler in handlers.items():
            self.actions_by_name[name].triggered.connect(handler)
        for preset in ("camera", "front", "side", "top"):
            self.actions_by_name[f"look_{preset}"].triggered.connect(lambda _=False, name=preset: board.look_from(name))
        for name in ("overlay", "follow"):
            self.actions_by_name[name].setChecked(True)
        # `triggered` may come without an argument, which a C++ slot that wants one does not take
        self.actions_by_name["follow"].toggled.connect(board.follow.setChecked)
        board.follow.toggled.connect(self.actions_by_name["follow"].setChecked)
        session.changed.connect(self._update)
        session.started.connect(board.clear)
        session.started.connect(self._on_started)
        session.failed.connect(self._on_failed)
        session.noted.connect(self._on_noted)
        sources.opening.connect(self.banner.hide)
        self.library.wanted.connect(self.open)
        self.library.failed.connect(self.banner.show_error)
        self.library.said.connect(self._on_library_said)
        sources.mirrored.connect(self._set_mirrored)
        sources.batch_wanted.connect(desk.export_files)
        board.sought.connect(self.transport.seek)
        video.person_chosen.connect(session.choose_person)
        self.processing.panel.models_wanted.connect(desk.show_models)
        self.processing.panel.person_wanted.connect(video.begin_choice)
        self.crashes.crashed.connect(self._on_crash)

    def _tick(self) -> None:
        packet = self.session.take()
        self.board.tick(packet)
        if packet is not None and self.session.open_take is not None:
            keep_picture(self.session.open_take.place, packet)
        self._n_ticks += 1
        if self._n_ticks % _TICKS_PER_STATUS == 0:
            self._show_status()
            self.recorder.check_disk()
            if self.processing.dock.is_seen:
                self.processing.show_person()

    def _update(self) -> None:
        """Make every control agree with the session."""
        session, state, actions = self.session, self.session.state, self.actions_by_name
        is_open = session.source is not None
        is_in_library = actions["library"].isChecked() or not is_open
        actions["library"].setEnabled(is_open)
        self._show_page(2 if actions["capture"].isChecked() else int(not is_in_library))
        is_playing = state in (SessionState.PLAYING, SessionState.LOADING)
        actions["play"].setEnabled(is_open)
        text = tr("Pause") if is_playing else tr("Play again") if state == SessionState.ENDED else tr("Play")
        actions["play"].setText(text)
        actions["play"].setIcon(icon("pause" if is_playing else "play"))
        actions["refine"].setEnabled(session.can_refine)
        actions["refine"].setChecked(session.settings.learned_depth_refinement and session.can_refine)
        actions["export"].setEnabled(is_open)
        actions["open_sample"].setEnabled(SAMPLE.is_file())
        actions["record"].setEnabled(self.recorder.is_possible)
        actions["record"].setChecked(self.recorder.is_recording)
        actions["person"].setEnabled(is_open)
        for name, dock in self.docks.items():
            dock.toggleViewAction().setEnabled(is_open or name == "jobs")
        for name in OF_FILES:
            actions[name].setEnabled(session.transport is not None)
        self.setWindowTitle(f"{for_title(session.source.name)} - {TITLE}" if session.source else TITLE)
        self._show_status()

    def _show_page(self, index: int) -> None:
        """Show the invitation (0), the views (1) or the capture desk (2)."""
        if self._stack.currentIndex() == index:
            return
        self._stack.setCurrentIndex(index)
        QTimer.singleShot(0, self, self._layout.tidy)
        if self._tour is None:
            self.setFocus()  # on none of the controls, or the first keys go to it

    def _show_status(self) -> None:
        is_refining = self.session.settings.learned_depth_refinement
        texts = filter(None, (self.recorder.text(), self.send_live.text()))
        self.status_line.show_status(self.session.status, is_refining=is_refining, recording="    ".join(texts))

    def _set_mirrored(self, is_mirrored: bool) -> None:
        self.actions_by_name["mirror"].setChecked(is_mirrored)
        self.board.stage.video.set_mirrored(is_mirrored)

    def _set_full_screen(self, is_full: bool) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self).exec()

    def _show_about(self) -> None:
        show_about(self)

    # methods, not lambdas: a lambda that knows the window would keep it, and all it holds, after it is closed
    def _on_failed(self, text: str) -> None:
        self.banner.show_error(text, about="source")

    def _show_library(self, is_wanted: bool) -> None:
        if is_wanted:
            self.session.pause()
        self._update()

    def _recordings_folder(self) -> Path:
        return self.recorder.folder

    def _show_capture(self, is_wanted: bool) -> None:
        if is_wanted:
            self.capture.begin()
        self._update()

    def _on_library_said(self, text: str, button: str, act: Callable[[], object] | None) -> None:
        self.banner.show_notice(text, button, act, about="library")

    def _on_started(self) -> None:
        for name in ("library", "capture"):
            self.actions_by_name[name].setChecked(False)
        self.banner.take_back("source")  # what was said of looks, models or the one before
        if self.session.source is not None:
            self._layout.share_room(self.session.source.size_px)

    def _on_noted(self, text: str) -> None:
        self.banner.show_notice(text, about="source")

    def _on_crash(self, text: str, report: str) -> None:
        self.banner.show_error(text, report, tr("Save the report…"), lambda: self._save_report(report))

    def _save_report(self, report: str) -> bool:
        said = save_report(report, self)
        if said:
            self.banner.show_notice(said)
        return bool(said)

    def _choose_scheme(self, action: QAction) -> None:
        QSettings().setValue("scheme", action.data())
        app = QApplication.instance()
        assert isinstance(app, QApplication)  # noqa: S101 made by `main`
        apply_scheme(app, action.data())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "docks"):
            update_icons(self.actions_by_name)
            self.processing.dock.toggleViewAction().setIcon(icon("sliders"))
            self.board.show_legends()
            self._update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders."""
        if self.sources.can_drop(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        self.sources.drop(event.mimeData())

    def close_at_once(self) -> None:
        """Close and end every job without a question: nobody is there to answer it."""
        self._asks_before_closing = False
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything before the window goes; what shall become of jobs is asked."""
        answer = Answer.STOP
        if self.desk.queue.unfinished and self._asks_before_closing:
            answer = ask_about_jobs(self.desk.queue, self)
        if answer is Answer.STAY:
            event.ignore()
            return
        self._layout.save()
        self._timer.stop()
        self.crashes.remove()
        self.recorder.close()
        self.send_live.close()
        self.capture.close()
        self.transport.close()
        self.board.measures.stop()
        if answer is Answer.BACKGROUND and self.desk.queue.unfinished:
            self.desk.go_on_in_background()
        else:
            self.desk.close()
        self.session.close()
        super().closeEvent(event)
