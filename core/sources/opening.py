"""From what a person typed to a source."""

from pathlib import Path

from core.errors import SettingsError
from core.sources.base import Source
from core.sources.camera import Camera, CameraSpec
from core.sources.image_folder import ImageFolder
from core.sources.network_stream import SCHEMES, NetworkStream
from core.sources.reading import AS_IT_SAYS, Reading
from core.sources.video_file import VideoFile, check_file

Recorded = VideoFile | ImageFolder
"""What has a beginning and an end."""
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


def check_recorded(path: Path) -> None:
    """Raise SourceError unless there is a file with something in it, or a folder of pictures."""
    if path.is_dir():
        ImageFolder(path)
    else:
        check_file(path)


def open_video(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    reading: Reading = AS_IT_SAYS,
) -> Recorded:
    """Open a video file, or a folder of numbered pictures as one.

    Args:
        path: File or folder.
        start_s: First time wanted, seconds.
        end_s: Frames from this time on are left out; None reads to the end.
        reading: What it does not say itself.

    Raises:
        SourceError: It cannot be read.
        SettingsError: The range makes no sense.
    """
    kind = ImageFolder if path.is_dir() else VideoFile
    return kind(path, start_s=start_s, end_s=end_s, capture_hz=reading.capture_hz, change=reading.change)


def open_source(
    spec: str | Path | int | CameraSpec,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    reading: Reading = AS_IT_SAYS,
) -> Source:
    """Open a video file, a folder of pictures, a camera (0, 1, ...) or a network stream (http://, rtsp://, ...).

    Args:
        spec: Path, camera (its index, or with size and rate) or address.
        start_s: Start of the range, seconds; files only.
        end_s: End of the range, seconds; files only.
        reading: What it does not say itself; a capture rate is for files only.

    Raises:
        SourceError: It cannot be opened or holds no video.
        SettingsError: The range makes no sense for this source.
    """
    if isinstance(spec, CameraSpec):
        return Camera(spec.index, spec.size_px, spec.fps, change=reading.change)
    if is_url(spec) or is_camera(spec):
        if start_s or end_s is not None:
            raise SettingsError(f"A range of time can be chosen in a file only, and {spec} is not one.")
        return (
            NetworkStream(str(spec), change=reading.change)
            if is_url(spec)
            else Camera(int(str(spec)), change=reading.change)
        )
    return open_video(Path(str(spec)).expanduser(), start_s=start_s, end_s=end_s, reading=reading)
