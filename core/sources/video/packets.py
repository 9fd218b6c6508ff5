"""Packets of a file to decoded frames, past what cannot be decoded."""

from collections.abc import Iterator
from typing import Any

import av

from core.sources.video.container import reason


def decoded_frames(container: Any, stream: Any, bad: list[str]) -> Iterator[Any]:
    """Yield each frame that can be decoded, in the order in which they are shown.

    Args:
        container: An open input.
        stream: Its video stream.
        bad: Takes the reason of each piece that cannot be decoded.
    """
    for packet in _readable(container.demux(stream), bad):
        try:
            yield from packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            bad.append(reason(error))


def _readable(packets: Iterator[Any], bad: list[str]) -> Iterator[Any]:
    """Yield packets until the file cannot be read further."""
    try:
        yield from packets
    except (av.error.FFmpegError, OSError) as error:
        bad.append(reason(error))
