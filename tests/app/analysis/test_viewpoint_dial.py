import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.analysis.viewpoint_dial import Needle, ViewpointDial, ring_point
from app.theme import theme_of
from tests.app.test_video import near, pixels_of


@pytest.fixture
def dial(qtbot):
    dial = ViewpointDial()
    qtbot.addWidget(dial)
    dial.resize(400, 240)
    dial.show()
    return dial


@pytest.mark.parametrize(
    ("azimuth", "x", "y"), [(0.0, 0.0, -10.0), (90.0, 10.0, 0.0), (180.0, 0.0, 10.0), (270.0, -10.0, 0.0)]
)
def test_the_person_faces_up_and_their_right_is_right(azimuth, x, y):
    point = ring_point(QPointF(0, 0), 10.0, azimuth)
    assert (point.x(), point.y()) == (pytest.approx(x, abs=1e-9), pytest.approx(y, abs=1e-9))


def middle_of_green(dial):
    """Return where the camera is painted, left of the gauge."""
    green = np.argwhere(near(pixels_of(dial), theme_of(dial.palette()).refined, 20))
    return green[green[:, 1] < 290].mean(axis=0)


def test_the_camera_is_painted_on_its_side(dial):
    places = {}
    for azimuth in (0.0, 90.0, 180.0, 270.0):
        dial.clear()
        dial.show_needle(Needle(azimuth, 0.0))
        places[azimuth] = middle_of_green(dial)
    assert places[90.0][1] > places[0.0][1] + 30 > places[270.0][1] + 60
    assert places[180.0][0] > places[90.0][0] + 30 > places[0.0][0] + 60


def test_the_gauge_rises_with_the_camera(dial):
    heights = []
    for elevation in (-40.0, 0.0, 40.0):
        dial.show_needle(Needle(180.0, elevation))
        green = np.argwhere(near(pixels_of(dial), theme_of(dial.palette()).refined, 20))
        heights.append(green[green[:, 1] > 300][:, 0].mean())
    assert heights[0] > heights[1] + 10 > heights[2] + 20


def test_left_and_right_of_the_person_have_their_colours(dial):
    pixels, theme = pixels_of(dial), theme_of(dial.palette())
    assert np.argwhere(near(pixels, theme.left))[:, 1].mean() < np.argwhere(near(pixels, theme.right))[:, 1].mean()


def test_nobody_leaves_the_compass_only(dial):
    dial.show_needle(Needle(30.0, 5.0))
    assert dial.words() == "30° to their right, 5° above"
    dial.clear()
    assert dial.words() == ""
    assert near(pixels_of(dial), theme_of(dial.palette()).refined, 20).sum() == 0
