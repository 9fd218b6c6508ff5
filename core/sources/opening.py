"""From what a person typed to a source."""

from pathlib import Path

from core.errors import SettingsError
from core.sources.base import Source
from core.sources.camera import Camera, CameraSpec
from core.sources.network_stream import SCHEMES, NetworkStream
from core.sources.video_file import VideoFile

_CAMERA_DIGITS = 2


def is_url(spec: str | Path | int) -> bool:
    """Whether `spec` is the address of a network stream."""
    return isinstance(spec, str) and spec.partition("://")[0].lower() in SCHEMES and "://" in spec


def is_camera(spec: str | Path | int) -> bool:
    """Whether `spec` is a camera index: 0, or the text "0". A file of that name comes first, and so does a folder.

    Only one or two digits are a camera beside a folder: `0` is usual for both, `20240115` is a day.
    """
    if not isinstance(spec, str):
        return isinstance(spec, int)
    return spec.isdecimal() and not Path(spec).is_file() and (len(spec) <= _CAMERA_DIGITS or not Path(spec).exists())


def open_source(spec: str | Path | int | CameraSpec, *, start_s: float = 0.0, end_s: float | None = None) -> Source:
    """Open a video file, a camera (0, 1, ...) or a network stream (http://, rtsp://, ...).

    Args:
        spec: Path, camera (its index, or with size and rate) or address.
        start_s: Start of the range, seconds; files only.
        end_s: End of the range, seconds; files only.

    Raises:
        SourceError: It cannot be opened or holds no video.
        SettingsError: The range makes no sense for this source.
    """
    if isinstance(spec, CameraSpec):
        return Camera(spec.index, spec.size_px, spec.fps)
    if is_url(spec) or is_camera(spec):
        if start_s or end_s is not None:
            raise SettingsError(f"A range of time can be chosen in a file only, and {spec} is not one.")
        return NetworkStream(str(spec)) if is_url(spec) else Camera(int(str(spec)))
    return VideoFile(Path(str(spec)).expanduser(), start_s=start_s, end_s=end_s)
