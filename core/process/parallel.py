"""Videos in turn or in several processes at once; either way they come out as they are done."""

import contextlib
import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from core.errors import NdrError, SourceError
from core.process.plan import Job
from core.process.run import Processor, ProcessResult

Outcome = ProcessResult | NdrError
Watch = Callable[[Path, int, int | None], None]
"""Told the video, the number of its frames done and expected."""

_POLL_S = 0.1
_FRAMES_PER_MESSAGE = 10
_shared: dict[str, Any] = {}  # of a child process: what its parent gave it, and its processor


def in_turn(
    jobs: Mapping[Path, Job], watch: Watch, stop: Callable[[], bool], report: Callable[[str], None]
) -> Iterator[tuple[Path, Outcome]]:
    """Process videos one after the other in this process; a video that fails yields its error.

    Raises:
        NdrError: A job cannot be done at all: its output folder, a model or the options.
    """
    processor: Processor | None = None
    for video, job in jobs.items():
        if stop():
            return
        if processor is None or processor.job != job:
            processor = Processor(job, stop=stop, report=report)
        yield video, _attempt(processor, video, lambda done, expected, v=video: watch(v, done, expected))  # type: ignore[misc]


def in_processes(
    jobs: Mapping[Path, Job], n: int, watch: Watch, stop: Callable[[], bool], report: Callable[[str], None]
) -> Iterator[tuple[Path, Outcome]]:
    """Process videos in n processes; like `in_turn`, but in the order in which they are done.

    Ctrl-C is this process's business: the children ask the flag that it sets.
    """
    Processor(next(iter(jobs.values())), stop=stop, report=report)  # what cannot be done is said once, not n times
    context = multiprocessing.get_context("spawn")  # MediaPipe does not survive a fork
    messages: Any = context.Queue()
    flag = context.Event()
    with ProcessPoolExecutor(n, mp_context=context, initializer=_begin, initargs=(messages, flag)) as pool:
        with _born_deaf():
            waiting: dict[Future[Outcome], Path] = {
                pool.submit(_work, video, job): video for video, job in jobs.items()
            }
        try:
            while waiting:
                if stop() and not flag.is_set():
                    flag.set()
                    for future in [future for future in waiting if future.cancel()]:
                        del waiting[future]
                with contextlib.suppress(queue.Empty):
                    watch(*messages.get(timeout=_POLL_S))
                    while True:
                        watch(*messages.get_nowait())
                for future in [future for future in waiting if future.done()]:
                    video = waiting.pop(future)
                    yield video, _outcome(future, video)
        finally:
            flag.set()
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _born_deaf() -> Iterator[None]:
    """Start children that ignore Ctrl-C from their first moment, before they could be told to."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _outcome(future: Future[Outcome], video: Path) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return SourceError(f"The process that worked on {video.name} was stopped (out of memory?); use fewer --jobs.")


def _attempt(processor: Processor, video: Path, progress: Callable[[int, int | None], None]) -> Outcome:
    try:
        return processor.process(video, progress)
    except NdrError as error:
        return error


def _begin(messages: Any, flag: Any) -> None:
    _shared.update(messages=messages, flag=flag)


def _work(video: Path, job: Job) -> Outcome:
    def tell(done: int, expected: int | None) -> None:
        if done % _FRAMES_PER_MESSAGE == 0 or done == expected:
            _shared["messages"].put((video, done, expected))

    processor: Processor | None = _shared.get("processor")
    if processor is None or processor.job != job:
        try:
            processor = Processor(job, stop=_shared["flag"].is_set)
        except NdrError as error:
            return error
        _shared["processor"] = processor
    return _attempt(processor, video, tell)
