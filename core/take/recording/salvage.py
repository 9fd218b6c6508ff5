"""What can be had of a video whose program was killed while it wrote it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from core.errors import SourceError
from core.exporters.pictures.encoder import as_os_error
from core.sources.video.container import opened
from core.system.files.names import for_ffmpeg


def copy_readable(source: Path, target: Path) -> int:
    """Copy the frames that are whole, in their order and up to the first that is not, without encoding them anew.

    Args:
        source: A video by `VideoWriter(is_live=True)`, finished or not.
        target: An MP4 to make.

    Returns:
        How many frames it has.

    Raises:
        SourceError: There is no whole frame.
        OSError: The file cannot be written.
    """
    n = 0
    with (
        opened(source, source.name) as (container, stream),
        as_os_error(),
        av.open(for_ffmpeg(target), "w", format="mp4") as copy,
    ):
        copied = copy.add_stream_from_template(stream)
        for packet in _whole_packets(container, stream):
            packet.stream = copied
            copy.mux(packet)
            n += 1
    if not n:
        raise SourceError(f"{source.name} holds no whole frame.")
    return n


def _whole_packets(container: Any, stream: Any) -> Iterator[Any]:
    with contextlib.suppress(av.FFmpegError):  # it breaks off
        for packet in container.demux(stream):
            if packet.is_corrupt:
                return
            if packet.size:
                yield packet
