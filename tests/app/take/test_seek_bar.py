import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.take.seek_bar import SeekBar, clock_text, stretches
from app.theme import theme_of
from tests.app.test_video import near, pixels_of


@pytest.fixture
def bar(qtbot):
    bar = SeekBar()
    qtbot.addWidget(bar)
    bar.resize(416, 26)  # 400 pixels between the margins
    bar.set_duration(10.0)
    bar.show()
    return bar


def test_a_click_goes_to_its_time_and_stays_within_the_file(qtbot, bar):
    for x, wanted in ((8 + 200, 5.0), (0, 0.0), (415, 10.0)):
        with qtbot.waitSignal(bar.sought) as sought:
            qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(x, 13))
        assert sought.args[0] == pytest.approx(wanted, abs=0.03)


def test_where_nobody_was_found_is_marked_in_its_place(bar):
    time_s = np.arange(0.0, 8.0, 0.1)
    found = ((time_s < 2.0) | (time_s >= 4.0)).astype(float)
    bar.set_seen(time_s, found, 0.1)
    marked = np.argwhere(near(pixels_of(bar), theme_of(bar.palette()).right))[:, 1]
    assert marked.min() == pytest.approx(8 + 80, abs=3)
    assert marked.max() == pytest.approx(8 + 160, abs=3)


def test_the_range_is_shown(bar):
    bar.set_range((2.5, 7.5))
    green = np.argwhere(near(pixels_of(bar), theme_of(bar.palette()).refined))[:, 1]
    assert green.min() == pytest.approx(8 + 100, abs=3)
    assert green.max() == pytest.approx(8 + 300, abs=3)


@pytest.mark.parametrize(
    ("times", "chosen", "wanted"),
    [
        ([0, 1, 2, 3], [0, 1, 1, 0], [(1, 3)]),
        ([0, 1, 2, 8, 9], [1, 1, 1, 1, 1], [(0, 3), (8, 10)]),
        ([0, 1], [0, 0], []),
        ([], [], []),
        ([0, 1, 2], [1, 0, 1], [(0, 1), (2, 3)]),
    ],
)
def test_runs_of_frames_become_stretches(times, chosen, wanted):
    assert stretches(np.array(times, float), np.array(chosen, float), 1.0) == wanted


@pytest.mark.parametrize(
    ("time_s", "text"), [(0.0, "0:00.00"), (7.254, "0:07.25"), (59.999, "1:00.00"), (3723.5, "1:02:03.50")]
)
def test_times_are_written_as_people_do(time_s, text):
    assert clock_text(time_s) == text
