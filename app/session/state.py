"""What a session is doing, and the figures of a moment."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.live.loop import LoopState


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
