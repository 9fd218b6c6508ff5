import csv
import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from app.analysis.measures_view import NAMES, MeasuresView
from app.session.track import Track
from core.analysis.measures import Series
from core.pose.skeleton import LANDMARK_TO_COCO
from tests.core.analysis.movements import bumps, squats

TOPS = (2.0, 5.0, 8.0, 11.0)


def with_viewpoint(series):
    nothing = np.full(len(series.time_s), np.nan)
    azimuth = np.linspace(350.0, 370.0, len(series.time_s)) % 360
    return Series(series.time_s, {**series.values, "azimuth": azimuth, "elevation": nothing})


@pytest.fixture
def view(qtbot):
    view = MeasuresView()
    qtbot.addWidget(view)
    view.resize(760, 320)
    view.show()
    view.show_series(with_viewpoint(squats()), None)
    return view


def tick(view, *names):
    for i, name in enumerate(NAMES):
        view.list.topLevelItem(i).setCheckState(0, Qt.CheckState.Checked if name in names else Qt.CheckState.Unchecked)


def row(view, number):
    item = view.table.topLevelItem(number)
    return [item.text(column) for column in range(item.columnCount())]


def test_a_take_is_measured_and_its_squats_are_found(qtbot, make_packet, standing_ray):
    track = Track(is_live=False)
    for index in range(130):
        time_s = index / 10
        packet = make_packet(time_s, index=index)
        joints = standing_ray.copy()
        joints[[15, 16]] = joints[[13, 14]] + [0.0, 0.42, 0.0]
        turn = np.deg2rad(95 * bumps(np.array([time_s]), TOPS)[0])
        joints[[15, 16]] = joints[[13, 14]] + [0.0, 0.42 * np.cos(turn), 0.42 * np.sin(turn)]
        landmarks = packet.detection.landmarks_m.copy()
        landmarks[LANDMARK_TO_COCO] = joints
        object.__setattr__(packet.detection, "landmarks_m", landmarks)
        object.__setattr__(packet, "joints_m", joints)
        track.add(packet)
    view = MeasuresView()
    qtbot.addWidget(view)
    view.redraw(track, 0.0, 13.0)
    qtbot.waitUntil(lambda: len(view.series.time_s) == 130)
    assert len(view.cycles) == 4
    assert view.said.text().startswith("4 repetitions")
    assert float(row(view, 0)[6]) in TOPS
    view.clear_curves()
    assert view.cycles is None
    assert view.said.text() == ""


def test_degrees_and_metres_have_plots_of_their_own_and_azimuth_names_its_quarters(view):
    tick(view, "left_knee_flexion", "hip_height", "azimuth")
    assert set(view.plots.plots) == {"azimuth", "m", "°"}
    labels = {axis: plot.getAxis("left").labelText for axis, plot in view.plots.plots.items()}
    assert labels == {"azimuth": "azimuth, °", "m": "position, m", "°": "angle, °"}
    ticks = view.plots.plots["azimuth"].getAxis("left").tickStrings([0.0, 90.0, 180.0, 270.0, 45.0], 1, 45)
    assert ticks == ["front", "right", "behind", "left", "45°"]
    drawn = view.plots.curves["azimuth"].getData()[1]
    assert np.abs(np.diff(drawn)).max() < 1.0  # never a jump at 360
    legends = [label.text for plot in view.plots.plots.values() for _, label in plot.legend.items]
    assert sorted(legends) == ["Azimuth", "Hip height", "Left knee flexion"]


def test_the_range_says_its_numbers_and_follows_a_drag(qtbot, view):
    whole = row(view, 0)
    qtbot.mouseClick(view.range_button, Qt.MouseButton.LeftButton)
    view.plots.regions[0].setRegion((4.01, 5.99))
    middle = row(view, 0)
    inside = view.series.between(4.01, 5.99).values["right_knee_flexion"]
    assert float(middle[1]) == pytest.approx(inside.mean(), abs=0.06)
    assert float(middle[2]) == pytest.approx(inside.std(ddof=1), abs=0.06)
    assert float(middle[6]) == pytest.approx(5.0, abs=0.1)
    assert middle != whole
    qtbot.mouseClick(view.range_button, Qt.MouseButton.LeftButton)
    assert row(view, 0) == whole


