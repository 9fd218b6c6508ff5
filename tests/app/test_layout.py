import pytest

from app.library.recents import forget_sources, recent_sources, remember_source, source_label
from app.window import MainWindow
from core.sources import CameraSpec
from tests.app.conftest import FakeSource


def test_hidden_and_moved_panels_are_remembered_and_can_be_reset(qtbot, lab):
    from PySide6.QtCore import Qt

    window = MainWindow(lab.session())
    window.show()
    space, docks = window._layout.space, window.docks
    docks["dial"].hide()
    docks["processing"].show()
    space.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["bones"])
    window.close()
    window.deleteLater()

    window = MainWindow(lab.session())
    qtbot.addWidget(window)
    window.show()
    space, docks = window._layout.space, window.docks
    assert docks["dial"].isHidden()
    assert not docks["processing"].isHidden()
    assert space.dockWidgetArea(docks["bones"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    window.actions_by_name["reset_layout"].trigger()
    assert not docks["dial"].isHidden()
    assert docks["processing"].isHidden()
    assert space.dockWidgetArea(docks["bones"]) == Qt.DockWidgetArea.BottomDockWidgetArea


def test_no_tab_bar_is_left_standing_between_the_panels(qtbot, window, lab):
    from PySide6.QtWidgets import QTabBar

    from tests.app.conftest import FakeSource

    window._show_page(1)  # as the tour does, before there is a source
    lab.sources["clip"] = FakeSource(300, is_live=False)
    window.open("clip")
    qtbot.waitUntil(lambda: window.session.source is not None)

    def shown():
        return sorted(bar.tabText(0) for bar in window._layout.space.findChildren(QTabBar) if bar.isVisible())

    qtbot.waitUntil(lambda: shown() == ["Azimuth", "Bone lengths"])


def test_what_nobody_sees_is_not_drawn(qtbot, window, lab):
    from tests.app.conftest import FakeSource

    lab.sources["0"] = FakeSource()
    window.open(0)
    board = window.board
    qtbot.waitUntil(lambda: board.docks["azimuth"].header.value != "")
    assert not board.docks["elevation"].is_seen
    assert board.elevation.curves["elevation"].getData()[0] is None
    board.docks["elevation"].raise_()
    qtbot.waitUntil(lambda: board.docks["elevation"].header.value != "")


def test_every_panel_can_be_hidden_and_shown_from_the_menu(qtbot, window, lab):
    from tests.app.conftest import FakeSource

    assert not window.docks["dial"].toggleViewAction().isEnabled()
    lab.sources["0"] = FakeSource()
    window.open(0)
    qtbot.waitUntil(lambda: window.session.source is not None)
    for name, dock in window.docks.items():
        action = dock.toggleViewAction()
        before = dock.isHidden()
        action.trigger()
        assert dock.isHidden() != before, name


@pytest.mark.parametrize("spec", [0, "1", CameraSpec(0)])
def test_cameras_are_not_remembered(qtbot, spec):
    remember_source(spec)
    assert recent_sources() == []


def test_recent_sources_are_newest_first_without_those_that_are_gone(qtbot, tmp_path):
    files = [tmp_path / f"{i}.mp4" for i in range(10)]
    for file in files:
        file.write_bytes(b"x")
        remember_source(file)
    remember_source("http://x/y")
    remember_source(files[9])
    found = recent_sources()
    assert found[:2] == [str(files[9]), "http://x/y"]
    assert len(found) == 8
    files[9].unlink()
    assert recent_sources()[0] == "http://x/y"
    assert source_label(str(files[3])) == f"3.mp4   ({tmp_path})"
    forget_sources()
    assert recent_sources() == []


@pytest.mark.parametrize(("size_px", "is_wider"), [((720, 1280), True), ((1280, 720), False)])
def test_a_video_that_stands_upright_leaves_its_room_to_the_3d_view(qtbot, window, lab, size_px, is_wider):
    window.resize(1280, 720)
    lab.sources["clip"] = FakeSource(300, is_live=False)
    lab.sources["clip"].size_px = size_px
    window.open("clip")
    qtbot.waitUntil(lambda: window.session.transport is not None)
    qtbot.wait(50)
    stage, video = window.docks["skeleton"].width(), window.board.stage.width()
    assert (stage > video) == is_wider
