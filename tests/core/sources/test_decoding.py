"""Decoding ahead, without losing a frame."""

import threading

import numpy as np
import pytest

from core.errors import SourceError
from core.pose.types import Frame
from core.sources import VideoFile
from core.sources.decoding import decoding


class Endless:
    """Frames without end; counts how many were decoded."""

    name, warnings = "endless", ()

    def __init__(self, fail_at=None):
        self.n, self.fail_at = 0, fail_at

    def frames(self):
        while True:
            if self.n == self.fail_at:
                raise SourceError("broken")
            yield Frame(np.zeros((2, 2, 3), np.uint8), self.n, self.n / 10)
            self.n += 1


def test_decoding_runs_ahead_only_a_little_and_stops_with_its_user():
    source = Endless()
    with decoding(source) as frames:
        got = [next(frames) for _ in range(3)]
        threading.Event().wait(0.3)
        assert source.n <= 3 + 8 + 2
    assert [f.index for f in got if f is not None] == [0, 1, 2]


def test_decoding_hands_on_every_frame_before_the_error():
    got = []
    with pytest.raises(SourceError, match="broken"), decoding(Endless(fail_at=20)) as frames:
        for frame in frames:
            if frame is not None:
                got.append(frame.index)
    assert got == list(range(20))


def test_decoding_loses_no_frame_of_a_file(make_video):
    with decoding(VideoFile(make_video(n=30))) as frames:
        assert [f.index for f in frames if f is not None] == list(range(30))
