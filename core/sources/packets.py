"""Packets of a file to decoded frames, past what cannot be decoded, without losing count."""

import heapq
from collections.abc import Iterator
from typing import Any

import av

from core.sources.container import reason


def decoded_frames(container: Any, stream: Any, bad: list[str]) -> Iterator[tuple[Any, int]]:
    """Yield each frame that can be decoded, and how many frames of the file it is farther than the one before.

    The distance is 1, and more after damage: a frame is shown only after all packets with earlier stamps were read,
    so those that never came out are known to be missing. Without damage packets are not counted, because some
    codecs have packets that show nothing.

    Args:
        container: An open input.
        stream: Its video stream.
        bad: Takes the reason of each piece that cannot be decoded.
    """
    pending: list[int] = []
    for packet in _readable(container.demux(stream), bad):
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and not packet.is_discard:
            heapq.heappush(pending, stamp)
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            bad.append(reason(error))
            continue
        for frame in frames:
            step = 0
            while frame.pts is not None and pending and pending[0] <= frame.pts:
                heapq.heappop(pending)
                step += 1
            yield frame, step if bad and step else 1


def _readable(packets: Iterator[Any], bad: list[str]) -> Iterator[Any]:
    """Yield packets until the file cannot be read further."""
    try:
        yield from packets
    except (av.error.FFmpegError, OSError) as error:
        bad.append(reason(error))
