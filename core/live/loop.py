"""The live loop: capture → mailbox → inference → mailbox, each in a thread of its own.

A camera never waits: the newest frame wins and what was not taken is counted as dropped. A file loses nothing: it is
read ahead into a short queue, and each frame waits there for its turn (`core.live.playback`). After its last frame a
file's loop stays alive, so that one can go back without loading the models again.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

from core.errors import NdrError, SourceError
from core.live.playback import Transport
from core.pose.types import Frame, Refined

T = TypeVar("T")
_POLL_S = 0.1
_QUEUE_SIZE = 4
_RATE_WINDOW_S = 2.0


class FrameSource(Protocol):
    """What the loop needs of a source (see `core.sources`)."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames in the order of time."""

    def close(self) -> None:
        """Free the device or file."""


@runtime_checkable
class Seekable(Protocol):
    """What the loop needs besides of a file in which one can go back and forth."""

    def frames_from(self, time_s: float) -> Iterator[Frame]:
        """Yield the frames from the first at or after a time."""

    def time_before(self, time_s: float) -> float:
        """Return the time of the last frame before `time_s`, the first frame's if there is none."""


class Runner(Protocol):
    """What the loop needs of a pipeline."""

    def process(self, frame: Frame) -> Refined:
        """Return the packet of one frame."""

    def restart(self) -> None:
        """Forget everything that belongs to the frames before: another place in the file follows."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class _Item:
    """A frame of a file, or None for its end, in the queue.

    Attributes:
        frame: The frame.
        request: Number of the request it was read for.
        is_first: Whether the frame before it is not the one before it in the file.
        is_asked_for: Whether somebody wants to see it, wherever the out point is.
    """

    frame: Frame | None
    request: int
    is_first: bool = False
    is_asked_for: bool = False


class Mailbox(Generic[T]):
    """A slot for one item: a new one replaces one not yet taken, which is counted."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self.n_dropped = 0

    def put(self, item: T) -> None:
        """Leave an item, replacing an older one."""
        with self._condition:
            if self._item is not None:
                self.n_dropped += 1
            self._item = item
            self._condition.notify()

    def take(self, timeout_s: float = 0.0) -> T | None:
        """Take the item out; None when there is none within the timeout."""
        with self._condition:
            if self._item is None and timeout_s > 0:
                self._condition.wait(timeout_s)
            item, self._item = self._item, None
            return item


