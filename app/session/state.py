"""What a session is doing, and the figures of a moment."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from core.live.loop import LiveStats, LoopState
from core.sources import Source


class SessionState(StrEnum):
    """What a session is doing; the value is shown in the status line."""

    EMPTY = "nothing open"
    OPENING = "opening"
    LOADING = "loading models"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    LOST = "lost, trying again"
    FAILED = "stopped"


STATE_OF_LOOP: Final = {
    LoopState.IDLE: SessionState.LOADING,
    LoopState.STARTING: SessionState.LOADING,
    LoopState.RUNNING: SessionState.PLAYING,
    LoopState.PAUSED: SessionState.PAUSED,
    LoopState.FINISHED: SessionState.ENDED,
    LoopState.FAILED: SessionState.FAILED,
    LoopState.STOPPED: SessionState.FAILED,
}


@dataclass(frozen=True)
class SessionStatus:
    """A moment's figures for the status line; NaN and "" where there is nothing to say."""

    state: SessionState
    source_name: str = ""
    size_px: tuple[int, int] = (0, 0)
    fps: float = float("nan")
    latency_ms: float = float("nan")
    n_dropped: int = 0
    n_recorded: int = 0
    model_name: str = ""
    provider: str = ""
    activity: str = ""


def status_of(before: SessionStatus, stats: LiveStats, source: Source, **known: Any) -> SessionStatus:
    """Return a status with the figures of a loop and its source, and what else is known."""
    return replace(
        before,
        source_name=source.name,
        size_px=source.size_px,
        fps=stats.fps,
        latency_ms=stats.latency_ms,
        n_dropped=stats.n_dropped,
        **known,
    )
