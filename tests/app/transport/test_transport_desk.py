import pytest

from app.session.state import SessionState
from tests.app.conftest import FakeSource


@pytest.fixture
def player(qtbot, window, lab):
    """A window with a paused fake file of ten seconds."""
    lab.sources["clip"] = FakeSource(1000, is_live=False)
    window.open("clip")
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING and window.session.track.version > 2)
    window.session.pause()
    return window


def go_to(qtbot, window, time_s):
    window.transport.seek(time_s)
    qtbot.waitUntil(lambda: window.session.position_s == pytest.approx(time_s))


def test_keys_step_and_jump(qtbot, player):
    go_to(qtbot, player, 2.0)
    for name, wanted in (("step", 2.01), ("step_back", 2.0), ("jump", 7.0), ("jump_back", 2.0)):
        player.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda wanted=wanted: player.session.position_s == pytest.approx(wanted))
    assert player.session.state == SessionState.PAUSED


def test_seeking_tells_the_pipeline_to_forget(qtbot, player, lab):
    before = lab.pipelines[0].n_restarts
    go_to(qtbot, player, 4.0)
    assert lab.pipelines[0].n_restarts == before + 1


def test_in_and_out_point_hold_and_are_taken_away(qtbot, player):
    transport = player.session.transport
    go_to(qtbot, player, 3.0)
    player.actions_by_name["set_in"].trigger()
    go_to(qtbot, player, 5.0)
    player.actions_by_name["set_out"].trigger()
    assert transport.range_s == (pytest.approx(3.0), pytest.approx(5.005))
    assert player.board.stage.transport.seek_bar.range_s == transport.range_s
    go_to(qtbot, player, 6.0)
    player.actions_by_name["set_in"].trigger()  # behind the out point, which goes
    assert transport.range_s == (pytest.approx(6.0), None)
    player.actions_by_name["clear_range"].trigger()
    assert transport.range_s == (0.0, None)


def test_speed_goes_up_and_down_and_the_bar_says_it(player):
    transport, bar = player.session.transport, player.board.stage.transport
    player.actions_by_name["slower"].trigger()
    assert (transport.speed, bar.speed.currentText()) == (0.75, "0.75×")
    for _ in range(9):
        player.actions_by_name["slower"].trigger()
    assert (transport.speed, bar.speed.currentText()) == (0.1, "0.1×")
    for _ in range(9):
        player.actions_by_name["faster"].trigger()
    assert (transport.speed, bar.speed.currentText()) == (2.0, "2×")


def test_loop_is_kept_for_the_next_file(qtbot, player, lab):
    player.actions_by_name["loop"].setChecked(True)
    assert player.session.transport.is_looping
    lab.sources["other"] = FakeSource(1000, is_live=False, name="other")
    player.open("other")
    qtbot.waitUntil(lambda: player.session.status.source_name == "other")
    assert player.session.transport.is_looping


def test_the_clock_and_the_plots_follow_and_a_plot_seeks(qtbot, player):
    go_to(qtbot, player, 4.0)
    qtbot.waitUntil(lambda: player.board.stage.transport.clock.text() == "0:04.00 / 0:10.00  ·  400")
    qtbot.waitUntil(lambda: player.board.azimuth.cursor_line.value() == pytest.approx(4.0))
    player.board.azimuth.sought.emit(6.5)
    qtbot.waitUntil(lambda: player.session.position_s == pytest.approx(6.5))


def test_a_camera_has_no_transport(qtbot, player, lab):
    lab.sources["0"] = FakeSource()
    player.open(0)
    qtbot.waitUntil(lambda: player.session.state == SessionState.PLAYING and player.session.source is lab.sources["0"])
    assert not player.board.stage.transport.isVisible()
    assert not player.actions_by_name["step"].isEnabled()
    assert player.actions_by_name["record"].isEnabled()
    player.transport.seek(3.0)  # nothing happens
