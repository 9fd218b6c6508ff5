"""Live poses for other programs: avatars (VMC), plain OSC, JSON lines over TCP and WebSocket.

with Streamer(open_sinks(["vmc", "ws"])) as streamer:  # 127.0.0.1 unless another host is named
streamer.send(refined)  # from the inference thread: returns at once
"""

from core.live.streaming.calibration import CalibrationState
from core.live.streaming.streamer import Streamer, StreamStats
from core.live.streaming.targets import DEFAULT_PORTS, TARGETS, Target, open_sinks, parse_target

__all__ = [
    "DEFAULT_PORTS",
    "TARGETS",
    "CalibrationState",
    "StreamStats",
    "Streamer",
    "Target",
    "open_sinks",
    "parse_target",
]
