"""Worker processes that end with the command that started them, and without a word."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor


@contextlib.contextmanager
def worker_pool(n_workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes for work whose files appear whole or not at all.

    Ctrl-C ends each of them at once, also while it is still importing, when Python would print a traceback; so does
    the end of the parent, even by a kill. On leaving, work that has not begun is dropped and the rest awaited.
    """
    context = multiprocessing.get_context("spawn")  # OpenGL and MediaPipe do not survive a fork
    with ProcessPoolExecutor(n_workers, mp_context=context, initializer=_begin) as pool:
        try:
            with _interrupts_held():
                for _ in range(n_workers):  # each starts a process, which inherits what is held
                    pool.submit(int)
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait, here and in processes started meanwhile, until it is let through."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a worker."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # one that came during the imports ends it here
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True, name="follow-parent").start()
