"""Starts the window."""

import ctypes
import os
import signal
import sys
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QSettings, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QApplication

from app.language import install_language
from app.session.choices import load_choices
from app.session.session import Session
from app.theme import apply_scheme
from app.widgets.tour import is_first_run
from app.window import TITLE, MainWindow
from core.errors import NdrError, SettingsError
from core.settings import Settings, load_settings, user_settings_path
from core.take.store import TakeStore

_M_ARENA_MAX: Final = -8
"""Of glibc's malloc.h."""
_SWITCH_S: Final = 5e-4
_PIXMAPS_KIB: Final = 2048
"""Qt keeps 10 MiB of what it has painted; icons and frames of buttons need far less."""


def create_application(scheme: str | None = None) -> QApplication:
    """Return the QApplication, made ready for this window; `scheme` None: what the user chose last."""
    # OpenCV points Qt at its own plugins when it is imported; they do not fit this Qt
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(name, None)
    _share_heap()
    # the inference thread must not wait for the interpreter as long as a picture takes to paint
    sys.setswitchinterval(_SWITCH_S)
    there = QApplication.instance()
    app = there if isinstance(there, QApplication) else _start_qt()
    app.setOrganizationName("neural-depth-refinement")
    app.setApplicationName("neural-depth-refinement")
    app.setApplicationDisplayName(TITLE)
    QPixmapCache.setCacheLimit(_PIXMAPS_KIB)
    install_language(app)
    apply_scheme(app, scheme or str(QSettings().value("scheme", "system")))
    return app


def _share_heap() -> None:
    """Let threads share one heap: glibc gives each new one its own, and every file opened would leave some MiB."""
    if sys.platform.startswith("linux"):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 1)


def _start_qt() -> QApplication:
    """Make the QApplication; where Qt would abort the process for want of a display, end it with a sentence."""
    said: list[str] = []

    def listen(kind: QtMsgType, _context: object, message: str) -> None:
        if kind is not QtMsgType.QtFatalMsg:
            said.append(message)
            return
        reason = f" ({said[0].splitlines()[0].rstrip('. ')})" if said else ""
        print(
            f"The window cannot be shown: there is no display that works here{reason}; "
            "try `python main.py doctor`, or `python main.py process VIDEO`, which needs none.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(NdrError.exit_code)

    before = qInstallMessageHandler(listen)
    app = QApplication(sys.argv[:1])
    qInstallMessageHandler(before)
    for message in said:
        print(message, file=sys.stderr)
    return app


def create_window(*, refinement: bool) -> MainWindow:
    """Return the window on the user's settings, nothing open yet."""
    trouble = ""
    try:
        settings = load_settings(user_settings_path())
    except SettingsError as error:
        settings, trouble = Settings(), f"{error} The defaults are used for now."
    settings = replace(settings, learned_depth_refinement=refinement)
    window = MainWindow(Session(settings, choices=load_choices(), takes=TakeStore()))
    if trouble:
        window.banner.show_error(trouble)
    return window


def run_window(path: str | None, refinement: bool) -> int:
    """Show the window until it is closed.

    Args:
        path: Video, camera index or URL to open; None opens nothing.
        refinement: Whether the refiner is on at the start.

    Returns:
        Exit code.
    """
    app = create_application()
    window = create_window(refinement=refinement)

    def leave() -> None:
        window.close_at_once()
        app.quit()  # a small window with jobs may be left

    # Python's own handler would raise inside whichever slot is running; the window's timer lets this one run soon
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, leave))
    window.crashes.install()
    window.show()
    if path is not None:
        window.open(path)
    elif is_first_run():
        window.start_tour()
    return app.exec()
