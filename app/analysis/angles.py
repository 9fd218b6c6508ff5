"""Joint angles: their values now, and the chosen one over time, left and right."""

from typing import ClassVar, Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.analysis.time_plot import TimePlot
from app.language import tr
from app.session.track import Track
from app.theme import theme_of
from core.pose.angles.joint_angles import ANGLE_NAMES, MIDLINE_ANGLES, PAIRED_ANGLES
from core.pose.metrics import masked_mean
from core.pose.types import FloatArray
from core.sequence.angle_series import angles_of_frames

KINDS: Final = (*PAIRED_ANGLES, *MIDLINE_ANGLES)
_NEAR_S: Final = 0.05


class AnglePlot(TimePlot):
    """One kind of angle, chosen with `set_kind`: left in blue and right in orange; midline angles as one line."""

    SERIES: ClassVar = {"left": ("left", "left"), "right": ("right", "right")}
    UNIT = "angle, °"

    kind = "knee_flexion"

    def set_kind(self, kind: str) -> None:
        """Show another of KINDS from the next `redraw` on."""
        self.kind = kind

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return both sides; a midline angle is drawn as the left one."""
        time_s, angles = angles_between(track, start_s, end_s)
        nothing = np.full(len(time_s), np.nan)
        if self.kind in MIDLINE_ANGLES:
            return time_s, {"left": angles[:, ANGLE_NAMES.index(self.kind)], "right": nothing}
        return time_s, {side: angles[:, ANGLE_NAMES.index(f"{side}_{self.kind}")] for side in ("left", "right")}

    def say(self, track: Track, now_s: float) -> str:
        """Return nothing: the list beside says the values."""
        return ""

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show 30 degrees at least."""
        middle, half = (low + high) / 2, max((high - low) / 2 * 1.15, 15.0)
        return middle - half, middle + half


class AnglesView(QWidget):
    """The list of angles beside a plot of the one that is chosen there.

    Signals:
        sought(float): The plot was clicked at this time of the source.
    """

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list, self.plot = QTreeWidget(), AnglePlot()
        self.list.setHeaderLabels([tr("Angle, °"), tr("Left"), tr("Right")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMinimumWidth(200)
        for kind in KINDS:
            item = QTreeWidgetItem([kind_text(kind), "", ""])
            for column in (1, 2):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(item)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, 48)
        self.list.setCurrentItem(self._row(KINDS.index(self.plot.kind)))
        self.list.currentItemChanged.connect(self._choose)
        self.plot.sought.connect(self.sought)
        self._drawn_with: tuple[Track, float, float | None] | None = None
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(self.list)
        splitter.addWidget(self.plot)
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def redraw(self, track: Track, now_s: float, duration_s: float | None) -> None:
        """Show what is around a time."""
        self._drawn_with = (track, now_s, duration_s)
        self.plot.redraw(track, now_s, duration_s)
        _, angles = angles_between(track, now_s - _NEAR_S, now_s + _NEAR_S)
        now = masked_mean(angles, axis=0) if len(angles) else np.full(len(ANGLE_NAMES), np.nan)
        for i, kind in enumerate(KINDS):
            item = self._row(i)
            if kind in MIDLINE_ANGLES:
                self._show(item, 1, now[ANGLE_NAMES.index(kind)])
            else:
                for column, side in ((1, "left"), (2, "right")):
                    self._show(item, column, now[ANGLE_NAMES.index(f"{side}_{kind}")])

    def _show(self, item: QTreeWidgetItem, column: int, angle_deg: float) -> None:
        """Write an angle; one that nobody sees is a grey dash."""
        item.setText(column, angle_text(angle_deg))
        theme = theme_of(self.palette())
        item.setForeground(column, QColor(theme.text if np.isfinite(angle_deg) else theme.muted))

    def value_text(self) -> str:
        """Return which angle is plotted."""
        return kind_text(self.plot.kind)

    def legend(self) -> str:
        """Return the legend."""
        return self.plot.legend()

    def clear_curves(self) -> None:
        """Another source begins."""
        self._drawn_with = None
        self.plot.clear_curves()
        for i in range(len(KINDS)):
            for column in (1, 2):
                self._row(i).setText(column, "")

    def _row(self, number: int) -> QTreeWidgetItem:
        item = self.list.topLevelItem(number)
        assert item is not None  # noqa: S101 a row for each of KINDS is made at the start
        return item

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.plot.set_kind(KINDS[self.list.indexOfTopLevelItem(item)])
        if self._drawn_with is not None:
            self.plot.redraw(*self._drawn_with)


def angles_between(track: Track, start_s: float, end_s: float) -> tuple[FloatArray, FloatArray]:
    """Return the (n,) times and the (n, 24) angles of `ANGLE_NAMES` between two times, degrees."""
    found = track.between(start_s, end_s, ("elevation",))
    landmarks, joints, seen = track.points_between(start_s, end_s)
    n = min(len(found["time"]), len(joints))  # a frame may have come in between
    elevation_rad = np.deg2rad(found["elevation"][:n])
    return found["time"][:n], angles_of_frames(landmarks[:n], joints[:n], elevation_rad, seen[:n])


def kind_text(kind: str) -> str:
    """Return how one of KINDS is called on the screen."""
    return tr(kind.replace("_", " ").capitalize())


def angle_text(angle_deg: float) -> str:
    """Return a whole number of degrees, a dash when it is unknown."""
    return f"{angle_deg:.0f}" if np.isfinite(angle_deg) else "–"
