"""All views of one packet stream, laid out: video and skeleton above, plots below."""

from typing import cast

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.theme import theme_of
from app.views.panel import Panel
from app.views.plots import AzimuthPlot, BoneCVPlot, ElevationPlot, TimePlot, legend_text
from app.views.scene import SceneBuilder
from app.views.skeleton import SkeletonView, create_skeleton_view
from app.views.video import VideoView
from core.types import Refined

_TICKS_PER_REDRAW = 3  # drawing curves is the dearest part of the window: ten times a second is enough


class Board(QWidget):
    """Hands each packet to every view; `tick` is called once per UI tick."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.video = VideoView()
        skeleton = create_skeleton_view()
        self.skeleton = cast(SkeletonView, skeleton)
        self.azimuth, self.elevation, self.bone_cv = AzimuthPlot(), ElevationPlot(), BoneCVPlot()
        self._plots: dict[TimePlot, Panel] = {
            self.azimuth: Panel("Camera azimuth", self.azimuth),
            self.elevation: Panel("Camera elevation", self.elevation),
            self.bone_cv: Panel("Bone-length variation", self.bone_cv),
        }
        self._skeleton_panel = Panel("3D", skeleton)
        self._scenes = SceneBuilder()
        self._n_undrawn = 0
        self._ticks = 0

        self.columns = _splitter(
            Qt.Orientation.Horizontal, [Panel("Video", self.video), self._skeleton_panel], (62, 38)
        )
        plots = _splitter(Qt.Orientation.Horizontal, list(self._plots.values()), (38, 24, 38))
        self.rows = _splitter(Qt.Orientation.Vertical, [self.columns, plots], (68, 32))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.rows)
        self._show_legends()

    def tick(self, packet: Refined | None) -> None:
        """Take in what came since the last tick, if anything."""
        if packet is not None:
            self.video.show_packet(packet)
            self.skeleton.show_scene(self._scenes.build(packet))
            for plot in self._plots:
                plot.add(packet)
            self._n_undrawn += 1
        self._ticks += 1
        if self._n_undrawn and self._ticks % _TICKS_PER_REDRAW == 0:
            self.redraw_plots()

    def redraw_plots(self) -> None:
        """Draw the curves and say the current values."""
        self._n_undrawn = 0
        for plot, panel in self._plots.items():
            plot.redraw()
            panel.set_value(plot.value_text())

    def clear(self) -> None:
        """Another source begins."""
        self.video.show_packet(None)
        self.skeleton.show_scene(None)
        self._scenes.reset()
        for plot, panel in self._plots.items():
            plot.clear_history()
            panel.set_value("")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "rows"):
            self._show_legends()

    def _show_legends(self) -> None:
        theme = theme_of(self.palette())
        sides = [("left", theme.left), ("right", theme.right), ("raw", theme.raw)]
        self._skeleton_panel.set_note(legend_text(sides))
        for plot, panel in self._plots.items():
            panel.set_note(plot.legend())


def _splitter(orientation: Qt.Orientation, widgets: list[QWidget], shares: tuple[int, ...]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(8)
    splitter.setChildrenCollapsible(False)
    for i, (widget, share) in enumerate(zip(widgets, shares, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(i, share)
    splitter.setSizes([share * 20 for share in shares])
    return splitter