class LoopState(StrEnum):
    """What a LiveLoop is doing."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LiveStats:
    """A moment's figures.

    Attributes:
        state: What the loop is doing.
        fps: Packets per second over the last two seconds.
        latency_ms: From the frame leaving its source to its packet, median over the same time; NaN before the first.
        n_captured: Frames read from the source.
        n_processed: Packets made.
        n_dropped: Frames that a newer one replaced before inference.
        error: One sentence when the loop failed, else "".
        source_failed: Whether the error is the source's, which may come back, and not the pipeline's.
    """

    state: LoopState
    fps: float
    latency_ms: float
    n_captured: int
    n_processed: int
    n_dropped: int
    error: str
    source_failed: bool


class LiveLoop:
    """Run a pipeline on a source.

    Args:
        source: Read in the capture thread; closed when the loop ends. `Seekable` if one is to go back and forth in it.
        make_pipeline: Called in the inference thread, since loading the models takes a second.
        lossless: True for files (nothing dropped, the clip's own pace), False for cameras (newest wins).
        on_packet: Called in the inference thread with every packet; must be quick.

    Attributes:
        transport: Pause, and for files seek, step, speed, range and loop.

    Threading: public methods may be called from any thread.
    """

    def __init__(
        self,
        source: FrameSource,
        make_pipeline: Callable[[], Runner],
        *,
        lossless: bool,
        on_packet: Callable[[Refined], None] | None = None,
    ) -> None:
        self.transport = Transport()
        self._source, self._make_pipeline, self._lossless = source, make_pipeline, lossless
        self._on_packet = on_packet
        self._queue: queue.Queue[_Item] = queue.Queue(_QUEUE_SIZE)
        self._inbox: Mailbox[tuple[Frame, float]] = Mailbox()
        self._outbox: Mailbox[Refined] = Mailbox()
        self._stop = threading.Event()
        self._captured_all = threading.Event()
        self._ready = threading.Event()
        self._done = threading.Event()
        self._error, self._source_failed = "", False
        self._n_captured = self._n_processed = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=512)
        self._recent_lock = threading.Lock()  # copying a deque is not atomic: memory may be collected in between
        self._threads = [
            threading.Thread(target=self._guard, args=(self._capture,), name="capture", daemon=True),
            threading.Thread(target=self._guard, args=(self._infer,), name="inference", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End both threads and wait for them; safe to call twice or before `start`."""
        self._end()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout_s)

    def pause(self) -> None:
        """Hold the stream: a file stands still, a camera's frames are let go by."""
        self.transport.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.transport.resume()

    def take(self) -> Refined | None:
        """Return the newest packet not yet taken, or None."""
        return self._outbox.take()

    @property
    def state(self) -> LoopState:
        """What it is doing; cheaper than all of `stats`."""
        if self._error:
            return LoopState.FAILED
        if self._threads[0].ident is None:
            return LoopState.IDLE
        if self._done.is_set():
            return LoopState.FINISHED
        if self._stop.is_set():
            return LoopState.STOPPED
        if not self._ready.is_set():
            return LoopState.STARTING
        return LoopState.PAUSED if self.transport.is_paused else LoopState.RUNNING

    @property
    def stats(self) -> LiveStats:
        """The figures now."""
        now = time.perf_counter()
        with self._recent_lock:
            recent = [(at, latency) for at, latency in self._recent if at > now - _RATE_WINDOW_S]
        latencies = sorted(latency for _, latency in recent)
        span = recent[-1][0] - recent[0][0] if len(recent) > 1 else 0.0
        return LiveStats(
            state=self.state,
            fps=(len(recent) - 1) / span if span > 0 else 0.0,
            latency_ms=latencies[len(latencies) // 2] * 1e3 if latencies else float("nan"),
            n_captured=self._n_captured,
            n_processed=self._n_processed,
            n_dropped=self._inbox.n_dropped,
            error=self._error,
            source_failed=self._source_failed,
        )

    def raise_failure(self) -> None:
        """Raise what ended the loop, if it was a failure.

        Raises:
            SourceError: The source failed, which may come back.
            NdrError: Something else did.
        """
        if self._error:
            raise (SourceError if self._source_failed else NdrError)(self._error)

    def _end(self) -> None:
        self._stop.set()
        self.transport.end()

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a thread's work so that its death is seen: as a sentence, and by the other thread."""
        finished = False
        try:
            work()
            finished = True
        except NdrError as error:
            self._source_failed = threading.current_thread() is self._threads[0]
            self._error = str(error)
            finished = True
        finally:
            if not finished:
                self._error = f"The {threading.current_thread().name} thread broke off; the log has the details."
            if self._error:
                self._end()

    def _capture(self) -> None:
        try:
            if self._lossless:
                self._read_file()
            else:
                self._read_camera()
        finally:
            self._source.close()
            self._captured_all.set()

    def _read_camera(self) -> None:
        for frame in self._source.frames():
            if self._stop.is_set():
                return
            if not self.transport.is_paused:
                self._inbox.put((frame, time.perf_counter()))
            self._n_captured += 1

    def _read_file(self) -> None:
        """Read for one request after the other until the loop stops."""
        while not self._stop.is_set():
            request = self.transport.request
            frames = self._frames(request.time_s, is_before=request.is_before)
            is_reached = self._read_range(frames, request.number, is_asked_for=request.number > 0)
            while is_reached and self.transport.is_looping:
                frames = self._frames(self.transport.range_s[0], is_before=False)
                is_reached = self._read_range(frames, request.number, is_asked_for=False)
            self._offer(_Item(None, request.number))
            self.transport.wait_other(request.number)

    def _frames(self, time_s: float | None, *, is_before: bool) -> Iterator[Frame]:
        if time_s is None or not isinstance(self._source, Seekable):
            return self._source.frames()
        return self._source.frames_from(self._source.time_before(time_s) if is_before else time_s)

    def _read_range(self, frames: Iterator[Frame], number: int, *, is_asked_for: bool) -> bool:
        """Offer frames up to the out point; return whether it was reached for a request that still holds.

        A frame that was asked for is shown though it lies behind the out point: how else could one move that point?
        """
        is_first = True
        for frame in frames:
            out_s = self.transport.range_s[1]
            is_wanted = is_first and is_asked_for
            is_behind = out_s is not None and frame.time_s >= out_s and not is_wanted
            if is_behind or not self._offer(_Item(frame, number, is_first, is_wanted)):
                break
            is_first = False
            self._n_captured += 1
        # a range without any frame must not be played over and over
        return not is_first and not self._stop.is_set() and number == self.transport.request.number

    def _offer(self, item: _Item) -> bool:
        """Put an item into the queue when there is room; False when it is no longer wanted."""
        while not self._stop.is_set() and item.request == self.transport.request.number:
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def _infer(self) -> None:
        with self._make_pipeline() as pipeline:
            self._ready.set()
            while not self._stop.is_set():
                if self._lossless:
                    self._infer_item(pipeline)
                elif not self._infer_newest(pipeline):
                    return

    def _infer_item(self, pipeline: Runner) -> None:
        """Process the file's next frame when its turn has come."""
        try:
            item = self._queue.get(timeout=_POLL_S)
        except queue.Empty:
            return
        if item.request != self.transport.request.number:
            return
        if item.frame is None:
            self._done.set()
            return
        if not self.transport.wait_turn(item.request, item.frame.time_s, is_asked_for=item.is_asked_for):
            return
        self._done.clear()
        started = time.perf_counter()
        if item.is_first and self._n_processed:
            pipeline.restart()
        self._finish(pipeline.process(item.frame), started)

    def _infer_newest(self, pipeline: Runner) -> bool:
        """Process the camera's newest frame; False when there will be no other."""
        ended = self._captured_all.is_set()  # asked before taking, so that the last frame is not missed
        item = self._inbox.take(_POLL_S)
        if item is not None:
            self._finish(pipeline.process(item[0]), item[1])
        elif ended:
            self._done.set()
            return False
        return True

    def _finish(self, packet: Refined, started: float) -> None:
        if self._on_packet is not None:
            self._on_packet(packet)
        self._outbox.put(packet)
        now = time.perf_counter()
        self._n_processed += 1
        with self._recent_lock:
            self._recent.append((now, now - started))
