"""What stays the same from picture to picture, painted once."""

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget


class PixmapCache:
    """Keeps a picture until it would look otherwise."""

    def __init__(self) -> None:
        self._depends_on: tuple[object, ...] = ()
        self._picture = QPixmap()

    def picture(
        self,
        widget: QWidget,
        ground: str,
        depends_on: object,
        paint: Callable[[QPainter], None],
        size: QSize | None = None,
    ) -> QPixmap:
        """Return the picture.

        Args:
            widget: Whose font and sharpness it has.
            ground: #rrggbb behind it.
            depends_on: What else decides how it looks; compared by ==.
            paint: Paints it, smoothly and in the widget's coordinates; called when it would look otherwise.
            size: How large it is; None: as large as the widget.
        """
        size = widget.size() if size is None else size
        scale = widget.devicePixelRatio()
        depends_on = (size, scale, widget.font(), ground, depends_on)
        if depends_on != self._depends_on:
            self._depends_on = depends_on
            self._picture = QPixmap(size * scale)
            self._picture.setDevicePixelRatio(scale)
            self._picture.fill(QColor(ground))
            painter = QPainter(self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(widget.font())
            paint(painter)
            painter.end()
        return self._picture
