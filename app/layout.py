"""Where the panels of the window are: the arrangement it starts with, and what the user made of it."""

from typing import Final

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

_VERSION: Final = 3
_GEOMETRY, _INNER, _OUTER = "geometry", "layout", "outer_layout"
_UPPER_SHARE, _LEAST_VIDEO, _MOST_VIDEO = 0.7, 0.4, 0.6
_IN_FRONT: Final = ("azimuth", "bones")


class Layout:
    """Docks around the video, and what becomes of them.

    They live in a main window of their own inside the window, so that all of them are out of the way while nothing is
    open.

    Attributes:
        space: That inner window; its central widget is the video.
    """

    def __init__(self, window: QMainWindow, stage: QWidget, docks: dict[str, QDockWidget]) -> None:
        """Arrange the docks: skeleton, dial, azimuth, elevation, confidence, bones, angles, processing."""
        self._window, self._docks = window, docks
        self._is_as_at_first = True
        self.space = QMainWindow()
        self.space.setWindowFlags(Qt.WindowType.Widget)
        self.space.setCentralWidget(stage)
        self.space.setDockNestingEnabled(True)
        right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        for corner in (Qt.Corner.BottomRightCorner, Qt.Corner.BottomLeftCorner):
            self.space.setCorner(corner, bottom)
        self.space.addDockWidget(right, docks["skeleton"])
        self.space.addDockWidget(right, docks["processing"])
        self.space.splitDockWidget(docks["skeleton"], docks["processing"], Qt.Orientation.Horizontal)
        for name in ("dial", "azimuth", "bones"):
            self.space.addDockWidget(bottom, docks[name])
        for name, other in (
            ("azimuth", "elevation"),
            ("elevation", "confidence"),
            ("bones", "angles"),
            ("angles", "analysis"),
        ):
            self.space.tabifyDockWidget(docks[name], docks[other])
        for name in _IN_FRONT:
            docks[name].raise_()
        docks["processing"].hide()
        self._first = self.space.saveState(_VERSION)

    def restore(self) -> None:
        """Put the window and its docks where they were when it was closed last."""
        settings = QSettings()
        geometry, inner, outer = (settings.value(key) for key in (_GEOMETRY, _INNER, _OUTER))
        if geometry is None or not self._window.restoreGeometry(geometry):
            self._window.resize(1280, 720)
        self.space.resize(self._window.width(), self._window.height() - 100)
        self._resize()
        if inner is not None:
            self._bring_back(inner)
        self._is_as_at_first = inner is None
        if outer is not None:
            self._window.restoreState(outer, _VERSION)

    def reset(self) -> None:
        """Put every dock where it was at first."""
        self._bring_back(self._first)
        self._is_as_at_first = True
        self._resize()

    def share_room(self, size_px: tuple[int, int]) -> None:
        """Give the 3D view the room that a video of this size leaves, as long as nobody has arranged anything.

        A video that stands upright fills its pane's height and leaves the sides empty; the 3D view takes them.
        """
        dock = self._docks["skeleton"]
        if not self._is_as_at_first or dock.isFloating() or not all(size_px):
            return
        width, height = self.space.width(), self.space.height() * _UPPER_SHARE
        video = min(max(height * size_px[0] / size_px[1], width * _LEAST_VIDEO), width * _MOST_VIDEO)
        self.space.resizeDocks([dock], [int(width - video)], Qt.Orientation.Horizontal)

    def save(self) -> None:
        """Remember everything for the next start."""
        settings = QSettings()
        settings.setValue(_GEOMETRY, self._window.saveGeometry())
        settings.setValue(_INNER, self.space.saveState(_VERSION))
        settings.setValue(_OUTER, self._window.saveState(_VERSION))

    def tidy(self) -> None:
        """Hide what tabbing unseen docks has left: a bar with the tabs of a newer one shows through between them."""
        newest = {tuple(bar.tabText(i) for i in range(bar.count())): bar for bar in self._tab_bars()}
        for bar in self._tab_bars():
            if bar not in newest.values():
                bar.hide()

    def _bring_back(self, state: QByteArray) -> None:
        before = set(self._tab_bars())
        self.space.restoreState(state, _VERSION)
        for bar in before:  # Qt makes new tab bars and lets the old ones stand about until the next resize
            bar.hide()

    def _tab_bars(self) -> list[QTabBar]:
        return self.space.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _resize(self) -> None:
        width, height = self.space.width(), self.space.height()
        docks = self._docks
        self.space.resizeDocks([docks["skeleton"]], [int(width * 0.4)], Qt.Orientation.Horizontal)
        shares = (("dial", 0.22), ("azimuth", 0.34), ("bones", 0.44))
        plots, widths = [docks[name] for name, _ in shares], [int(width * share) for _, share in shares]
        self.space.resizeDocks(plots, widths, Qt.Orientation.Horizontal)
        self.space.resizeDocks([docks["dial"]], [int(height * 0.33)], Qt.Orientation.Vertical)
