"""Analysis: chosen measures over time, a range in numbers, repetitions found and corrected by hand."""

from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.analysis.band_plot import BandPlots
from app.analysis.measure_plots import MeasurePlots, curve_colour
from app.language import fill, tr
from app.session.track import Track
from app.task import Task
from app.theme import theme_of
from core.analysis.cycles import Cycles
from core.analysis.measures import MEASURES, VIEWPOINT, Series, measures_of_frames, title, unit
from core.analysis.repetitions import find_cycles
from core.analysis.statistics import statistics

NAMES: Final = (*MEASURES, *VIEWPOINT)
COLUMNS: Final = ("Measure", "Mean", "SD", "Min", "at, s", "Max", "at, s", "Range")
_FIRST: Final = ("left_knee_flexion", "right_knee_flexion")
_AGAIN_MS: Final = 1000
_MOST_ROWS: Final = 5


class MeasuresView(QWidget):
    """The list of measures, their plots, and a table of the range.

    Signals:
        sought(float): A plot was clicked at this time of the source.
        cycles_changed: A person, or the search, has other cycles than before.
        table_wanted: The table of cycles is to be saved.

    Threading: measures are worked out in a Task; everything else is the UI thread's.
    """

    sought = Signal(float)
    cycles_changed = Signal()
    table_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series = Series(np.empty(0), {})
        self.cycles: Cycles | None = None
        self._now_s, self._version, self._is_resting = 0.0, -1, False
        self._task: Task | None = None
        self.list, self.plots, self.bands = QTreeWidget(), MeasurePlots(), BandPlots()
        self.table, self.said = QTreeWidget(), QLabel("")
        self.said.setObjectName("caption")
        self._create_list()
        self._create_table()
        self._pages = QStackedWidget()
        for page in (self.plots, self.bands):
            self._pages.addWidget(page)
        right, beside = QWidget(), QVBoxLayout()
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self._pages, 1)
        beside.addWidget(self.table)
        right.setLayout(beside)
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=True)
        splitter.addWidget(self.list)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([180, 600])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._create_tools())
        layout.addWidget(splitter, 1)
        self.plots.sought.connect(self.sought)
        self.plots.range_changed.connect(self._show_table)
        self.plots.boundary_moved.connect(self._on_moved)
        self.plots.choose(_FIRST)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The measures that are ticked."""
        items = [self._item(i) for i in range(len(NAMES))]
        return tuple(n for n, item in zip(NAMES, items, strict=True) if item.checkState(0) == Qt.CheckState.Checked)

    def redraw(self, track: Track, now_s: float, duration_s: float | None) -> None:
        """Show what is known, and the moment."""
        self._now_s = now_s
        self.plots.show_cursor(now_s)
        if track.version != self._version and self._task is None and not self._is_resting:
            self._version = track.version
            self._task = Task(partial(_read, track, has_cycles=duration_s is not None), name="analysis")
            self._task.finished.connect(self._on_read)
            self._task.start()

    def show_series(self, series: Series, found: Cycles | None) -> None:
        """Show measures, and the cycles found in them unless a person has corrected what there is."""
        self.series = series
        self.plots.show_series(series)
        if self.cycles is None or not self.cycles.by_hand:
            self.cycles = found
        self._show()

    def value_text(self) -> str:
        """Return how many repetitions there are."""
        return self.said.text()

    def legend(self) -> str:
        """Follow the theme; the plots have legends of their own."""
        QTimer.singleShot(0, self, self._on_ticked)  # not while the style is being changed: plots are made anew
        return ""

    def stop(self) -> None:
        """Take no more interest in what is being worked out."""
        if self._task is not None:
            self._task.abandon()
            self._task.wait()
            self._task = None

    def clear_curves(self) -> None:
        """Another source begins."""
        self.stop()
        self._version, self.cycles = -1, None
        self.series = Series(np.empty(0), {})
        self.plots.range_s = None
        self.range_button.setChecked(False)
        self.plots.show_series(self.series)
        self._show()

    def set_cycles(self, cycles: Cycles | None) -> None:
        """Show the cycles that a take keeps."""
        if cycles != self.cycles:
            self.cycles = cycles
            self._show()

    def find_again(self) -> None:
        """Look for repetitions anew; what was corrected by hand is given up."""
        self._keep(find_cycles(self.series))

    def add_boundary(self) -> None:
        """Put a boundary at the moment that is shown; with a range and no cycles, the range is the first one."""
        if self.plots.range_s is not None and (self.cycles is None or not self.cycles.cycles):
            empty = Cycles(next((n for n in self.chosen if n in MEASURES), MEASURES[0]), ())
            self._keep(empty.with_cycle(*self.plots.range_s))
        elif self.cycles is not None:
            self._keep(self.cycles.with_boundary(self._now_s))

    def remove_boundary(self) -> None:
        """Take away the boundary that is nearest to the moment shown."""
        if self.cycles is not None and self.cycles.cycles:
            nearest = min(self.cycles.boundaries_s, key=lambda time_s: abs(time_s - self._now_s))
            self._keep(self.cycles.without_boundary(nearest))

    def set_range(self, is_on: bool) -> None:
        """Show or hide the range that the table is about: at first the repetition shown, or the middle third."""
        if not is_on or not len(self.series.time_s):
            self.plots.show_range(None)
        else:
            low, high = float(self.series.time_s[0]), float(self.series.time_s[-1])
            here = [c for c in (self.cycles.cycles if self.cycles else ()) if c.start_s <= self._now_s < c.end_s]
            third = (high - low) / 3
            self.plots.show_range((here[0].start_s, here[0].end_s) if here else (low + third, high - third))
        self._show_table()

    def _keep(self, cycles: Cycles | None) -> None:
        if cycles != self.cycles:
            self.cycles = cycles
            self._show()
            self.cycles_changed.emit()

    def _on_moved(self, from_s: float, to_s: float) -> None:
        if self.cycles is not None:
            moved = self.cycles.with_moved(from_s, to_s)
            if moved == self.cycles:
                QTimer.singleShot(0, self, self._show)  # back where it was
            else:
                QTimer.singleShot(0, self, partial(self._keep, moved))

    def _on_read(self, task: Task) -> None:
        if task is not self._task:
            return
        self._task, self._is_resting = None, True
        QTimer.singleShot(_AGAIN_MS, self, self._rest_over)
        if task.error:
            self.said.setText(task.error)
            return
        self.show_series(*task.result)

    def _rest_over(self) -> None:
        self._is_resting = False

    def _show(self) -> None:
        self.plots.show_cycles(self.cycles)
        n = len(self.cycles) if self.cycles else 0
        if not len(self.series.time_s):
            words = ""
        elif not n:
            words = tr("No repetitions found")
        else:
            whole = [cycle.duration_s for cycle in (self.cycles.whole if self.cycles else ())]
            words = tr("{n} repetitions", n=n)
            if n - len(whole):
                words = tr("{n} repetitions, {n_cut} cut off", n=n, n_cut=n - len(whole))
            if len(whole) > 1:
                words += fill(" · {:.2f} ± {:.2f} s", float(np.mean(whole)), float(np.std(whole, ddof=1)))
        self.said.setText(words)
        for button in (self.remove_button, self.save_button):
            button.setEnabled(n > 0)
        self._show_table()
        self._show_bands()

    def _show_bands(self) -> None:
        if self._pages.currentWidget() is self.bands:
            self.bands.show_bands(self.series, self.cycles, self.chosen)

    def _show_page(self, is_band: bool) -> None:
        self._pages.setCurrentWidget(self.bands if is_band else self.plots)
        self._show_bands()

    def _show_table(self) -> None:
        range_s = self.plots.range_s
        series = self.series if range_s is None else self.series.between(*range_s)
        self.table.clear()
        muted = QColor(theme_of(self.palette()).muted)
        for name in (each for each in self.chosen if each in series.values):
            found = statistics(series.time_s, series.values[name])
            number = "{:.2f}" if unit(name) == "m" else "{:.1f}"
            values = (found.mean, found.sd, found.low, found.low_s, found.high, found.high_s, found.range)
            formats = (number, number, number, "{:.2f}", number, "{:.2f}", number)
            cells = [fill(f, v) if np.isfinite(v) else "–" for f, v in zip(formats, values, strict=True)]
            words = fill("{}, {}", tr(title(name)), unit(name))
            if not found.n_seen:
                words, cells = fill("{} – {}", words, tr("not seen")), ["–"] * len(cells)
            item = QTreeWidgetItem([words, *cells])
            item.setForeground(0, QColor(curve_colour(name, self.chosen)))
            for column in range(1, len(COLUMNS)):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if not found.n_seen:
                for column in range(len(COLUMNS)):
                    item.setForeground(column, muted)
            self.table.addTopLevelItem(item)
        rows = min(max(self.table.topLevelItemCount(), 1), _MOST_ROWS)
        self.table.setFixedHeight(self.table.header().sizeHint().height() + rows * self._row_px + 18)

    def _on_ticked(self) -> None:
        self.plots.choose(self.chosen)
        self._show_table()
        self._show_bands()

    @property
    def _row_px(self) -> int:
        return self.fontMetrics().height() + 2

    def _item(self, number: int) -> QTreeWidgetItem:
        item = self.list.topLevelItem(number)
        assert item is not None  # noqa: S101 a row for each of NAMES is made at the start
        return item

    def _create_list(self) -> None:
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(tr("Measures to plot"))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for name in NAMES:
            item = QTreeWidgetItem([fill("{}, {}", tr(title(name)), unit(name))])
            item.setCheckState(0, Qt.CheckState.Checked if name in _FIRST else Qt.CheckState.Unchecked)
            self.list.addTopLevelItem(item)
        self.list.itemChanged.connect(self._on_ticked)

    def _create_table(self) -> None:
        self.table.setHeaderLabels([tr(text) for text in COLUMNS])
        self.table.setRootIsDecorated(False)
        self.table.setAccessibleName(tr("Statistics of the range"))
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.table.header().setStretchLastSection(False)
        for column in range(1, len(COLUMNS)):
            self.table.setColumnWidth(column, 50)
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def _create_tools(self) -> QHBoxLayout:
        def button(text: str, tip: str, *, checkable: bool = False) -> QToolButton:
            tool = QToolButton()
            tool.setText(text)
            tool.setToolTip(tip)
            tool.setCheckable(checkable)
            tool.setAutoRaise(True)
            tool.setObjectName("small")
            tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            return tool

        self.range_button = button(tr("Range"), tr("Statistics of a range that can be dragged"), checkable=True)
        self.range_button.toggled.connect(self.set_range)
        zoom = button(tr("All"), tr("Zoom out; the wheel zooms in"))
        zoom.clicked.connect(lambda _=False: self.plots.show_all())
        self.band_button = button(tr("0–100 %"), tr("Mean ± SD over the course of a repetition"), checkable=True)
        self.band_button.toggled.connect(self._show_page)
        self.find_button = button(tr("Find repetitions"), tr("Look for repetitions anew"))
        self.find_button.clicked.connect(lambda _=False: self.find_again())
        self.add_button = button("+", tr("Add a boundary here; without repetitions, the range becomes the first"))
        self.add_button.clicked.connect(lambda _=False: self.add_boundary())
        self.remove_button = button("−", tr("Take away the nearest boundary; drag one to move it"))
        self.remove_button.clicked.connect(lambda _=False: self.remove_boundary())
        self.save_button = button(tr("Save table…"), tr("Save the repetitions as CSV"))
        self.save_button.clicked.connect(lambda _=False: self.table_wanted.emit())
        tools = QHBoxLayout()
        tools.setContentsMargins(6, 2, 6, 2)
        for tool in (self.range_button, zoom, self.band_button, self.find_button, self.add_button, self.remove_button):
            tool.setAccessibleName(tool.toolTip())
            tools.addWidget(tool)
        tools.addWidget(self.save_button)
        self.said.setMinimumWidth(1)  # a narrow panel cuts it rather than growing the window
        tools.addWidget(self.said, 1)
        return tools


def _read(track: Track, *, has_cycles: bool) -> tuple[Series, Cycles | None]:
    """Return the measures of all that is known, and the repetitions in them; slow for hours."""
    found = track.between(-np.inf, np.inf, ("azimuth", "elevation"))
    landmarks, joints, seen = track.points_between(-np.inf, np.inf)
    n = min(len(found["time"]), len(joints))  # a frame may have come in between
    time_s, azimuth, elevation = (found[name][:n] for name in ("time", "azimuth", "elevation"))
    if not n:
        return Series(time_s, {name: time_s for name in NAMES}), None
    series = measures_of_frames(time_s, landmarks[:n], joints[:n], np.deg2rad(elevation), seen[:n])
    cycles = find_cycles(series) if has_cycles else None
    return Series(time_s, {**series.values, "azimuth": azimuth, "elevation": elevation}), cycles
