"""The 3D view, painted by QPainter: turned with the mouse or the keys, from anywhere or through the camera.

Some thirty shaded outlines need no OpenGL, and one widget of it makes Qt put the whole window together by it: where it
is drawn in software, every video frame then costs twice (ARCHITECTURE.md).
"""

import itertools
from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.stage.floor import paint_floor
from app.stage.gizmo import LOOKS, end_at
from app.stage.lens import Lens
from app.stage.options import StageOptions
from app.stage.orbit import OrbitCamera
from app.stage.painter import Look, paint_stage, panes_of
from app.stage.pixmap_cache import PixmapCache
from app.stage.scene import SkeletonScene
from app.theme import theme_of
from core.pose.types import FloatArray

_TURN_PX: Final = 20
_KEYS: Final = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
_ZOOM_KEYS: Final = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
_AROUND_M: Final = 0.1
"""What a body is wider than its landmarks."""
_DIRECTIONS: Final = np.array([d for d in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(d)])


class SkeletonView(QWidget):
    """Left drag turns, right or middle drag moves, the wheel zooms, a double click fits the person into the pane.

    Reached with Tab, the arrow keys turn it, with Shift they move it, plus and minus zoom. A click on an end of the
    small axes looks along it. As long as nobody zoomed or moved, the person is kept whole in the pane.

    Signals:
        options_changed: Something else is shown.
    """

    options_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the arrow keys from the transport
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("3D view"))
        self.camera = OrbitCamera()
        self.options = StageOptions()
        self._scene: SkeletonScene | None = None
        self._is_through = False
        self._room: FloatArray | None = None
        self._is_fitting = True
        self._pressed_at: QPointF | None = None
        self._floor = PixmapCache()

    @property
    def azimuth_deg(self) -> float:
        """Where one looks from, display azimuth."""
        return self.camera.azimuth_deg

    @property
    def scene(self) -> SkeletonScene | None:
        """What is shown."""
        return self._scene

    @property
    def is_through_camera(self) -> bool:
        """Whether one looks through the camera that filmed, over its picture."""
        return self.look.filming(self._scene) is not None

    @property
    def room(self) -> FloatArray | None:
        """(n, 3) points that are kept in the pane; None before anybody was seen, or once somebody zoomed."""
        return self._room if self._is_fitting else None

    def sizeHint(self) -> QSize:
        """As tall as the video beside it."""
        return QSize(460, 450)

    def show_scene(self, scene: SkeletonScene | None) -> None:
        """Draw a scene; None leaves only the floor."""
        if scene is not self._scene:
            self._scene = scene
            if scene is not None and self._is_fitting:
                self._keep_whole(scene)
            self.update()

    def set_options(self, options: StageOptions) -> None:
        """Show other things."""
        if options != self.options:
            was_beside = self.options.comparison == "beside"
            self.options = options
            if was_beside != (options.comparison == "beside"):
                self._refit()
            self.options_changed.emit()
            self.update()

    def forget_room(self) -> None:
        """Another source begins: another person, elsewhere."""
        self._room = None

    def reset_camera(self) -> None:
        """Look from the start position again, at the whole person."""
        self._look(OrbitCamera())
        self.fit()

    def fit(self, *, with_camera: bool = False) -> None:
        """Come as near as shows the whole person, or the person and the camera that filmed."""
        self._is_through = False
        self._is_fitting = not with_camera
        scene = self._scene
        if scene is None:
            return
        if with_camera and scene.camera is not None:
            parts = [_points(scene), scene.camera.eye_m[None], scene.camera.corners()]
            self._look(self.camera.fitted(np.concatenate(parts), self._pane_size()))
            return
        self._room = None
        self._keep_whole(scene)

    def look_from(self, azimuth_deg: float, elevation_deg: float) -> None:
        """Look from another direction, as far away as before."""
        self._is_through = False
        self._look(replace(self.camera, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg))
        self._refit()

    def look_through(self) -> None:
        """Look through the camera that filmed, over its picture, where it is known."""
        self._is_through = True
        self.update()

    @property
    def look(self) -> Look:
        """How one looks at the scene."""
        return Look(self.camera, self.options, theme_of(self.palette()), self._is_through)

    def panes(self) -> list[tuple[QRect, bool]]:
        """Return the panes, and whether each shows MediaPipe's body."""
        return panes_of(self.width(), self.height(), self.options)

    def lens(self, size_px: tuple[int, int]) -> Lens:
        """Return the projection into a pane of this size."""
        return self.look.lens(self._scene, size_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panes."""
        painter = QPainter(self)
        paint_stage(painter, (self.width(), self.height()), self._scene, self.look, self._paint_ground)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme_of(self.palette()).refined), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_ground(self, painter: QPainter, size_px: tuple[int, int]) -> None:
        """Paint what does not move, once for many pictures."""
        look = self.look

        def paint(floor: QPainter) -> None:
            if look.options.grid:
                paint_floor(floor, look.camera.lens(size_px), look.theme)

        depends_on = (look.camera, look.theme, look.options.grid)
        painter.drawPixmap(0, 0, self._floor.picture(self, look.theme.panel, depends_on, paint, QSize(*size_px)))

    def _pane_size(self) -> tuple[int, int]:
        pane = self.panes()[-1][0]
        return max(pane.width(), 1), max(pane.height(), 1)

    def _keep_whole(self, scene: SkeletonScene) -> None:
        """Make room for what is shown, if it is not all in the pane."""
        points = _points(scene)
        if self._room is not None:
            reach = (_DIRECTIONS @ self._room.T).max(axis=1)
            if ((_DIRECTIONS @ points.T).max(axis=1) <= reach).all():
                return
            points = np.concatenate([points, self._room])
        self._room = points[(_DIRECTIONS @ points.T).argmax(axis=1)]
        self._refit()

    def _refit(self) -> None:
        if self._is_fitting and self._room is not None:
            around = self._room[:, None] + _AROUND_M * np.concatenate([np.eye(3), -np.eye(3)])
            self._look(self.camera.fitted(around.reshape(-1, 3), self._pane_size()))

    def _look(self, camera: OrbitCamera) -> None:
        self.camera = camera
        self.update()

    def _turn(self, camera: OrbitCamera) -> None:
        self._is_through = False
        self._look(camera)

    def _adjust(self, camera: OrbitCamera) -> None:
        """Zoom or move: from now on the user says how near."""
        self._is_fitting = False
        self._turn(camera)

    def event(self, event: QEvent) -> bool:
        """Take the arrow keys before the transport does, while the focus is here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the person whole in a pane of another shape."""
        super().resizeEvent(event)
        self._refit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn, move or zoom."""
        key = Qt.Key(event.key())
        if key in _ZOOM_KEYS:
            self._adjust(self.camera.zoomed(_ZOOM_KEYS[key]))
        elif key in _KEYS:
            right, down = (_TURN_PX * step for step in _KEYS[key])
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._adjust(self._moved(right, down))
            else:
                self._turn(self.camera.turned(right, down))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag, or look along the axis that was clicked on."""
        pane, _ = self.panes()[-1]
        place = event.position() - QPointF(pane.topLeft())
        end = "" if self.is_through_camera else end_at(self.lens(self._pane_size()), pane.width(), place.x(), place.y())
        if end and event.button() == Qt.MouseButton.LeftButton:
            self.look_from(*LOOKS[end])
            return
        self._pressed_at = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn with the left button, move with the others."""
        if self._pressed_at is None:
            return
        delta, self._pressed_at = event.position() - self._pressed_at, event.position()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._turn(self.camera.turned(delta.x(), delta.y()))
        else:
            self._adjust(self._moved(delta.x(), delta.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look from the start position again."""
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Come nearer or go away."""
        self._adjust(self.camera.zoomed(event.angleDelta().y() / 120))

    def _moved(self, right_px: float, down_px: float) -> OrbitCamera:
        return self.camera.moved(right_px, down_px, min(self._pane_size()))


def _points(scene: SkeletonScene) -> FloatArray:
    """Return (n, 3) what of a scene is to be in the pane."""
    if scene.body is None or scene.raw_body is None:
        return np.concatenate([scene.raw, scene.refined])
    return np.concatenate([scene.body.landmarks_m, scene.raw_body.landmarks_m])
