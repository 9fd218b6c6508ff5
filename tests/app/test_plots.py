import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.analysis.bone_plot import BoneLengthPlot
from app.analysis.plots import AzimuthPlot, BoneCVPlot, ConfidencePlot, ElevationPlot, azimuth_text, elevation_text
from app.analysis.time_plot import connected, shown_span
from app.session.track import Track, nearest_turn, unwrapped


@pytest.fixture
def azimuth(qtbot):
    plot = AzimuthPlot()
    qtbot.addWidget(plot)
    return plot


def track_of(packets, *, is_live=True):
    track = Track(is_live=is_live)
    for packet in packets:
        track.add(packet)
    return track


def curve(plot, name):
    return plot.curves[name].getData()[1]


def test_the_azimuth_curve_does_not_jump_at_359_to_1(azimuth, make_packet):
    track = track_of(make_packet(i / 30, azimuth_deg=a) for i, a in enumerate((350.0, 357.0, 359.0, 1.0, 8.0)))
    azimuth.redraw(track, 0.1, None)
    assert np.allclose(curve(azimuth, "azimuth"), [-10, -3, -1, 1, 8], atol=1e-6)


def test_several_turns_go_on_rising(azimuth, make_packet):
    track = track_of(make_packet(i / 30, azimuth_deg=(i * 10.0) % 360.0) for i in range(100))
    azimuth.redraw(track, 3.0, None)
    assert np.allclose(np.diff(curve(azimuth, "azimuth")), 10.0, atol=1e-6)


def test_the_raw_azimuth_stays_beside_the_predicted_one(azimuth, make_packet):
    track = track_of(make_packet(i / 30, azimuth_deg=angle) for i, angle in enumerate((340.0, 20.0)))
    azimuth.redraw(track, 0.1, None)
    assert np.allclose(curve(azimuth, "raw"), 0.0, atol=1e-6)  # the raw joints say 0


def test_nobody_leaves_a_gap(azimuth, make_packet):
    packets = [make_packet(0.0, azimuth_deg=350.0), make_packet(0.1, found=False), make_packet(0.2, azimuth_deg=10.0)]
    azimuth.redraw(track_of(packets), 0.2, None)
    shown = curve(azimuth, "azimuth")
    assert np.isnan(shown[1])
    assert shown[[0, 2]] == pytest.approx([-10.0, 10.0])


def test_no_line_is_drawn_over_what_was_never_looked_at():
    time_s = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2])
    values = np.array([1.0, 2.0, np.nan, 3.0, 4.0, 5.0])
    assert connected(time_s, values).tolist() == [True, False, False, True, True, False]
    assert connected(np.arange(4.0), np.ones(4)).tolist() == [True, True, True, False]  # one picture a second
    assert connected(np.zeros(0), np.zeros(0)).tolist() == []


def test_a_jump_leaves_a_gap_in_the_curve(azimuth, make_packet):
    packets = [make_packet(i / 30, index=i) for i in (*range(30), *range(150, 180))]
    azimuth.redraw(track_of(packets, is_live=False), 5.9, 6.0)
    assert azimuth.curves["azimuth"].opts["connect"].sum() == 58
    azimuth.resize(300, 200)
    azimuth.show()
    azimuth.clear_curves()
    azimuth.grab()


def test_turns_are_kept_across_gaps():
    turned = unwrapped(np.array([170.0, np.nan, 190.0, 350.0, 20.0]))
    assert turned == pytest.approx([170.0, np.nan, 190.0, 350.0, 380.0], nan_ok=True)
    assert unwrapped(np.full(3, np.nan)) == pytest.approx(np.full(3, np.nan), nan_ok=True)
    assert nearest_turn(np.array([5.0]), np.array([725.0])) == pytest.approx([725.0])


def test_the_newest_of_a_camera_is_in_sight(azimuth, make_packet):
    packet = make_packet
    track = track_of(packet(i / 30) for i in range(1500))
    azimuth.redraw(track, 1499 / 30, None)
    time_s, _ = azimuth.curves["azimuth"].getData()
    low, high = azimuth.viewRange()[0]
    assert low < time_s[-1] <= high
    azimuth.clear_curves()
    assert azimuth.curves["azimuth"].getData()[0] is None or len(azimuth.curves["azimuth"].getData()[0]) == 0
    assert azimuth.value_text() == ""


