"""Icons drawn in the colour of the palette's text."""

import functools
from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.system.files.program import ASSETS

_FOLDER: Final = ASSETS / "icons"
_SIZE: Final = 20


def icon(name: str) -> QIcon:
    """Return `assets/icons/NAME.svg` for the application's present palette."""
    palette = QGuiApplication.palette()
    groups = (QPalette.ColorGroup.Active, QPalette.ColorGroup.Disabled)
    normal, disabled = (palette.color(group, QPalette.ColorRole.ButtonText).rgba() for group in groups)
    return _draw(name, normal, disabled)


@functools.cache
def _draw(name: str, normal: int, disabled: int) -> QIcon:
    svg = (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for rgba, mode in ((normal, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
        colour = QColor.fromRgba(rgba)
        for ratio in (1, 2):
            result.addPixmap(_render(svg.replace("currentColor", colour.name()), colour.alphaF(), ratio), mode)
    return result


def _render(svg: str, opacity: float, ratio: int) -> QPixmap:
    pixmap = QPixmap(_SIZE * ratio, _SIZE * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
