"""What ends the program from outside: Ctrl-C, a closed terminal, a system that shuts down. All end it alike.

SIGTERM and SIGHUP would end Python at once, without a word and with half a file left; here they are as good as
Ctrl-C. What the caller ignores stays ignored: `nohup` is there to ignore SIGHUP.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

END_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""What asks a program to end, as far as the system knows it."""

Handler = Callable[[int, FrameType | None], Any] | int | None


def interrupt_on_end_signals() -> None:
    """Let every signal that asks for the end raise KeyboardInterrupt in the main thread, as Ctrl-C does."""
    for number in _heeded():
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def noted() -> Iterator[threading.Event]:
    """Turn the first signal that asks for the end into an event; the second acts as always."""
    event = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        event.set()
        _restore(before)

    before = _replaced(note)
    try:
        yield event
    finally:
        _restore(before)


@contextlib.contextmanager
def ignored() -> Iterator[None]:
    """Ignore them, here and in processes started meanwhile, which go on ignoring them: their parent tells them."""
    before = _replaced(signal.SIG_IGN)
    try:
        yield
    finally:
        _restore(before)


def _heeded() -> tuple[int, ...]:
    """Return the signals to handle: none outside the main thread, which alone may, and none that is ignored."""
    if threading.current_thread() is not threading.main_thread():
        return ()
    return tuple(number for number in END_SIGNALS if signal.getsignal(number) != signal.SIG_IGN)


def _replaced(handler: Handler) -> dict[int, Handler]:
    return {number: signal.signal(number, handler) for number in _heeded()}


def _restore(handlers: dict[int, Handler]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