def test_the_value_is_that_under_the_cursor(qtbot, make_packet):
    plot = ElevationPlot()
    qtbot.addWidget(plot)
    track = track_of((make_packet(i / 10, index=i, elevation_deg=i) for i in range(20)), is_live=False)
    plot.redraw(track, 1.2, 2.0)
    assert plot.value_text() == "12° above"
    assert plot.cursor_line.value() == 1.2
    assert plot.curves["elevation"].getData()[1] == pytest.approx(np.arange(20.0))


def test_a_click_asks_for_the_time_under_it(qtbot, make_packet):
    plot = ElevationPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.redraw(track_of([make_packet(0.0)], is_live=False), 0.0, 10.0)
    qtbot.waitExposed(plot)
    qtbot.wait(20)
    where = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(7.0, 0.0)))
    with qtbot.waitSignal(plot.sought) as sought:
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert sought.args[0] == pytest.approx(7.0, abs=0.1)


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (0.0, "in front"), (359.4, "in front"), (23.0, "23° to their right"), (180.0, "behind"),
        (270.0, "90° to their left"), (337.0, "23° to their left"), (float("nan"), ""),
    ],
)  # fmt: skip
def test_azimuth_in_words(angle, text):
    assert azimuth_text(angle) == text


@pytest.mark.parametrize(
    ("angle", "text"), [(5.2, "5° above"), (-12.0, "12° below"), (0.2, "level"), (float("nan"), "")]
)
def test_elevation_in_words(angle, text):
    assert elevation_text(angle) == text


def test_axis_names_the_quarters_of_any_turn(azimuth):
    axis = azimuth.getAxis("left")
    assert axis.tickStrings([-90.0, 0.0, 45.0, 90.0, 180.0, 360.0, 400.0], 1.0, 45.0) == [
        "left", "front", "45°", "right", "behind", "front", "40°",
    ]  # fmt: skip


def test_bone_cv_is_in_percent_of_the_bones_that_were_seen(qtbot, make_packet):
    plot = BoneCVPlot()
    qtbot.addWidget(plot)
    packets = [make_packet(index / 10, index=index) for index in range(2)]
    object.__setattr__(packets[1], "raw_m", packets[1].raw_m * 1.2)
    joints = packets[1].joints_m.copy()
    joints[15] += [0.0, 0.4, 0.0]  # the left shin twice as long
    object.__setattr__(packets[1], "joints_m", joints)
    plot.redraw(track_of(packets), 0.1, None)
    assert curve(plot, "raw")[-1] == pytest.approx(100 * 0.1 / 1.1)  # lengths 1 and 1.2
    longer = curve(plot, "refined")[-1]
    assert longer > 1.0
    assert plot.value_text().endswith("raw 9.1 %")
    for packet in packets:
        packet.detection.landmarks_px[27] = -50.0  # the left ankle is beyond the picture
    plot.redraw(track_of(packets), 0.1, None)
    assert curve(plot, "refined")[-1] == pytest.approx(0.0, abs=1e-6)


def test_the_length_of_the_chosen_bone_is_in_centimetres(qtbot, make_packet, standing_ray):
    plot = BoneLengthPlot()
    qtbot.addWidget(plot)
    plot.set_bone("right_thigh")
    plot.redraw(track_of([make_packet(0.0)]), 0.0, None)
    length = 100 * np.linalg.norm(standing_ray[14] - standing_ray[12])
    assert curve(plot, "refined") == pytest.approx([length])
    assert plot.value_text() == f"{length:.1f} cm"


def test_confidence_has_both_figures(qtbot, make_packet):
    plot = ConfidencePlot()
    qtbot.addWidget(plot)
    plot.redraw(track_of([make_packet(0.0, visibility=0.8)]), 0.0, None)
    assert plot.value_text() == "80 %  ·  ±20 mm"


def test_axes_have_units_and_legends_name_the_curves(azimuth):
    assert "°" in azimuth.getAxis("left").labelText
    assert azimuth.getAxis("bottom").tickStrings([0.0, 2.5], 1.0, 2.5) == ["0 s", "2.5 s"]
    assert "raw" in azimuth.legend()
    assert "predicted" in azimuth.legend()


@pytest.mark.parametrize(
    ("now", "duration", "span"),
    [
        (0.0, None, (0, 5)), (5.0, None, (0, 5)), (7.0, None, (0, 10)), (19.0, None, (0, 20)), (60.0, None, (40, 60)),
        (3.0, 8.0, (0, 8)), (59.0, 100.0, (40, 60)), (60.5, 100.0, (60, 80)),
    ],
)  # fmt: skip
def test_a_camera_scrolls_and_a_file_is_shown_in_pages(now, duration, span):
    assert shown_span(now, duration) == span
