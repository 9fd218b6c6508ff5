import threading
import time
from types import SimpleNamespace

import pytest

from core.errors import SettingsError
from core.live.loop import LiveLoop, LoopState
from core.live.playback import UNPACED, Transport
from tests.core.live.test_loop import FakePipeline, FakeSource, wait_until


class Player:
    """A loop on a fake file, its packets in order, and its one pipeline."""

    def __init__(self, n=100, interval_s=0.01, *, speed=UNPACED):
        self.seen, self.pipeline, source = [], FakePipeline(), FakeSource(n, interval_s=0.0)
        self.loop = LiveLoop(source, lambda: self.pipeline, lossless=True, on_packet=lambda p: self.seen.append(p))
        source.interval_s = interval_s
        self.loop.transport.set_speed(speed)

    def until(self, condition):
        wait_until(lambda: condition([frame.index for frame in self.seen]))


class StandingClock:
    """Goes on only while somebody waits for a time, and then at once."""

    def __init__(self):
        self.now_s = 0.0

    def perf_counter(self):
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    clock = StandingClock()

    class Condition(threading.Condition):
        def wait(self, timeout=None):
            if timeout is None:  # for an event, not for a time
                return super().wait()
            clock.now_s += timeout
            return False

    monkeypatch.setattr("core.live.playback.time", clock)
    monkeypatch.setattr("core.live.playback.threading", SimpleNamespace(Condition=Condition))
    return clock


@pytest.fixture
def player():
    player = Player(interval_s=0.001)
    yield player
    player.loop.stop()


def paused_at_end(player):
    player.loop.start()
    wait_until(lambda: player.loop.stats.state is LoopState.FINISHED)
    player.loop.pause()
    player.seen.clear()
    return player.loop.transport


def test_seeking_while_paused_shows_exactly_one_frame_and_restarts_the_pipeline(player):
    transport = paused_at_end(player)
    before = player.pipeline.n_restarts
    transport.seek(0.0405)
    player.until(lambda seen: seen == [41])
    time.sleep(0.1)
    assert [frame.index for frame in player.seen] == [41]
    assert player.pipeline.n_restarts == before + 1
    assert player.loop.stats.state is LoopState.PAUSED


def test_steps_go_one_frame_on_and_back(player):
    transport = paused_at_end(player)
    transport.seek(0.040)
    player.until(lambda seen: seen == [40])
    transport.step(0.040, 1)
    player.until(lambda seen: seen == [40, 41])
    assert player.pipeline.n_restarts == 1  # a step on is no jump
    transport.step(0.041, -1)
    player.until(lambda seen: seen == [40, 41, 40])


def test_a_step_on_pauses_what_plays():
    player = Player(n=10_000, interval_s=0.001, speed=1.0)
    player.loop.start()
    player.until(lambda seen: len(seen) > 3)
    player.loop.transport.pause()
    time.sleep(0.05)
    n = len(player.seen)
    player.loop.transport.step(player.seen[-1].time_s, 1)
    player.until(lambda seen: len(seen) == n + 1)
    assert player.seen[-1].index == player.seen[-2].index + 1
    player.loop.stop()


def test_the_range_is_kept_and_looping_plays_it_again(player):
    transport = player.loop.transport
    transport.set_range(0.010, 0.015)
    transport.seek(0.010)
    player.loop.start()
    wait_until(lambda: player.loop.stats.state is LoopState.FINISHED)
    assert [frame.index for frame in player.seen] == [10, 11, 12, 13, 14]
    transport.set_looping(True)
    transport.seek(0.010)
    player.until(lambda seen: len(seen) >= 20)
    assert [frame.index for frame in player.seen[5:15]] == [10, 11, 12, 13, 14] * 2
    assert player.pipeline.n_restarts >= 3


