import numpy as np
import pytest

from app.views.plots import AzimuthPlot, BoneCVPlot, ElevationPlot, azimuth_text, elevation_text, shown_span


@pytest.fixture
def azimuth(qtbot):
    plot = AzimuthPlot()
    qtbot.addWidget(plot)
    return plot


def test_the_azimuth_curve_does_not_jump_at_359_to_1(azimuth, make_packet):
    for i, angle in enumerate((350.0, 357.0, 359.0, 1.0, 8.0)):
        azimuth.add(make_packet(i / 30, azimuth_deg=angle))
    azimuth.redraw()
    _, shown = azimuth.curves["azimuth"].getData()
    assert np.allclose(shown, [-10, -3, -1, 1, 8], atol=1e-6)


def test_several_turns_go_on_rising(azimuth, make_packet):
    for i in range(100):
        azimuth.add(make_packet(i / 30, azimuth_deg=(i * 10.0) % 360.0))
    azimuth.redraw()
    _, shown = azimuth.curves["azimuth"].getData()
    assert np.allclose(np.diff(shown), 10.0, atol=1e-6)


def test_the_raw_azimuth_stays_beside_the_predicted_one(azimuth, make_packet):
    for i, angle in enumerate((340.0, 20.0)):
        azimuth.add(make_packet(i / 30, azimuth_deg=angle))  # the raw joints say 0
    assert np.allclose(azimuth.history.series("raw"), 0.0, atol=1e-6)


def test_nobody_leaves_a_gap(azimuth, make_packet):
    azimuth.add(make_packet(0.0, azimuth_deg=350.0))
    azimuth.add(make_packet(0.1, found=False))
    azimuth.add(make_packet(0.2, azimuth_deg=10.0))
    shown = azimuth.history.series("azimuth")
    assert np.isnan(shown[1])
    assert shown[[0, 2]] == pytest.approx([-10.0, 10.0])


def test_a_replay_starts_a_new_curve(azimuth, make_packet):
    for time_s, angle in ((0.0, 100.0), (1.0, 170.0), (1.1, 350.0), (0.0, 100.0)):
        azimuth.add(make_packet(time_s, azimuth_deg=angle))
    assert azimuth.history.series("azimuth") == pytest.approx([100.0])


def test_the_history_is_bounded_and_the_newest_is_in_sight(azimuth, make_packet):
    packet = make_packet
    for i in range(1500):
        azimuth.add(packet(i / 30))
    azimuth.redraw()
    time_s, _ = azimuth.curves["azimuth"].getData()
    assert len(time_s) == 1200
    low, high = azimuth.viewRange()[0]
    assert low < time_s[-1] <= high
    azimuth.clear_history()
    assert azimuth.curves["azimuth"].getData()[0] is None or len(azimuth.curves["azimuth"].getData()[0]) == 0
    assert azimuth.value_text() == ""


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (0.0, "in front"), (359.4, "in front"), (23.0, "23° to the subject's right"), (180.0, "behind"),
        (270.0, "90° to the subject's left"), (337.0, "23° to the subject's left"), (float("nan"), ""),
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


def test_bone_cv_is_in_percent(qtbot, make_packet):
    plot = BoneCVPlot()
    qtbot.addWidget(plot)
    plot.add(make_packet(0.0))
    plot.redraw()
    assert plot.curves["raw"].getData()[1] == pytest.approx([10.0])
    assert plot.curves["refined"].getData()[1] == pytest.approx([3.0])
    assert plot.value_text() == "3.0 %  ·  raw 10.0 %"


def test_elevation_is_plotted_in_degrees(qtbot, make_packet):
    plot = ElevationPlot()
    qtbot.addWidget(plot)
    plot.add(make_packet(0.0, elevation_deg=12.0))
    plot.redraw()
    assert plot.curves["elevation"].getData()[1] == pytest.approx([12.0])
    assert plot.value_text() == "12° above"


def test_axes_have_units_and_legends_name_the_curves(azimuth):
    assert "°" in azimuth.getAxis("left").labelText
    assert azimuth.getAxis("bottom").labelText == "time, s"
    assert "raw" in azimuth.legend()
    assert "predicted" in azimuth.legend()


@pytest.mark.parametrize(
    ("now", "span"), [(0.0, (0, 5)), (5.0, (0, 5)), (7.0, (0, 10)), (19.0, (0, 20)), (60.0, (40, 60))]
)
def test_the_span_grows_in_steps_and_then_scrolls(now, span):
    assert shown_span(now) == span
