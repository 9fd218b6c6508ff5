"""A video of the stage: the take's poses painted as the window paints them, from a camera that moves or stands."""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from app.session.take_playback import Showing
from app.stage.floor import paint_floor
from app.stage.orbit import OrbitCamera
from app.stage.painter import Look, paint_stage, panes_of
from app.stage.scene import SceneBuilder
from core.errors import OutputError
from core.exporters.pictures.encoder import VideoWriter
from core.pose.types import FloatArray, Frame, ImageArray
from core.sources import open_source
from core.sources.without_video import FramesWithoutVideo
from core.system.files.atomic import atomic_path
from core.take.recordings import is_recording

PATHS: Final = {
    "turntable": "Once around the person",
    "swing": "To either side and back",
    "still": "As it is seen now",
    "through": "Through the camera that filmed",
}
"""How the camera moves → what the dialog says."""
SIZES: Final = ((1280, 720), (1920, 1080), (1080, 1080), (720, 1280), (1080, 1920))
_SWING_DEG: Final = 60.0
_AROUND_M: Final = 0.15
"""Room beyond the landmarks: for the crown of the head, and the words in the corner."""


class CancelledError(OutputError):
    """The video was not wanted any more; nothing is left of it."""


@dataclass(frozen=True)
class StageFilm:
    """What is filmed.

    Attributes:
        source: The take's video or recording.
        showing: Its poses.
        scenes: Which turns packets into scenes; copied.
        look: How the window shows them.
        room: (n, 3) what is kept in the picture; None keeps the distance of `look`.
    """

    source: Path
    showing: Showing
    scenes: SceneBuilder
    look: Look
    room: FloatArray | None

    def look_at(self, path: str, share: float, size_px: tuple[int, int]) -> Look:
        """Return how it is looked at when a share, 0..1, of the time is over, on one of PATHS."""
        camera = self.look.camera
        if path == "through":
            return replace(self.look, is_through=True)
        if path == "turntable":
            camera = replace(camera, azimuth_deg=camera.azimuth_deg + 360.0 * share)
        elif path == "swing":
            camera = replace(camera, azimuth_deg=camera.azimuth_deg + _SWING_DEG * float(np.sin(2 * np.pi * share)))
        if self.room is not None:
            pane, _ = panes_of(*size_px, self.look.options)[-1]
            camera = self._fitted(camera, (pane.width(), pane.height()))
        return replace(self.look, camera=camera, is_through=path == "still" and self.look.is_through)

    def _fitted(self, camera: OrbitCamera, size_px: tuple[int, int]) -> OrbitCamera:
        """Keep one distance and one centre all the way round: where the ball about the room just fits."""
        assert self.room is not None  # noqa: S101 asked before
        low, high = self.room.min(axis=0), self.room.max(axis=0)
        centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + _AROUND_M
        half = min(size_px) / 2 / camera.focal_px(size_px)
        distance = radius * float(np.hypot(1.0, half)) / half
        return replace(camera, centre_m=(float(centre[0]), float(centre[1]), float(centre[2])), distance_m=distance)


def film_stage(
    film: StageFilm,
    target: Path,
    path: str,
    size_px: tuple[int, int],
    range_s: tuple[float, float | None],
    report: Callable[[float], None],
    is_cancelled: threading.Event,
) -> Path:
    """Write the video; the file appears whole or not at all. Slow: call it in a Task.

    Args:
        film: What.
        target: The MP4 file.
        path: Of PATHS.
        size_px: (width, height).
        range_s: In and out point, seconds; None for the end.
        report: Called with the share that is done.
        is_cancelled: Ends it.

    Raises:
        OutputError: It cannot be written, or was cancelled.
        SourceError: The video cannot be read.
    """
    poses = film.showing.poses
    if poses is None or not len(poses):
        raise OutputError("Nothing is known of this take yet; wait for its analysis.")
    end_s = float(poses.seen.time_s[-1]) if range_s[1] is None else range_s[1]
    scenes = copy.deepcopy(film.scenes)
    source = _frames_of(film, poses.seen.image_size)
    fps, begin_s = source.fps, range_s[0]
    n = 0
    try:
        with atomic_path(target) as temporary, VideoWriter(temporary, fps) as writer:
            for frame in source.frames():
                if is_cancelled.is_set():
                    raise CancelledError("The video was cancelled.")
                if frame.time_s < begin_s - 1e-9:
                    continue
                if frame.time_s > end_s + 1e-9:
                    break
                share = (frame.time_s - begin_s) / max(end_s - begin_s, 1e-6)
                writer.add(_picture(film, scenes, frame, path, share, size_px), frame.time_s)
                report(min(share, 1.0))
                n += 1
            if not n:
                raise OutputError("There is no frame between the in and the out point.")
    except ValueError as error:  # how PyAV says that the encoder refuses
        raise OutputError(f"Cannot write {target}: {error}.") from error
    finally:
        source.close()
    return target


def _frames_of(film: StageFilm, image_size: tuple[int, int]):  # type: ignore[no-untyped-def]
    if is_recording(film.source):
        seen = film.showing.poses.seen  # type: ignore[union-attr]
        return FramesWithoutVideo(film.source.name, seen.time_s, seen.frame_index, image_size)
    return open_source(str(film.source))


def _picture(
    film: StageFilm, scenes: SceneBuilder, frame: Frame, path: str, share: float, size_px: tuple[int, int]
) -> ImageArray:
    scene = scenes.build(film.showing.packet(frame))
    look = film.look_at(path, share, size_px)
    image = QImage(*size_px, QImage.Format.Format_RGB888)
    image.fill(QColor(look.theme.panel))
    painter = QPainter(image)
    font = painter.font()
    font.setPixelSize(max(min(size_px) // 48, 10))
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint_ground(ground: QPainter, pane_px: tuple[int, int]) -> None:
        if look.options.grid:
            paint_floor(ground, look.camera.lens(pane_px), look.theme)

    paint_stage(painter, size_px, scene, look, paint_ground)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(size_px[1], image.bytesPerLine())
    # a copy: the rows are the image's, which ends here
    return np.array(rows[:, : 3 * size_px[0]]).reshape(size_px[1], size_px[0], 3)
