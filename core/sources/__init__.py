"""Where frames come from: a video file, a camera, a network stream."""

from core.sources.base import Source
from core.sources.camera import Camera, CameraSpec, camera_names, find_cameras
from core.sources.image_folder import ImageFolder
from core.sources.network_stream import NetworkStream
from core.sources.opening import Recorded, is_camera, is_url, open_source, open_video
from core.sources.reading import Reading
from core.sources.video_file import VideoFile

__all__ = [
    "Camera",
    "CameraSpec",
    "ImageFolder",
    "NetworkStream",
    "Reading",
    "Recorded",
    "Source",
    "VideoFile",
    "camera_names",
    "find_cameras",
    "is_camera",
    "is_url",
    "open_source",
    "open_video",
]
