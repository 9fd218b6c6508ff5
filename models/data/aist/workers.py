"""Many videos at once: processes of this machine, or a dask cluster. Nothing that happens to one stops the others."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

from core.errors import ModelError, OutputError, SettingsError
from models.data.aist.task import ConvertedVideo, VideoTask
from models.data.worker_pool import worker_pool

Work = Callable[[VideoTask], ConvertedVideo]
"""What is done with a video; it must be picklable."""

_WORKERS_TIMEOUT_S: Final = 60.0
_AHEAD: Final = 2  # tasks per thread of a cluster that are handed out
_VIDEOS_PER_PROCESS: Final = 50  # then it is replaced, so that nothing that leaks or fragments adds up over a data set


def here(tasks: Sequence[VideoTask], work: Work, n_workers: int) -> Iterator[ConvertedVideo]:
    """Yield outcomes as they come from `n_workers` processes; 0 works in this one.

    A process that dies (out of memory, a crash in a decoder) takes the others of its pool with it; the videos that
    were in work are then tried one by one, and the one that kills its process again has failed.

    Raises:
        OutputError: A result cannot be written: all others would fail too.
        ModelError: The pose model is missing.
    """
    if n_workers == 0:
        yield from map(work, tasks)
        return
    left, suspects = deque(tasks), deque[VideoTask]()
    portion = deque[VideoTask]()
    while left or portion:
        while left and len(portion) < _VIDEOS_PER_PROCESS * n_workers:
            portion.append(left.popleft())
        yield from _in_pool(portion, suspects, work, n_workers)
        while suspects:
            suspect = suspects.popleft()
            again = deque[VideoTask]()
            yield from _in_pool(deque([suspect]), again, work, 1)
            if again:
                yield suspect.failed(
                    "its process died twice (out of memory, or a crash while decoding); look at the video."
                )


def on_cluster(tasks: Sequence[VideoTask], work: Work, address: str) -> Iterator[ConvertedVideo]:
    """Yield outcomes as they come from the workers of a dask scheduler.

    A worker that is lost gives its videos to the others; workers may join at any time.

    Raises:
        SettingsError: dask is not installed, no scheduler answers, or it has no workers.
        OutputError: A worker cannot write a result.
        ModelError: A worker has no pose model.
    """
    try:
        from distributed import Client, as_completed
    except ModuleNotFoundError as error:
        raise SettingsError("--scheduler needs dask.distributed: pip install -e '.[cluster]'") from error
    try:
        client = Client(address, timeout=_WORKERS_TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise SettingsError(f"No dask scheduler answers at {address} ({error}); start one: dask scheduler") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_TIMEOUT_S)
        except TimeoutError as error:
            raise SettingsError(
                f"The scheduler at {address} has no workers; start some: dask worker {address}"
            ) from error
        left = deque(tasks)
        running: dict[Any, VideoTask] = {}
        done = as_completed()

        def hand_out() -> None:
            while left and len(running) < max(_AHEAD * sum(client.nthreads().values()), 1):
                task = left.popleft()
                future = client.submit(work, task, key=f"aist-{task.name}", pure=False)
                running[future.key] = task
                done.add(future)

        hand_out()
        for future in done:
            task = running.pop(future.key)
            failure = future.exception()
            yield _outcome(task, failure, None if failure else future.result())
            future.release()
            hand_out()


def _in_pool(
    left: deque[VideoTask], suspects: deque[VideoTask], work: Work, n_workers: int
) -> Iterator[ConvertedVideo]:
    """Take tasks from `left` until it is empty or the pool breaks; what was then in work goes to `suspects`."""
    with worker_pool(n_workers) as pool:
        waiting: dict[Future[ConvertedVideo], VideoTask] = {}
        try:
            while left or waiting:
                while left and len(waiting) <= n_workers:
                    waiting[pool.submit(work, left[0])] = left[0]
                    left.popleft()
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        raise error
                    yield _outcome(waiting.pop(future), error, None if error else future.result())
        except BrokenProcessPool:
            suspects.extend(waiting.values())


def _outcome(task: VideoTask, error: BaseException | None, outcome: ConvertedVideo | None) -> ConvertedVideo:
    """Return what a worker returned; an error that no one foresaw is the video's, unless it would be everyone's."""
    if outcome is not None:
        return outcome
    if isinstance(error, OutputError | ModelError):
        raise error
    return task.failed(f"{type(error).__name__}: {error}")
