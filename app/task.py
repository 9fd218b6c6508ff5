"""A function run in a thread, its end announced to the thread of whoever listens."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import NdrError


class Task(QObject):
    """Run `work` once in a daemon thread.

    Signals:
        finished(Task): It ended; read `result` and `error`. Connect a method of a QObject, which then runs in that
            object's thread. Not sent after `abandon`.

    Attributes:
        result: What `work` returned, None until then or when it failed.
        error: One sentence when it failed, else "".
    """

    finished = Signal(object)

    def __init__(self, work: Callable[[], Any], *, name: str, discard: Callable[[Any], None] | None = None) -> None:
        """Prepare the task.

        Args:
            work: Called in the thread; an NdrError it raises becomes `error`.
            name: Of the thread, for logs and messages: "opening", "saving".
            discard: Called in the thread with the result when the task was abandoned meanwhile.
        """
        super().__init__()
        self.result: Any = None
        self.error = ""
        self._work, self._discard = work, discard
        self._lock = threading.Lock()
        self._is_abandoned = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def abandon(self) -> None:
        """Take no more interest: `finished` is not sent, the result is discarded."""
        with self._lock:
            self._is_abandoned = True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread; return whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self.error = f"The {self._thread.name} thread broke off; the log has the details."
        try:
            self.result = self._work()
            self.error = ""
        except NdrError as error:
            self.error = str(error)
        finally:
            with self._lock:
                is_abandoned = self._is_abandoned
            if not is_abandoned:
                self.finished.emit(self)
            elif self._discard is not None and self.result is not None:
                self._discard(self.result)
