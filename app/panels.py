"""All views of the open source: makes them, and hands them packets and figures."""

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QMainWindow, QToolButton

from app.actions import ACTIONS
from app.analysis.angles import AnglesView
from app.analysis.bones_view import BonesView
from app.analysis.measures_view import MeasuresView
from app.analysis.plots import AzimuthPlot, ConfidencePlot, ElevationPlot
from app.analysis.time_plot import TimePlot, legend_text
from app.analysis.viewpoint_dial import Needle, ViewpointDial
from app.export.stage_dialog import StageVideoDialog
from app.export.stage_video import StageFilm
from app.language import tr
from app.session.session import Session
from app.stage.menu import StageMenu
from app.stage.orbit import PRESETS, preset_angles
from app.stage.scene import SceneBuilder, SkeletonScene
from app.stage.skeleton_view import SkeletonView
from app.take.person import PersonModel
from app.take.video_pane import Stage
from app.theme import theme_of
from app.widgets.dock import ViewDock
from app.widgets.made import made
from core.pose.types import Refined

_LOOKS = {spec.name.removeprefix("look_"): spec.tip for spec in ACTIONS if spec.name.startswith("look_")}
_TICKS_PER_REDRAW = 4  # drawing curves is the dearest part of the window: eight times a second is enough


class Board(QObject):
    """Hands each packet to every view that is seen; `tick` is called once per UI tick.

    Attributes:
        stage: The video with its transport, the middle of the window.
        docks: Name → dock of every other view.

    Signals:
        sought(float): A plot was clicked at this time of the source.
    """

    sought = Signal(float)

    def __init__(self, session: Session, window: QMainWindow, stage: Stage) -> None:
        super().__init__(window)
        self._session, self._window, self.stage = session, window, stage
        self.person = PersonModel()
        self.skeleton, self.dial = SkeletonView(), ViewpointDial()
        self.azimuth, self.elevation, self.confidence = AzimuthPlot(), ElevationPlot(), ConfidencePlot()
        self.bones, self.angles, self.measures = BonesView(), AnglesView(), MeasuresView()
        self.docks = {
            "skeleton": ViewDock("skeleton", "3D", self.skeleton, window),
            "dial": ViewDock("dial", tr("Viewpoint"), self.dial, window),
            "azimuth": ViewDock("azimuth", tr("Azimuth"), self.azimuth, window),
            "elevation": ViewDock("elevation", tr("Elevation"), self.elevation, window),
            "confidence": ViewDock("confidence", tr("Confidence"), self.confidence, window),
            "bones": ViewDock("bones", tr("Bone lengths"), self.bones, window),
            "angles": ViewDock("angles", tr("Joint angles"), self.angles, window),
            "analysis": ViewDock("analysis", tr("Analysis"), self.measures, window),
        }
        self._plots: dict[str, TimePlot | BonesView | AnglesView | MeasuresView] = {
            "azimuth": self.azimuth, "elevation": self.elevation, "confidence": self.confidence,
            "bones": self.bones, "angles": self.angles, "analysis": self.measures,
        }  # fmt: skip
        self._scenes = SceneBuilder()
        self._scene: SkeletonScene | None = None
        self._last: Refined | None = None
        self._drawn: tuple[int, float] = (-1, -1.0)
        self._ticks = 0
        self._add_tools()
        for name, plot in self._plots.items():
            plot.sought.connect(self.sought)
            self.docks[name].visibilityChanged.connect(self._redraw_soon)
        self.show_legends()

    def tick(self, packet: Refined | None) -> None:
        """Take in what came since the last tick, if anything."""
        if packet is not None:
            self._show(packet)
        self._ticks += 1
        if self._ticks % _TICKS_PER_REDRAW == 0:
            self.redraw_plots()

    def redraw_plots(self) -> None:
        """Draw the curves that are seen, if there is anything new, and say the current values."""
        session = self._session
        now = session.track.version, session.position_s
        if now == self._drawn or session.source is None:
            return
        self._drawn = now
        for name, plot in self._plots.items():
            dock = self.docks[name]
            if dock.is_seen:
                plot.redraw(session.track, session.position_s, session.duration_s)
                dock.header.set_value(plot.value_text())
        self.stage.show_track(session.track, session.period_s)

    def _redraw_soon(self) -> None:
        self._drawn = (-1, -1.0)

    def refresh(self) -> None:
        """Draw what is shown anew: a choice or the theme is another one."""
        self._drawn = (-1, -1.0)
        if self._last is not None:
            self._show(self._last)

    def clear(self) -> None:
        """Another source begins."""
        self._last = self._scene = None
        self.stage.clear(self._session.duration_s)
        self.skeleton.show_scene(None)
        self.dial.clear()
        self._scenes.reset()
        self.skeleton.forget_room()
        self.person.reset()
        self._drawn = (-1, -1.0)
        for name, plot in self._plots.items():
            plot.clear_curves()
            self.docks[name].header.set_value("")

    def set_split(self, is_split: bool) -> None:
        """Show raw and refined beside each other, or over each other."""
        self.skeleton.set_options(replace(self.skeleton.options, comparison="beside" if is_split else "over"))

    def set_follow(self, follows: bool) -> None:
        """Keep the person in the middle, or let them walk about."""
        self._scenes.follows = follows
        self.refresh()

    def look_from(self, preset: str) -> None:
        """Look at the skeleton from one of PRESETS."""
        facing = self._scene.facing_deg if self._scene is not None else float("nan")
        self.skeleton.look_from(*preset_angles(preset, facing))
        if preset == "camera":
            self.skeleton.look_through()

    def show_legends(self) -> None:
        """Say what the colours mean, in the colours of the theme."""
        theme = theme_of(self._window.palette())
        sides = [(tr("left"), theme.left), (tr("right"), theme.right), (tr("raw"), theme.raw)]
        self.docks["skeleton"].header.set_note(legend_text(sides))
        for name, plot in self._plots.items():
            self.docks[name].header.set_note(plot.legend())

    def _show(self, packet: Refined) -> None:
        self._last = packet
        choices = self._session.choices
        self.stage.show_packet(packet)
        self.person.take(packet, choices)
        self._scenes.scale = self.person.scale
        self._scenes.intrinsics = self.person.intrinsics
        if self.docks["skeleton"].is_seen:
            take = self._session.open_take
            if take is not None:
                self._scenes.learn_take(take.showing.poses, is_whole=take.is_analysed)
            self._scene = self._scenes.build(packet)
            self.skeleton.show_scene(self._scene)
        if self.docks["dial"].is_seen:
            self.dial.show_needle(self._needle(packet))

    def _needle(self, packet: Refined) -> Needle | None:
        view = packet.viewpoint
        if view is None:
            return None
        return Needle(
            azimuth_deg=view.azimuth_deg,
            elevation_deg=view.elevation_deg,
            raw_azimuth_deg=self.person.raw_azimuth_deg,
            distance=self.person.distance_text,
        )

    def _save_stage_video(self) -> None:
        session, take = self._session, self._session.open_take
        if take is None or session.file is None or take.showing.poses is None:
            return
        self._scenes.learn_take(take.showing.poses, is_whole=take.is_analysed)
        film = StageFilm(session.file, take.showing, self._scenes, self.skeleton.look, self.skeleton.room)
        StageVideoDialog(film, (take.take.in_s, take.take.out_s), self._window).show()

    def _add_tools(self) -> None:
        header = self.docks["skeleton"].header
        for preset in PRESETS:
            button = made(QToolButton, text=tr(preset.capitalize()), autoRaise=True, toolTip=tr(_LOOKS[preset]))
            button.setObjectName("small")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, name=preset: self.look_from(name))
            header.add_tool(button)
        self.follow = made(
            QCheckBox, tr("Follow"), checked=True, toolTip=tr("Keep the person in the middle of the 3D view")
        )
        self.follow.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.follow.toggled.connect(self.set_follow)
        header.add_tool(self.follow)
        self.stage_menu = StageMenu(self.skeleton, self._save_stage_video)
        header.add_tool(self.stage_menu.button)
