import gc
import threading
import time

import numpy as np
import pytest

from core.errors import ModelError, SourceError
from core.live.loop import LiveLoop, LoopState, Mailbox
from core.pose.types import Frame


class FakeSource:
    """Frames as fast as they are asked for, or at a given rate; may break."""

    def __init__(self, n, *, interval_s=0.0, breaks_at=None):
        self.n, self.interval_s, self.breaks_at, self.closed = n, interval_s, breaks_at, False

    def frames(self):
        for index in range(self.n):
            if index == self.breaks_at:
                raise SourceError("The camera is gone; plug it in again.")
            time.sleep(self.interval_s)
            yield Frame(np.zeros((2, 2, 3), np.uint8), index, index * max(self.interval_s, 1e-4))

    def frames_from(self, time_s):
        return (frame for frame in self.frames() if frame.time_s >= time_s - 1e-9)

    def time_before(self, time_s):
        return max(i for i in range(self.n) if i == 0 or i * max(self.interval_s, 1e-4) < time_s - 1e-9) * max(
            self.interval_s, 1e-4
        )

    def close(self):
        self.closed = True


class FakePipeline:
    """Passes frames on after a while."""

    def __init__(self, cost_s=0.0):
        self.cost_s, self.closed, self.n_restarts = cost_s, False, 0

    def restart(self):
        self.n_restarts += 1

    def process(self, frame):
        time.sleep(self.cost_s)
        return frame

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True


def wait_until(condition, timeout_s=60.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def run(source, *, lossless, cost_s=0.0):
    seen = []
    loop = LiveLoop(source, lambda: FakePipeline(cost_s), lossless=lossless, on_packet=lambda p: seen.append(p.index))
    assert loop.stats.state is LoopState.IDLE
    loop.start()
    wait_until(lambda: loop.stats.state in (LoopState.FINISHED, LoopState.FAILED))
    loop.stop()
    return loop, seen


def test_the_figures_can_be_read_while_memory_is_collected():
    # collecting memory runs Python code, during which another thread may add a figure
    def let_others_run(_phase, _info):
        time.sleep(0.0005)

    loop = LiveLoop(FakeSource(3000), lambda: FakePipeline(), lossless=True)
    before = gc.get_threshold()
    loop.start()
    wait_until(lambda: loop.stats.n_processed > 100)
    gc.callbacks.append(let_others_run)
    gc.set_threshold(1)
    try:
        while loop.state is LoopState.RUNNING:
            assert loop.stats.n_dropped == 0
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(let_others_run)
        loop.stop()


def test_a_file_loses_nothing_and_keeps_its_order():
    source = FakeSource(200)
    loop, seen = run(source, lossless=True, cost_s=0.001)
    assert seen == list(range(200))
    assert (loop.stats.n_captured, loop.stats.n_processed, loop.stats.n_dropped) == (200, 200, 0)
    assert source.closed


def test_a_flood_is_dropped_newest_wins_and_every_frame_accounted_for():
    loop, seen = run(FakeSource(300, interval_s=0.001), lossless=False, cost_s=0.01)
    stats = loop.stats
    assert stats.n_dropped > 50
    assert seen == sorted(seen)
    assert seen[-1] == 299
    assert stats.n_captured == stats.n_processed + stats.n_dropped


def test_the_window_gets_the_newest_packet_once():
    loop, _ = run(FakeSource(10), lossless=True)
    assert loop.take().index == 9
    assert loop.take() is None


def test_pause_holds_a_file_and_resume_goes_on():
    loop = LiveLoop(FakeSource(10_000, interval_s=0.001), FakePipeline, lossless=True)
    loop.start()
    wait_until(lambda: loop.stats.n_processed > 5)
    loop.pause()
    time.sleep(0.1)
    held = loop.stats.n_processed
    assert loop.stats.state is LoopState.PAUSED
    time.sleep(0.2)
    assert loop.stats.n_processed == held
    loop.resume()
    wait_until(lambda: loop.stats.n_processed > held + 5)
    loop.stop()
    assert loop.stats.state is LoopState.STOPPED


def test_a_lost_source_is_a_sentence_and_ends_both_threads():
    loop, seen = run(FakeSource(50, interval_s=0.005, breaks_at=20), lossless=False)
    assert loop.stats.error == "The camera is gone; plug it in again."
    assert len(seen) > 0


def test_a_model_that_does_not_load_is_a_sentence():
    def broken():
        raise ModelError("The refiner is damaged; export it again.")

    source = FakeSource(1000, interval_s=0.001)
    loop = LiveLoop(source, broken, lossless=True)
    loop.start()
    wait_until(lambda: loop.stats.state is LoopState.FAILED)
    loop.stop()
    assert loop.stats.error.startswith("The refiner is damaged")
    assert source.closed


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_a_thread_does_not_pass_for_the_end():
    loop = LiveLoop(FakeSource(5), lambda: 1 / 0, lossless=True)
    loop.start()
    wait_until(lambda: loop.stats.state is LoopState.FAILED)
    loop.stop()
    assert "inference thread broke off" in loop.stats.error


@pytest.mark.parametrize("lossless", [True, False])
def test_stopping_while_paused_or_unstarted_leaves_no_thread(lossless):
    loop = LiveLoop(FakeSource(10_000, interval_s=0.001), FakePipeline, lossless=lossless)
    loop.stop()
    loop = LiveLoop(FakeSource(10_000, interval_s=0.001), FakePipeline, lossless=lossless)
    loop.start()
    loop.pause()
    loop.stop()
    assert not [t for t in threading.enumerate() if t.name in ("capture", "inference")]


def test_mailbox_counts_only_what_was_never_taken():
    box = Mailbox()
    box.put(1)
    assert box.take() == 1
    box.put(2)
    box.put(3)
    assert (box.take(), box.n_dropped) == (3, 1)
    assert box.take(0.01) is None
