"""What the scene stands on: a grid in metres with its numbers, and how long a piece of the pane is."""

from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from app.language import tr
from app.stage.lens import Lens
from app.theme import Theme
from core.pose.types import FloatArray

GRID_HALF_M: Final = 2.0
GRID_STEP_M: Final = 0.25
_BAR_PX: Final = 90.0
_BAR_LENGTHS_M: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_AXIS_M: Final = 0.35
_LABEL_PX: Final = 55.0


def grid_lines(step_m: float = GRID_STEP_M) -> FloatArray:
    """Return the (n, 2, 3) lines of the floor, metres, display axes."""
    ticks = np.arange(-GRID_HALF_M, GRID_HALF_M + step_m / 2, step_m)
    along_x = [[(-GRID_HALF_M, t, 0.0), (GRID_HALF_M, t, 0.0)] for t in ticks]
    along_y = [[(t, -GRID_HALF_M, 0.0), (t, GRID_HALF_M, 0.0)] for t in ticks]
    return np.array(along_x + along_y)


def paint_floor(painter: QPainter, lens: Lens, theme: Theme) -> None:
    """Paint the grid: whole metres strong and numbered, quarters faint; axes at the origin."""
    fine, strong = QColor(theme.border), QColor(theme.muted)
    fine.setAlphaF(0.6)
    strong.setAlphaF(0.5)
    for step, colour in ((GRID_STEP_M, fine), (1.0, strong)):
        painter.setPen(QPen(colour, 1))
        painter.drawLines([QLineF(*ends) for ends in lens.lines(grid_lines(step)).tolist()])
    axes = np.array([[(0.0, 0.0, 0.0), tuple(_AXIS_M * unit)] for unit in np.eye(3)])
    for ends, colour in zip(axes, axis_colours(theme), strict=True):
        painter.setPen(QPen(colour, 2))
        painter.drawLines([QLineF(*line) for line in lens.lines(ends[None]).tolist()])
    _paint_metres(painter, lens, QColor(theme.muted))


def axis_colours(theme: Theme) -> tuple[QColor, QColor, QColor]:
    """Return the colours of x, y and z: none of them one of the body's."""
    is_dark = QColor(theme.panel).lightness() < 128
    return tuple(
        QColor(c) for c in (("#e0707a", "#9ccb58", "#b79bf0") if is_dark else ("#b3323f", "#4f7d12", "#6a45c0"))
    )  # type: ignore[return-value]


def paint_scale(painter: QPainter, metre_px: float, height_px: int, theme: Theme) -> None:
    """Paint, bottom left, how long a length is in the middle of the scene.

    Args:
        painter: Of the pane.
        metre_px: Pixels a metre spans there.
        height_px: Of the pane.
        theme: The colours.
    """
    fitting = [length for length in _BAR_LENGTHS_M if length * metre_px <= _BAR_PX]
    length = fitting[-1] if fitting else _BAR_LENGTHS_M[0]
    x, y, width = 12.0, height_px - 12.0, length * metre_px
    painter.setPen(QPen(QColor(theme.muted), 1.5))
    painter.drawLines(
        [QLineF(x, y, x + width, y), QLineF(x, y - 4, x, y + 3), QLineF(x + width, y - 4, x + width, y + 3)]
    )
    text = tr("{length:g} m", length=length) if length >= 1 else tr("{length:g} cm", length=length * 100)
    painter.drawText(QPointF(x + width + 6, y + 4), text)


def _paint_metres(painter: QPainter, lens: Lens, colour: QColor) -> None:
    """Number the metres along both lines through the origin, in half metres where there is room."""
    small = QFont(painter.font())
    small.setPointSizeF(max(painter.font().pointSizeF() * 0.82, 6.0))
    painter.save()
    painter.setFont(small)
    painter.setPen(colour)
    for axis in (0, 1):
        ticks = np.arange(-GRID_HALF_M, GRID_HALF_M + 0.25, 0.5)
        places = np.zeros((len(ticks), 3))
        places[:, axis] = ticks
        pixels, _ = lens.project(places)
        gaps = np.hypot(*np.diff(pixels, axis=0).T)
        step = 1 if np.nanmin(gaps, initial=np.inf) > _LABEL_PX else 2
        for tick, (x, y) in list(zip(ticks.tolist(), pixels.tolist(), strict=True))[::step]:
            if tick and np.isfinite([x, y]).all():
                painter.drawText(
                    QRectF(x - 26, y + 1, 52, 16), Qt.AlignmentFlag.AlignCenter, tr("{metres:g} m", metres=tick)
                )
    painter.restore()
