"""What happens when the program has a mistake: a sentence in the window, and a report that can be saved."""

import platform
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, qVersion
from PySide6.QtWidgets import QFileDialog, QWidget

from app.language import tr
from core.errors import OutputError
from core.system.files.atomic import write_text
from core.system.version import program_version

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS: Final = "Something went wrong that should not have: {what}. The program goes on; please save the report."


class CrashReporter(QObject):
    """Catches what nobody caught, in any thread, while it is installed.

    Signals:
        crashed(str, str): A sentence for the user, and the whole report.
    """

    crashed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: tuple[Callable[..., object], Callable[..., object]] | None = None

    def install(self) -> None:
        """Catch from now on."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def remove(self) -> None:
        """Leave things as they were before `install`."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None

    def _on_exception(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        if trace is None:  # what Qt calls by itself, such as a slot that takes no argument, brings none
            details += "No traceback came with it. Where the program was:\n" + "".join(traceback.format_stack())
        print(details, file=sys.stderr)
        self.crashed.emit(_WORDS.format(what=f"{kind.__name__}: {error}"), crash_report(details))


def crash_report(details: str) -> str:
    """Return a report: versions, platform, and what happened; nothing of the user's files."""
    return "\n".join(
        [
            f"Neural Depth Refinement {program_version()}, {time.strftime('%Y-%m-%d %H:%M:%S')}",
            f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
            "",
            details.replace(str(Path.home()), "~"),
        ]
    )


def save_report(report: str, parent: QWidget) -> str:
    """Ask where to save a report and save it; return a sentence on what became of it, "" when the user did not want."""
    start = Path.home() / time.strftime("ndr-report-%Y%m%d-%H%M%S.txt")
    path, _ = QFileDialog.getSaveFileName(parent, tr("Save the report"), str(start), tr("Text (*.txt)"))
    if not path:
        return ""
    try:
        write_text(Path(path), report)
    except OutputError as error:
        return str(error)
    return f"The report is in {path}."
