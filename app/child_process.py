"""Long work done by this program's own command line in a child process that reports JSON lines."""

import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.language import tr
from core.system.files.program import MAIN
from core.system.telemetry import user_environment

_GRACE_MS: Final = 8000
_LAST_MOMENT_MS: Final = 2000
_NICENESS: Final = 5


@dataclass(frozen=True)
class ProcessOutcome:
    """How a child process ended; its text is what the user reads.

    Attributes:
        what: What it was for: "The export", "The training".
        code: Exit code.
        is_crash: It died of a signal.
        is_stopped: The user stopped it.
        last_words: The last line it wrote to stderr.
    """

    what: str
    code: int
    is_crash: bool = False
    is_stopped: bool = False
    last_words: str = ""

    @property
    def is_success(self) -> bool:
        """Whether it did all it should."""
        return self.code == 0 and not self.is_crash and not self.is_stopped

    def __str__(self) -> str:
        if self.is_stopped:
            return tr("{what} was stopped.", what=self.what)
        if self.is_success:
            return tr("{what} has finished.", what=self.what)
        if self.is_crash:
            return tr("{what} broke off (the process died); try again, or look into its log.", what=self.what)
        return self.last_words or tr("{what} failed with exit code {code}.", what=self.what, code=self.code)


class ChildProcess(QObject):
    """One run of `main.py` with arguments.

    Attributes:
        log: Lines of stdout that were no JSON objects.
        errors: Lines of stderr.

    Signals:
        reported(dict): One JSON object that it wrote as a line.
        logged(str): Any other line, of stdout or stderr.
        finished(ProcessOutcome): It ended, however it did.
    """

    reported = Signal(dict)
    logged = Signal(str)
    finished = Signal(object)

    def __init__(self, what: str, arguments: list[str], parent: QObject | None = None) -> None:
        """Prepare `python main.py ARGUMENTS`; `what` names the work in messages."""
        super().__init__(parent)
        self._what = what
        self._is_stopped = False
        self.log: list[str] = []
        self.errors: list[str] = []
        environment = QProcessEnvironment()
        # one sentence stays one line, without colours
        plain = {"PYTHONUNBUFFERED": "1", "COLUMNS": "4000", "NO_COLOR": "1", "TERM": "dumb"}
        for name, value in (user_environment() | plain).items():
            environment.insert(name, value)
        self._process = QProcess(self)
        self._process.setProcessEnvironment(environment)
        if sys.platform != "win32":
            # a program started in the background ignores SIGINT, and its children would too
            reset = QProcess.UnixProcessParameters()
            reset.flags = QProcess.UnixProcessFlag.ResetSignalHandlers
            self._process.setUnixProcessParameters(reset)
        self._process.setProgram(sys.executable)
        self._process.setArguments([str(MAIN), *arguments])
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.started.connect(self._yield_to_the_window)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._killer = QTimer(self, singleShot=True, interval=_GRACE_MS)
        self._killer.timeout.connect(self._process.kill)

    def start(self) -> None:
        """Start it."""
        self._process.start()

    @property
    def is_running(self) -> bool:
        """Whether it has started and not ended."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def stop(self) -> None:
        """Ask it to end as Ctrl-C does, which keeps what is done so far; kill it when it does not listen."""
        if not self.is_running:
            return
        self._is_stopped = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            os.kill(self._process.processId(), signal.SIGINT)
            self._killer.start()

    def close(self) -> None:
        """End it and wait: the window closes. It has a moment to put away what it is writing."""
        if self.is_running:
            self.stop()
            if not self._process.waitForFinished(_LAST_MOMENT_MS):
                self._process.kill()
                self._process.waitForFinished()

    def kill(self) -> None:
        """End it at once and wait: for what keeps its work at every moment."""
        if self.is_running:
            self._process.kill()
            self._process.waitForFinished()

    def _yield_to_the_window(self) -> None:
        """Let the live view have the processor first; processes that the child starts inherit this."""
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # it may be over already
                os.setpriority(os.PRIO_PROCESS, self._process.processId(), _NICENESS)

    def _read_output(self) -> None:
        while self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf-8", "replace").strip()
            message = _json_object(line)
            if message is not None:
                self.reported.emit(message)
            elif line:
                self.log.append(line)
                self.logged.emit(line)

    def _read_errors(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in (line.strip() for line in text.splitlines()):
            if line:
                self.errors.append(line)
                self.logged.emit(line)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            words = tr(
                "{what} could not start: {errorstring}.", what=self._what, errorstring=self._process.errorString()
            )
            self.finished.emit(ProcessOutcome(self._what, -1, last_words=words))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._killer.stop()
        self._read_output()
        self._read_errors()
        is_crash = status == QProcess.ExitStatus.CrashExit
        last_words = self.errors[-1] if self.errors else ""
        self.finished.emit(ProcessOutcome(self._what, code, is_crash, self._is_stopped, last_words))


def _json_object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
