"""The 3D skeleton view: one interface, drawn by OpenGL where it works and by QPainter where it does not."""

import math
from typing import Final, Protocol

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
from PySide6.QtWidgets import QWidget

from app.views.scene import SkeletonScene

GRID_HALF_M: Final = 1.5
GRID_STEP_M: Final = 0.25
_PLATFORMS_WITHOUT_OPENGL: Final = ("offscreen", "minimal", "vnc")


class SkeletonView(Protocol):
    """What the window needs of a 3D view, which is a QWidget too."""

    @property
    def azimuth_deg(self) -> float:
        """Where one looks from, display azimuth."""

    def show_scene(self, scene: SkeletonScene | None) -> None:
        """Draw a scene; None leaves only the floor."""

    def reset_camera(self) -> None:
        """Look from the start position again."""

    def look_from(self, azimuth_deg: float, elevation_deg: float) -> None:
        """Look from another direction, as far away as before."""


PRESETS: Final = ("camera", "front", "side", "top")
"""What one can look from: the filming camera, and the person's front, right side and top."""


def preset_angles(name: str, facing_deg: float) -> tuple[float, float]:
    """Return display azimuth and elevation, degrees, of a preset.

    Args:
        name: Of PRESETS.
        facing_deg: Where the person looks, display azimuth; NaN: towards the camera.
    """
    facing = facing_deg if math.isfinite(facing_deg) else -90.0
    return {"camera": (-90.0, 0.0), "front": (facing, 6.0), "side": (facing - 90.0, 6.0), "top": (-90.0, 89.0)}[name]


def opengl_works() -> bool:
    """Return whether a context can be made and used here."""
    if QGuiApplication.platformName() in _PLATFORMS_WITHOUT_OPENGL:
        return False
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    works = context.create() and context.makeCurrent(surface)
    if works:
        context.doneCurrent()
    return works


def create_skeleton_view(parent: QWidget | None = None) -> QWidget:
    """Return a SkeletonView that works on this machine."""
    if opengl_works():
        from app.views.skeleton_gl import GLSkeletonView

        return GLSkeletonView(parent)
    from app.views.skeleton_flat import FlatSkeletonView

    return FlatSkeletonView(parent)
