import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.widgets.tour import Stop, Tour, is_first_run, place_beside


@pytest.fixture
def tour(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    things = [QLabel("thing", window) for _ in range(3)]
    for i, thing in enumerate(things):
        thing.setGeometry(50 + 250 * i, 100, 200, 200)
    window.show()
    tour = Tour([Stop(thing, f"Thing {i}", "What it is.") for i, thing in enumerate(things)], window)
    yield tour
    window.close()


def test_three_steps_and_it_does_not_come_again(qtbot, tour):
    assert is_first_run()
    for step in (0, 1, 2):
        assert tour.step == step
        assert tour.rect().contains(tour.card.geometry())
        if step < 2:
            qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(tour.finished):
        qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)
    assert not is_first_run()


def test_escape_and_skip_end_it(qtbot, tour):
    with qtbot.waitSignal(tour.finished):
        qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert not is_first_run()


@pytest.mark.parametrize("target", [QRect(10, 10, 100, 100), QRect(500, 300, 290, 290), QRect(0, 0, 800, 600)])
def test_the_card_is_always_in_sight(target):
    room, size = QRect(0, 0, 800, 600), QSize(300, 150)
    assert room.contains(QRect(place_beside(target, size, room), size))


def test_the_window_shows_it_on_request_with_the_sample(qtbot, window, lab):
    from core.system.files.program import SAMPLE
    from tests.app.conftest import FakeSource

    lab.sources[str(SAMPLE)] = FakeSource(is_live=False)
    window.actions_by_name["tour"].trigger()
    qtbot.waitUntil(lambda: window.findChild(Tour) is not None and window.session.source is not None)
    window.findChild(Tour).finish()
    qtbot.waitUntil(lambda: window.findChild(Tour) is None)


def test_the_keys_go_to_the_tour_when_the_sample_comes(qtbot, window, lab):
    from core.system.files.program import SAMPLE
    from tests.app.conftest import FakeSource

    window.activateWindow()
    lab.sources[str(SAMPLE)] = FakeSource(is_live=False)
    window.actions_by_name["tour"].trigger()
    qtbot.waitUntil(lambda: window.findChild(Tour) is not None and window.session.source is not None)
    assert window.focusWidget() is window.findChild(Tour).next_button
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.findChild(Tour).step == 1
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Tour) is None)
