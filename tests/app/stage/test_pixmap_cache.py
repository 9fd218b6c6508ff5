from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.stage.pixmap_cache import PixmapCache


def test_it_is_painted_again_only_when_it_would_look_otherwise(qtbot):
    widget, backdrop, painted = QWidget(), PixmapCache(), []
    qtbot.addWidget(widget)
    widget.resize(40, 30)

    def show(ground="#102030", depends_on=1):
        return backdrop.picture(widget, ground, depends_on, painted.append).toImage()

    image = show()
    assert (image.width(), image.height()) == (40, 30)
    assert image.pixelColor(5, 5) == QColor("#102030")
    show()
    assert len(painted) == 1
    show(depends_on=2)
    assert show(ground="#405060", depends_on=2).pixelColor(5, 5) == QColor("#405060")
    widget.resize(50, 30)
    assert show(ground="#405060", depends_on=2).width() == 50
    assert len(painted) == 4
