"""Opening a video with PyAV, with every refusal in one sentence."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from core.errors import SourceError
from core.system.files.names import for_ffmpeg

_TEXT_CODECS = frozenset({"ansi", "bintext", "xbin", "idf", "tmv"})
"""FFmpeg draws text files as pictures; nobody means that."""


@contextlib.contextmanager
def opened(address: str | Path, name: str, **options: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the container and its video stream, of several the one that players show unless asked.

    Args:
        address: A file, or the address of a stream.
        name: How errors call it.
        options: For `av.open`.

    Raises:
        SourceError: It cannot be opened or holds no video.
    """
    try:
        container = av.open(
            for_ffmpeg(address) if isinstance(address, Path) else address, metadata_errors="replace", **options
        )
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise SourceError(
            f"{name} is not a video that can be read: it is damaged, cut off before its index, or of another kind."
        ) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"{name} cannot be opened: {reason(error)}.") from error
    with container:
        pictures = [s for s in container.streams.video if _is_motion_picture(s)]
        stream = next((s for s in pictures if s.disposition & s.disposition.default), next(iter(pictures), None))
        if stream is None:
            raise SourceError(f"{name} holds no video, only {_kinds(container) or 'nothing that can be played'}.")
        stream.thread_type = "AUTO"
        yield container, stream


def reason(error: Exception) -> str:
    """Return what went wrong, without FFmpeg's number, without the address (the sentence has it) and full stop."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().rstrip(".").lower()


def _is_motion_picture(stream: Any) -> bool:
    is_cover = bool(stream.disposition & stream.disposition.attached_pic)
    return not is_cover and stream.codec_context is not None and stream.codec_context.name not in _TEXT_CODECS


def _kinds(container: Any) -> str:
    return ", ".join(sorted({s.type for s in container.streams} - {"video", "unknown"}))
