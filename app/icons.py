"""Icons drawn in the colour of the palette's text."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

_FOLDER: Final = Path(__file__).parents[1] / "assets" / "icons"
_SIZE: Final = 20


def icon(name: str) -> QIcon:
    """Return `assets/icons/NAME.svg` for the application's present palette."""
    svg = (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    palette = QGuiApplication.palette()
    result = QIcon()
    for group, mode in (
        (QPalette.ColorGroup.Active, QIcon.Mode.Normal),
        (QPalette.ColorGroup.Disabled, QIcon.Mode.Disabled),
    ):
        colour = palette.color(group, QPalette.ColorRole.ButtonText)
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
