"""Live poses to other programs: what `stream` does, from the window."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.language import tr
from app.session.session import Session
from app.task import Task
from core.live.streaming.calibration import CalibrationState
from core.live.streaming.streamer import RATE_HZ, Streamer, StreamStats
from core.live.streaming.targets import Target, open_sinks
from core.pose.types import Refined

_TICK_MS = 500


class Sending(QObject):
    """Sends every pose of what is open, file or camera, until `stop`.

    Signals:
        changed: It began, ended or failed, or the figures are others.

    Attributes:
        targets: Where to; empty when nothing is sent.
        error: Why it could not begin, one sentence.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._streamer: Streamer | None = None
        self._opening: Task | None = None
        self.targets: tuple[Target, ...] = ()
        self.error = ""
        self._last = (0.0, 0, 0)
        self._rates = (0.0, 0.0)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._measure)

    @property
    def is_on(self) -> bool:
        """Whether poses are sent."""
        return self._streamer is not None

    @property
    def is_opening(self) -> bool:
        """Whether a host is looked up."""
        return self._opening is not None

    @property
    def stats(self) -> StreamStats | None:
        """The figures now; None when nothing is sent."""
        return None if self._streamer is None else self._streamer.stats

    @property
    def rates_hz(self) -> tuple[float, float]:
        """Poses sent at a steady rate, and frames sent on, per second."""
        return self._rates

    def text(self) -> str:
        """Return what the status line says; "" when nothing is sent."""
        stats = self.stats
        if stats is None:
            return ""
        if stats.error:
            return tr("● LIVE  {error}", error=stats.error)
        kinds = ", ".join(target.kind.upper() for target in self.targets)
        return tr("● LIVE {kinds}  ·  {frames_hz:.0f} poses/s", kinds=kinds, frames_hz=self._rates[1])

    def start(self, targets: Sequence[Target], rate_hz: float = RATE_HZ) -> None:
        """Begin; hosts are looked up in a thread."""
        self.stop()
        self.error, self._opening = "", Task(lambda: open_sinks(targets), name="opening targets")
        self._wanted = tuple(targets), rate_hz
        self._opening.finished.connect(self._on_opened)
        self._opening.start()
        self.changed.emit()

    def stop(self) -> None:
        """End it; what listens is closed."""
        if self._opening is not None:
            self._opening.abandon()
            self._opening.wait()
            for sink in self._opening.result or []:
                sink.close()
            self._opening = None
        streamer, self._streamer, self._session.send_on = self._streamer, None, _nowhere
        self.targets, self._rates = (), (0.0, 0.0)
        self._timer.stop()
        if streamer is not None:
            streamer.stop()
        self.changed.emit()

    def calibrate(self, delay_s: float) -> None:
        """Ask the person for a T-pose, which begins after some seconds."""
        if self._streamer is not None:
            self._streamer.calibrate(delay_s=delay_s)
            self.changed.emit()

    def calibration_text(self) -> str:
        """Return what a T-pose calibration is doing."""
        stats = self.stats
        if stats is None:
            return ""
        if stats.calibration == CalibrationState.WAITING:
            return tr("Get into the T-pose…")
        if stats.calibration == CalibrationState.COLLECTING:
            return tr("Hold it…")
        return stats.calibration_message

    def _on_opened(self, task: Task) -> None:
        self._opening = None
        if task.error:
            self.error = task.error
        else:
            self.targets, rate_hz = self._wanted
            fov_deg = self._session.choices.fov_deg or None
            self._streamer = Streamer(task.result, rate_hz=rate_hz, horizontal_fov_deg=fov_deg)
            self._streamer.start()
            self._session.send_on = self._streamer.send
            self._last = (time.monotonic(), 0, 0)
            self._timer.start()
        self.changed.emit()

    def _measure(self) -> None:
        stats = self.stats
        if stats is None:
            return
        now = time.monotonic()
        passed = max(now - self._last[0], 1e-3)
        self._rates = (stats.n_ticks - self._last[1]) / passed, (stats.n_frames - self._last[2]) / passed
        self._last = now, stats.n_ticks, stats.n_frames
        self.changed.emit()


def _nowhere(_packet: Refined) -> None:
    """Send it on to nobody."""
