"""Videos in turn or in several processes at once; either way they come out as they are done."""

import contextlib
import multiprocessing
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from core.errors import NdrError, SourceError
from core.process.plan import Plan
from core.process.processor import Processor, ProcessResult
from core.process.run import See
from core.system.interrupts import ignored
from core.system.progress import Progress

Outcome = ProcessResult | NdrError
Watch = Callable[[Path, Progress], None]
"""Told the video, and how far it is."""

_POLL_S = 0.1
_FRAMES_PER_MESSAGE = 10
_shared: dict[str, Any] = {}  # of a child process: what its parent gave it, and its processor


def in_turn(
    plans: Sequence[Plan],
    watch: Watch,
    stop: Callable[[], bool],
    report: Callable[[str], None],
    see: See,
) -> Iterator[tuple[Path, Outcome]]:
    """Process videos one after the other in this process; a video that fails yields its error.

    Raises:
        NdrError: A job cannot be done at all: its output folder, a model or the options.
    """
    processor: Processor | None = None
    for plan in plans:
        if stop():
            return
        if processor is None or processor.job != plan.job:
            processor = Processor(plan.job, stop=stop, report=report, see=see)
        yield plan.video, _attempt(processor, plan, lambda progress, plan=plan: watch(plan.video, progress))  # type: ignore[misc]


def in_processes(
    plans: Sequence[Plan],
    n: int,
    watch: Watch,
    stop: Callable[[], bool],
    report: Callable[[str], None],
    see: See,
) -> Iterator[tuple[Path, Outcome]]:
    """Process videos in n processes; like `in_turn`, but in the order in which they are done.

    What ends the program from outside is this process's business: the children ask the flag that it sets.
    """
    Processor(plans[0].job, stop=stop, report=report)  # what cannot be done is said once, not n times
    context = multiprocessing.get_context("spawn")  # MediaPipe does not survive a fork
    with ignored():  # so that the process which looks after these does, too
        messages: Any = context.Queue()
        flag = context.Event()
    with ProcessPoolExecutor(n, mp_context=context, initializer=_begin, initargs=(messages, flag, see)) as pool:
        with ignored():  # also by the children, from their first moment
            waiting: dict[Future[Outcome], Path] = {pool.submit(_work, plan): plan.video for plan in plans}
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


def _outcome(future: Future[Outcome], video: Path) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return SourceError(f"The process that worked on {video.name} was stopped (out of memory?); use fewer --jobs.")


def _attempt(processor: Processor, plan: Plan, progress: Callable[[Progress], None]) -> Outcome:
    try:
        return processor.process(plan, progress)
    except NdrError as error:
        return error


def _begin(messages: Any, flag: Any, see: See) -> None:
    _shared.update(messages=messages, flag=flag, see=see)


def _work(plan: Plan) -> Outcome:
    def tell(progress: Progress) -> None:
        if progress.done % _FRAMES_PER_MESSAGE == 0 or progress.done == progress.total:
            _shared["messages"].put((plan.video, progress))

    processor: Processor | None = _shared.get("processor")
    if processor is None or processor.job != plan.job:
        try:
            processor = Processor(plan.job, stop=_shared["flag"].is_set, see=_shared["see"])
        except NdrError as error:
            return error
        _shared["processor"] = processor
    return _attempt(processor, plan, tell)
