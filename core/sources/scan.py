"""What a file's packets say before anything is decoded: when its frames are shown, and whether it is whole."""

import contextlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av

from core.sources.video.container import opened
from core.sources.video.timeline import Stamp, Timeline, timeline

_VP8_IS_SHOWN = 0x10
"""In the first byte of a packet; VP8 has frames that only others refer to."""


@dataclass(frozen=True)
class Scan:
    """A file as its packets describe it.

    Attributes:
        timeline: When its frames are shown.
        n_promised: Frames that its index promises, where it breaks off before its end; None for a whole file.
        is_seekable: Whether going to a time lands on the key frame before it.
    """

    timeline: Timeline
    n_promised: int | None
    is_seekable: bool


_INDEXED_FORMATS = frozenset({"mov", "mp4", "matroska", "webm", "avi"})
"""Where seeking is exact: in others it may land behind the place asked for, so they are decoded from their start."""


def scan(path: Path) -> Scan:
    """Read through a file without decoding it; remembered for the last few files, as they were when they were read.

    Raises:
        SourceError: It cannot be opened or holds no video.
    """
    try:
        status = path.stat()
        version = (status.st_size, status.st_mtime_ns)
    except OSError:
        version = (0, 0)  # opening it says what is wrong
    return _scan(path, version)


@lru_cache(maxsize=8)
def _scan(path: Path, _version: tuple[int, int]) -> Scan:
    with opened(path, path.name) as (container, stream):
        stamps, durations = list[Stamp](), Counter[int]()
        n_packets = n_hidden = 0
        is_cut = False
        is_vp8 = stream.codec_context.name == "vp8"
        try:
            for packet in container.demux(stream):
                if packet.size == 0 and packet.pts is None and packet.dts is None:
                    continue  # the end
                n_packets += 1
                is_cut = packet.is_corrupt
                if packet.is_discard or (is_vp8 and not memoryview(packet)[0] & _VP8_IS_SHOWN):
                    n_hidden += 1
                    continue
                stamps.append(Stamp(packet.pts, packet.dts, packet.is_keyframe))
                if packet.duration:
                    durations[packet.duration] += 1
        except (av.error.FFmpegError, OSError):
            is_cut = True
        tick_s = float(stream.time_base or 1.0 / 90_000)
        usual = durations.most_common(1)
        length_hz = 1.0 / (usual[0][0] * tick_s) if usual else None
        said = (_rate(stream.average_rate), length_hz, _rate(stream.guessed_rate))
        if not any(stamp.shown is not None or stamp.decoded is not None for stamp in stamps):
            said = said[1:] + said[:1]  # without times an average is FFmpeg's guess
        n_indexed = _n_indexed(stream)
        is_cut = is_cut or n_packets < n_indexed
        promised = max(n_indexed, stream.frames) - n_hidden
        formats = set(container.format.name.split(","))
        return Scan(
            timeline(stamps, tick_s, said),
            promised if is_cut and promised > len(stamps) else None,
            bool(formats & _INDEXED_FORMATS),
        )


def _rate(rate: Any) -> float | None:
    return float(rate) if rate else None


def _n_indexed(stream: Any) -> int:
    with contextlib.suppress(av.error.FFmpegError, ValueError, AttributeError):
        return len(stream.index_entries)
    return 0
