"""The 3D skeleton view on OpenGL (pyqtgraph)."""

from typing import Final

import numpy as np
import pyqtgraph.opengl as gl
from OpenGL import GL
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QMouseEvent, QVector3D
from PySide6.QtWidgets import QWidget

from app.theme import theme_of
from app.views.orbit import FOV_DEG, START_AZIMUTH_DEG, START_CENTRE_M, START_DISTANCE_M, START_ELEVATION_DEG
from app.views.scene import EDGE_SIDE, SkeletonScene
from app.views.skeleton import GRID_HALF_M, GRID_STEP_M
from core.skeleton import EDGES
from core.types import FloatArray

_BLENDED: Final = {
    GL.GL_DEPTH_TEST: False,  # with it, the soft rim of one bone cuts a notch into the next
    GL.GL_BLEND: True,
    GL.GL_CULL_FACE: False,
    # the picture itself stays opaque: Qt takes colours as premultiplied, and those brighter than their alpha turn red
    "glBlendFuncSeparate": (GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA),
}


class GLSkeletonView(gl.GLViewWidget):
    """Left drag turns, middle drag moves, the wheel zooms, a double click resets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self._scene: SkeletonScene | None = None
        self._grid = gl.GLGridItem(antialias=True)
        self._grid.setSize(2 * GRID_HALF_M, 2 * GRID_HALF_M)
        self._grid.setSpacing(GRID_STEP_M, GRID_STEP_M)
        self._raw = gl.GLLinePlotItem(mode="lines", width=2.0, antialias=True, glOptions=_BLENDED)
        self._truth = gl.GLLinePlotItem(mode="lines", width=2.0, antialias=True, glOptions=_BLENDED)
        self._refined = gl.GLLinePlotItem(mode="lines", width=4.0, antialias=True, glOptions=_BLENDED)
        self._spheres = gl.GLScatterPlotItem(pxMode=False, glOptions=_BLENDED)
        for item in (self._grid, self._spheres, self._raw, self._truth, self._refined):
            self.addItem(item)
        self._restyle()
        self.reset_camera()
        self.show_scene(None)

    @property
    def azimuth_deg(self) -> float:
        """Where one looks from, display azimuth."""
        return float(self.opts["azimuth"])

    def sizeHint(self) -> QSize:
        """As tall as the video beside it."""
        return QSize(460, 450)

    def show_scene(self, scene: SkeletonScene | None) -> None:
        """Draw a scene; None leaves only the floor."""
        self._scene = scene
        for item in (self._raw, self._refined, self._spheres):
            item.setVisible(scene is not None)
        self._truth.setVisible(scene is not None and scene.truth is not None)
        if scene is None:
            return
        unsure = np.isfinite(scene.uncertainty_m)
        self._spheres.setVisible(bool(unsure.any()))
        if unsure.any():
            self._spheres.setData(
                pos=scene.refined[unsure].astype(np.float32),
                size=2 * scene.uncertainty_m[unsure],
                color=self._sphere_rgba,
            )
        self._raw.setData(pos=_ends(scene.raw), color=_colours(self._raw_rgb, scene.opacity * 0.8))
        if scene.truth is not None:
            self._truth.setData(pos=_ends(scene.truth), color=_colours(self._truth_rgb, scene.opacity))
        order = self._far_to_near(scene.refined)
        colours = _colours(self._refined_rgb[order], scene.opacity[order])
        self._refined.setData(pos=_ends(scene.refined, order), color=colours)

    def reset_camera(self) -> None:
        """Look from the start position again."""
        self.setCameraPosition(
            pos=QVector3D(*START_CENTRE_M),
            distance=START_DISTANCE_M,
            elevation=START_ELEVATION_DEG,
            azimuth=START_AZIMUTH_DEG,
        )

    def look_from(self, azimuth_deg: float, elevation_deg: float) -> None:
        """Look from another direction, as far away as before."""
        self.setCameraPosition(azimuth=azimuth_deg, elevation=elevation_deg)

    def resizeGL(self, width: int, height: int) -> None:
        """Keep the field of view across the shorter side; pyqtgraph wants it across the width."""
        super().resizeGL(width, height)
        half = np.tan(np.deg2rad(FOV_DEG) / 2) * max(1.0, width / max(height, 1))
        self.opts["fov"] = float(np.rad2deg(2 * np.arctan(half)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look from the start position again."""
        self.reset_camera()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_grid"):
            self._restyle()
            self.show_scene(self._scene)

    def _far_to_near(self, joints: FloatArray) -> FloatArray:
        eye = self.cameraPosition()
        middles = joints[EDGES].mean(axis=1)
        return np.argsort(-np.linalg.norm(middles - [eye.x(), eye.y(), eye.z()], axis=1))

    def _restyle(self) -> None:
        theme = theme_of(self.palette())
        self.setBackgroundColor(theme.panel)
        self._grid.setColor(QColor(theme.border))
        self._sphere_rgba = (*_rgb(theme.refined), 0.22)
        by_side = {1: theme.left, -1: theme.right, 0: theme.middle}
        self._raw_rgb = np.array([_rgb(theme.raw)] * len(EDGES))
        self._truth_rgb = np.array([_rgb(theme.truth)] * len(EDGES))
        self._refined_rgb = np.array([_rgb(by_side[int(side)]) for side in EDGE_SIDE])


def _ends(joints: FloatArray, order: FloatArray | slice = slice(None)) -> FloatArray:
    """Return (2 * n_edges, 3) the ends of every line, pair after pair."""
    return joints[EDGES[order]].reshape(-1, 3).astype(np.float32)


def _colours(rgb: FloatArray, opacity: FloatArray) -> FloatArray:
    """Return (2 * n_edges, 4) the colours of every line's ends."""
    return np.repeat(np.column_stack([rgb, opacity]), 2, axis=0).astype(np.float32)


def _rgb(name: str) -> tuple[float, float, float]:
    colour = QColor(name)
    return colour.redF(), colour.greenF(), colour.blueF()