def test_a_frame_behind_the_out_point_is_shown_when_asked_for(player):
    transport = paused_at_end(player)
    transport.set_range(0.010, 0.015)
    transport.seek(0.050)
    player.until(lambda seen: seen == [50])


@pytest.mark.parametrize("is_looping", [True, False])
def test_an_out_point_holds_for_frames_that_were_read_ahead(player, is_looping):
    transport = player.loop.transport
    transport.pause()
    transport.seek(0.010)
    player.loop.start()
    player.until(lambda seen: seen == [10])
    time.sleep(0.05)  # the frames behind it lie ready
    transport.set_range(0.009, 0.012)
    transport.set_looping(is_looping)
    transport.resume()
    if is_looping:
        player.until(lambda seen: len(seen) > 5)
        assert [frame.index for frame in player.seen[:6]] == [10, 11, 9, 10, 11, 9]
    else:
        wait_until(lambda: player.loop.stats.state is LoopState.FINISHED)
        assert [frame.index for frame in player.seen] == [10, 11]


def test_a_loop_without_any_frame_does_not_spin(player):
    transport = player.loop.transport
    transport.set_looping(True)
    transport.set_range(50.0, 60.0)
    transport.seek(50.0)
    player.loop.start()
    wait_until(lambda: player.loop.stats.state is LoopState.FINISHED)
    assert not player.seen


def test_after_the_end_one_can_go_back_with_the_same_pipeline(player):
    transport = paused_at_end(player)
    transport.resume()
    transport.seek(0.0)
    player.until(lambda seen: seen == list(range(100)))
    assert not player.pipeline.closed


def test_many_seeks_at_once_end_at_the_last_one(player):
    transport = paused_at_end(player)
    for i in range(50):
        transport.seek(i * 0.001)
    player.until(lambda seen: seen and seen[-1] == 49)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_file_plays_at_its_own_pace_times_the_speed(clock, speed):
    shown_s = []
    source = FakeSource(30, interval_s=0.002)
    loop = LiveLoop(source, FakePipeline, lossless=True, on_packet=lambda _: shown_s.append(clock.now_s))
    loop.transport.set_speed(speed)
    loop.start()
    wait_until(lambda: loop.state is LoopState.FINISHED)
    loop.stop()
    assert shown_s == pytest.approx([index * 0.002 / speed for index in range(30)])


def test_after_a_hold_up_a_file_goes_on_at_its_pace_and_does_not_race(clock):
    transport, shown_s = Transport(), []
    for time_s, held_up_s in ((0.0, 0.0), (0.1, 0.0), (0.2, 5.0), (0.3, 0.0), (0.4, 0.0)):
        clock.now_s += held_up_s
        assert transport.wait_turn(0, time_s)
        shown_s.append(clock.now_s)
    assert shown_s == pytest.approx([0.0, 0.1, 5.1, 5.2, 5.3])


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.05, 2.5])
def test_impossible_speeds_are_refused(speed):
    with pytest.raises(SettingsError, match="speed"):
        Transport().set_speed(speed)


def test_an_impossible_range_is_refused():
    with pytest.raises(SettingsError, match="out point"):
        Transport().set_range(3.0, 2.0)


def test_showing_again_does_not_undo_where_somebody_has_just_gone():
    transport = Transport()
    transport.pause()
    transport.show_again(0.5)
    assert transport.request.time_s == 0.5
    transport.seek(5.0)
    transport.show_again(0.5)  # as an analysis does that has new poses for what is on the screen
    assert transport.request.time_s == 5.0
    assert transport.wait_turn(transport.request.number, 5.0)
    transport.show_again(5.0)
    assert transport.wait_turn(transport.request.number, 5.0)
    transport.show_again(4.0)
    assert transport.request.time_s == 4.0
    transport.resume()
    assert transport.wait_turn(transport.request.number, 4.0)
    transport.step(4.0, -1)
    transport.show_again(4.0)
    assert (transport.request.time_s, transport.request.is_before) == (4.0, True)