def test_what_was_never_seen_is_grey_and_says_so(view):
    view.series.values["left_ankle_dorsiflexion"] = np.full(len(view.series.time_s), np.nan)
    tick(view, "left_ankle_dorsiflexion", "left_knee_flexion")
    texts = {row(view, i)[0]: i for i in range(2)}
    unseen = next(i for text, i in texts.items() if "not seen" in text)
    assert "ankle" in row(view, unseen)[0]
    assert set(row(view, unseen)[1:]) == {"–"}
    assert (
        view.table.topLevelItem(unseen).foreground(0).color()
        != view.table.topLevelItem(1 - unseen).foreground(0).color()
    )


def test_repetitions_are_corrected_by_clicks_and_drags(qtbot, view):
    changes = []
    view.cycles_changed.connect(lambda: changes.append(view.cycles))
    qtbot.mouseClick(view.find_button, Qt.MouseButton.LeftButton)
    assert len(view.cycles) == 4
    assert not view.cycles.by_hand
    view._now_s = 5.0
    qtbot.mouseClick(view.add_button, Qt.MouseButton.LeftButton)
    assert len(view.cycles) == 5
    assert view.cycles.by_hand
    qtbot.mouseClick(view.remove_button, Qt.MouseButton.LeftButton)
    assert len(view.cycles) == 4
    first = view.cycles.boundaries_s[0]
    line = next(item for item in view.plots.boundaries if getattr(item, "value", None) and item.value() == first)
    line.setValue(first + 0.2)
    line.sigPositionChangeFinished.emit(line)
    qtbot.waitUntil(lambda: view.cycles.boundaries_s[0] == pytest.approx(first + 0.2))
    assert len(changes) == 4
    view.set_cycles(None)
    assert view.said.text() == "No repetitions found"


def test_without_repetitions_the_range_becomes_the_first(qtbot, view):
    qtbot.mouseClick(view.range_button, Qt.MouseButton.LeftButton)
    view.plots.regions[0].setRegion((4.0, 6.0))
    qtbot.mouseClick(view.add_button, Qt.MouseButton.LeftButton)
    assert [(c.start_s, c.end_s) for c in view.cycles.cycles] == [(4.0, 6.0)]


def test_the_course_of_a_repetition_is_mean_and_sd_of_whole_ones(qtbot, view):
    view.find_again()
    qtbot.mouseClick(view.band_button, Qt.MouseButton.LeftButton)
    found = view.bands.bands["left_knee_flexion"]
    assert found.n == 4
    assert 85 < np.nanmax(found.mean) < 100
    view.set_cycles(None)
    assert view.bands.bands == {}


def test_keys_reach_the_list_and_the_tools(qtbot, view):
    view.list.setFocus()
    view.list.setCurrentItem(view.list.topLevelItem(0))
    before = view.chosen
    qtbot.keyClick(view.list, Qt.Key.Key_Space)
    assert set(view.chosen) ^ set(before) == {NAMES[0]}
    qtbot.keyClick(view.band_button, Qt.Key.Key_Space)
    assert view.band_button.isChecked()
    tab_order = {tool.focusPolicy() for tool in (view.range_button, view.find_button, view.add_button)}
    assert tab_order == {Qt.FocusPolicy.TabFocus}


def test_a_click_into_a_plot_seeks(qtbot, view):
    sought = []
    view.plots.sought.connect(sought.append)
    plot = view.plots.plots["°"]
    qtbot.waitUntil(lambda: plot.vb.sceneBoundingRect().width() > 50)
    middle = plot.vb.sceneBoundingRect().center()
    spot = view.plots.mapFromScene(middle)
    qtbot.mouseClick(view.plots.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot.x(), spot.y()))
    qtbot.waitUntil(lambda: bool(sought))
    low, high = plot.viewRange()[0]
    assert sought[0] == pytest.approx((low + high) / 2, abs=(high - low) / 20)


def test_the_window_saves_the_table_and_says_so(qtbot, window, tmp_path, monkeypatch):
    view = window.board.measures
    view.show_series(with_viewpoint(squats()), None)
    view.find_again()
    path = tmp_path / "cycles.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["cycle"] for row in rows] == ["1", "2", "3", "4"]
    assert all(float(a["end_s"]) <= float(b["start_s"]) for a, b in itertools.pairwise(rows))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path / "no"), ""))
    with qtbot.waitSignal(window.session.failed) as said:
        qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    assert str(path / "no") in said.args[0]
