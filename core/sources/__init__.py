"""Where frames come from: a video file, a camera, a network stream."""

from core.sources.base import Source
from core.sources.camera import Camera, find_cameras
from core.sources.opening import is_camera, is_url, open_source
from core.sources.stream import Stream
from core.sources.video_file import VideoFile

__all__ = ["Camera", "Source", "Stream", "VideoFile", "find_cameras", "is_camera", "is_url", "open_source"]
