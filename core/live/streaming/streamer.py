"""Sends live poses in a thread of its own, so that neither inference nor the window ever waits for a network."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from core.errors import SettingsError
from core.live.loop import Mailbox
from core.live.streaming.calibration import CalibrationState
from core.live.streaming.interpolation import PoseInterpolator
from core.live.streaming.pose import PoseMaker, StreamedPose
from core.live.streaming.sinks import PoseSink
from core.pose.types import Refined

RATE_HZ: Final = 60.0
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class StreamStats:
    """A moment's figures.

    Attributes:
        n_frames: Packets that were sent on.
        n_ticks: Poses sent to sinks with a steady rate.
        n_dropped: Packets that a newer one replaced before their turn.
        error: Why the last sending failed, one sentence; "" when it did not.
        calibration: What the T-pose calibration is doing.
        calibration_message: One sentence about its last attempt, or "".
    """

    n_frames: int
    n_ticks: int
    n_dropped: int
    error: str
    calibration: CalibrationState
    calibration_message: str


class Streamer:
    """Take packets, stream poses.

    Args:
        sinks: Where poses go, of `open_sinks`; closed by `stop`.
        rate_hz: How often sinks with a steady rate are sent to. Between frames rotations are interpolated, which
            delays them by one frame of the source.
        horizontal_fov_deg: The camera's field of view across the width; None assumes 60 degrees across the longer side.
        min_visibility: From which a joint counts as seen, as `core.pose.seen` says; None: as usual.
        only: What is sent of a person, one of `core.pose.seen.PARTS`; None: all.

    Threading: `send`, `calibrate` and `stats` from any thread.
    """

    def __init__(
        self,
        sinks: Iterable[PoseSink],
        *,
        rate_hz: float = RATE_HZ,
        horizontal_fov_deg: float | None = None,
        min_visibility: float | None = None,
        only: str | None = None,
    ) -> None:
        if not 1.0 <= rate_hz <= 1000.0:
            raise SettingsError(f"A rate of {rate_hz:g} Hz cannot be kept; give 1 to 1000.")
        self._sinks = tuple(sinks)
        self._step_s = 1.0 / rate_hz
        self._maker = PoseMaker(horizontal_fov_deg, min_visibility=min_visibility, only=only)
        self._inbox: Mailbox[Refined] = Mailbox()
        self._stop = threading.Event()
        self._error = ""
        self._n_frames = self._n_ticks = 0
        self._between: PoseInterpolator | None = None
        self._thread = threading.Thread(target=self._run, name="streaming", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def send(self, packet: Refined) -> None:
        """Leave a packet to be streamed; returns at once, and a packet not yet taken is replaced."""
        self._inbox.put(packet)

    def stop(self) -> None:
        """End the thread and close the sinks; safe to call twice or before `start`."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        for sink in self._sinks:
            sink.close()

    def calibrate(self, *, delay_s: float = 3.0, hold_s: float = 1.5) -> None:
        """Ask for a T-pose: `delay_s` to get into it, `hold_s` to hold it; `stats` says how it went."""
        self._maker.calibration.start(time.monotonic(), delay_s=delay_s, hold_s=hold_s)

    @property
    def stats(self) -> StreamStats:
        """The figures now."""
        calibration = self._maker.calibration
        return StreamStats(
            self._n_frames, self._n_ticks, self._inbox.n_dropped, self._error, calibration.state, calibration.message
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        finished = False
        try:
            self._stream()
            finished = True
        finally:
            if not finished:
                self._error = "Streaming broke off; the log has the details."

    def _stream(self) -> None:
        is_any_paced = any(sink.is_paced for sink in self._sinks)
        next_tick_s = time.monotonic()
        is_last = False
        while not is_last:
            is_last = self._stop.is_set()  # asked before taking, so that the last packet is sent
            wait_s = max(0.0, next_tick_s - time.monotonic()) if is_any_paced and self._between else _POLL_S
            packet = self._inbox.take(wait_s)
            now_s = time.monotonic()
            if packet is not None:
                self._take_in(self._maker.make(packet, now_s), now_s)
            if self._between is not None and now_s >= next_tick_s:
                self._send(self._between.at(now_s), is_paced=True)
                self._n_ticks += 1
                # a late tick is not made up for: the next one is a step from now
                next_tick_s = max(next_tick_s + self._step_s, now_s)

    def _take_in(self, pose: StreamedPose, now_s: float) -> None:
        self._send(pose, is_paced=False)
        self._n_frames += 1
        shown = None if self._between is None else self._between.at(now_s)
        step_s = 0.0 if self._between is None else now_s - self._between.since_s
        self._between = PoseInterpolator(shown, pose, now_s, step_s)

    def _send(self, pose: StreamedPose, *, is_paced: bool) -> None:
        for sink in self._sinks:
            if sink.is_paced == is_paced:
                try:
                    sink.send(pose)
                    self._error = ""
                except OSError as error:
                    self._error = f"Streaming fails: {error.strerror or error}; check host and network."
