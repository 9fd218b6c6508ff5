"""The small axes in a corner: how the scene is turned, and where to click to look along one of them."""

from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.stage.floor import axis_colours
from app.stage.lens import Lens
from app.theme import Theme
from core.pose.types import FloatArray

_REACH_PX, _BALL_PX, _EDGE_PX = 26.0, 8.0, 40.0
ENDS: Final = {
    "X": (1, 0, 0), "Y": (0, 1, 0), "Z": (0, 0, 1), "-X": (-1, 0, 0), "-Y": (0, -1, 0), "-Z": (0, 0, -1),
}  # fmt: skip
LOOKS: Final = {
    "X": (0.0, 0.0), "Y": (90.0, 0.0), "Z": (-90.0, 89.0), "-X": (180.0, 0.0), "-Y": (-90.0, 0.0), "-Z": (-90.0, -89.0),
}  # fmt: skip
"""End → display azimuth and elevation, degrees, of one who looks from there."""


def _places(lens: Lens, width_px: int) -> tuple[FloatArray, FloatArray]:
    turned = np.array(list(ENDS.values()), dtype=float) @ lens.axes.T
    middle = np.array([width_px - _EDGE_PX, _EDGE_PX])
    return middle + turned[:, :2] * [_REACH_PX, -_REACH_PX], turned[:, 2]


def end_at(lens: Lens, width_px: int, x: float, y: float) -> str:
    """Return the end under a point of a pane that is so wide, the nearest to the eye first; "" for none."""
    places, depth = _places(lens, width_px)
    hit = np.hypot(*(places - [x, y]).T) <= _BALL_PX + 2
    if not hit.any():
        return ""
    return list(ENDS)[int(np.where(hit, depth, np.inf).argmin())]


def paint_gizmo(painter: QPainter, lens: Lens, width_px: int, theme: Theme) -> None:
    """Paint it top right."""
    places, depth = _places(lens, width_px)
    middle = QPointF(width_px - _EDGE_PX, _EDGE_PX)
    colours, names = axis_colours(theme) * 2, list(ENDS)
    painter.save()
    font = painter.font()
    font.setPointSizeF(7.0)
    font.setBold(True)
    painter.setFont(font)
    for i in np.argsort(-depth).tolist():
        colour, place = QColor(colours[i]), QPointF(*places[i])
        is_positive = not names[i].startswith("-")
        if is_positive:
            painter.setPen(QPen(colour, 2))
            painter.drawLine(QLineF(middle, place))
        painter.setPen(QPen(colour, 1.2))
        painter.setBrush(colour if is_positive else QColor(theme.panel))
        painter.drawEllipse(place, _BALL_PX - 1, _BALL_PX - 1)
        if is_positive:
            painter.setPen(QColor(theme.panel))
            box = QRectF(place.x() - _BALL_PX, place.y() - _BALL_PX, 2 * _BALL_PX, 2 * _BALL_PX)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, names[i])
    painter.restore()
