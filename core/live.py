"""The live loop: capture → mailbox → inference → mailbox, each in a thread of its own.

A camera never waits: the newest frame wins and what was not taken is counted as dropped. A file loses nothing: a
short queue blocks the reader, which also keeps to the clip's own pace.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from core.errors import NdrError
from core.pipeline import Pipeline
from core.types import Frame, Refined

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
    """

    state: LoopState
    fps: float
    latency_ms: float
    n_captured: int
    n_processed: int
    n_dropped: int
    error: str


class LiveLoop:
    """Run a pipeline on a source.

    Args:
        source: Read in the capture thread; closed when the loop ends.
        make_pipeline: Called in the inference thread, since loading the models takes a second.
        lossless: True for files (nothing dropped, the clip's own pace), False for cameras (newest wins).
        on_packet: Called in the inference thread with every packet; must be quick.

    Threading: public methods may be called from any thread.
    """

    def __init__(
        self,
        source: FrameSource,
        make_pipeline: Callable[[], Pipeline],
        *,
        lossless: bool,
        on_packet: Callable[[Refined], None] | None = None,
    ) -> None:
        self._source, self._make_pipeline, self._lossless = source, make_pipeline, lossless
        self._on_packet = on_packet
        self._queue: queue.Queue[tuple[Frame, float]] = queue.Queue(_QUEUE_SIZE)
        self._inbox: Mailbox[tuple[Frame, float]] = Mailbox()
        self._outbox: Mailbox[Refined] = Mailbox()
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._captured_all = threading.Event()
        self._ready = threading.Event()
        self._done = threading.Event()
        self._error = ""
        self._n_captured = self._n_processed = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=512)
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
        self._stop.set()
        self._go.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout_s)

    def pause(self) -> None:
        """Hold the stream: a file stands still, a camera's frames are let go by."""
        self._go.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._go.set()

    def take(self) -> Refined | None:
        """Return the newest packet not yet taken, or None."""
        return self._outbox.take()

    @property
    def stats(self) -> LiveStats:
        """The figures now."""
        now = time.perf_counter()
        recent = [(at, latency) for at, latency in tuple(self._recent) if at > now - _RATE_WINDOW_S]
        latencies = sorted(latency for _, latency in recent)
        span = recent[-1][0] - recent[0][0] if len(recent) > 1 else 0.0
        return LiveStats(
            state=self._state(),
            fps=(len(recent) - 1) / span if span > 0 else 0.0,
            latency_ms=latencies[len(latencies) // 2] * 1e3 if latencies else float("nan"),
            n_captured=self._n_captured,
            n_processed=self._n_processed,
            n_dropped=self._inbox.n_dropped,
            error=self._error,
        )

    def _state(self) -> LoopState:
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
        return LoopState.RUNNING if self._go.is_set() else LoopState.PAUSED

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a thread's work so that its death is seen: as a sentence, and by the other thread."""
        finished = False
        try:
            work()
            finished = True
        except NdrError as error:
            self._error = str(error)
            finished = True
        finally:
            if not finished:
                self._error = f"The {threading.current_thread().name} thread broke off; the log has the details."
            if self._error:
                self._stop.set()
                self._go.set()

    def _capture(self) -> None:
        try:
            anchor: float | None = None
            for frame in self._source.frames():
                if self._stop.is_set():
                    break
                if self._lossless:
                    anchor = self._keep_pace(frame, anchor)
                    self._offer((frame, time.perf_counter()))
                elif self._go.is_set():
                    self._inbox.put((frame, time.perf_counter()))
                self._n_captured += 1
        finally:
            self._source.close()
            self._captured_all.set()

    def _keep_pace(self, frame: Frame, anchor: float | None) -> float:
        """Wait until the clip's own time has come; return the wall time of the clip's second 0."""
        self._wait_ready()
        if not self._go.is_set():
            self._go.wait()
            anchor = None
        now = time.perf_counter()
        if anchor is None or now > anchor + frame.time_s + _POLL_S:
            return now - frame.time_s  # late or just resumed: go on from here rather than race to catch up
        self._stop.wait(max(0.0, anchor + frame.time_s - now))
        return anchor

    def _wait_ready(self) -> None:
        while not self._ready.wait(_POLL_S):
            if self._stop.is_set():
                return

    def _offer(self, item: tuple[Frame, float]) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _next(self) -> tuple[Frame, float] | None:
        if not self._lossless:
            return self._inbox.take(_POLL_S)
        try:
            return self._queue.get(timeout=_POLL_S)
        except queue.Empty:
            return None

    def _infer(self) -> None:
        with self._make_pipeline() as pipeline:
            self._ready.set()
            while not self._stop.is_set():
                ended = self._captured_all.is_set()  # asked before taking, so that the last frame is not missed
                item = self._next()
                if item is None:
                    if ended:
                        self._done.set()
                        return
                    continue
                frame, captured_at = item
                packet = pipeline.process(frame)
                if self._on_packet is not None:
                    self._on_packet(packet)
                self._outbox.put(packet)
                now = time.perf_counter()
                self._n_processed += 1
                self._recent.append((now, now - captured_at))
