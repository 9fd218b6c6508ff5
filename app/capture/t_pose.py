"""The pose to stand in for a calibration, as a picture."""

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.stage.body import Body, body_of
from app.stage.body_painter import paint_body
from app.stage.orbit import OrbitCamera
from app.theme import theme_of
from core.pose.skeleton import N_LANDMARKS

_LEFT = {
    0: (0.0, -0.10, 1.62), 1: (0.02, -0.09, 1.66), 2: (0.03, -0.09, 1.66), 3: (0.04, -0.08, 1.66),
    7: (0.075, 0.0, 1.64),
    9: (0.025, -0.085, 1.57), 11: (0.17, 0.0, 1.42), 13: (0.45, 0.0, 1.42), 15: (0.70, 0.0, 1.42),
    17: (0.78, 0.0, 1.40), 19: (0.80, -0.01, 1.42), 21: (0.75, -0.04, 1.43), 23: (0.10, 0.0, 0.92),
    25: (0.11, 0.0, 0.50), 27: (0.12, 0.0, 0.09), 29: (0.12, 0.05, 0.04), 31: (0.13, -0.15, 0.02),
}  # fmt: skip
"""Left landmark → where it is in display axes, metres, seen from the front; the right ones are their mirror images."""


def t_pose() -> Body:
    """Return a body in a T-pose that faces the camera."""
    points = np.zeros((N_LANDMARKS, 3))
    for landmark, (x, y, z) in _LEFT.items():
        points[landmark] = x, y, z
        if landmark == 0:
            continue
        other = landmark + 3 if landmark in (1, 2, 3) else landmark + 1
        points[other] = -x, y, z
    return body_of(points, np.ones(N_LANDMARKS, bool))


class TPosePicture(QWidget):
    """A small figure in a T-pose, from the front."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = t_pose()
        self.setMinimumSize(150, 150)
        self.setAccessibleName(tr("A person in a T-pose: upright, both arms stretched out sideways, palms down"))

    def sizeHint(self) -> QSize:
        """As wide as high."""
        return QSize(190, 180)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the figure."""
        size = self.width(), self.height()
        body = self._body
        around = body.landmarks_m[:, None] + 0.1 * np.concatenate([np.eye(3), -np.eye(3)])
        camera = OrbitCamera(azimuth_deg=-90.0, elevation_deg=4.0).fitted(around.reshape(-1, 3), size)
        paint_body(QPainter(self), camera.lens(size), body, theme_of(self.palette()))
