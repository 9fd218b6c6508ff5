"""A detector that knows what it sees, and counts how often it is asked."""

import contextlib

import pytest

from core.take.instrument import Instrument
from tests.core.conftest import KnownDetector


class CountingDetector(KnownDetector):
    """Counts what it was shown."""

    def __init__(self, joints):
        super().__init__(joints)
        self.seen = []

    def see(self, frames):
        for frame in frames:
            self.seen.append(frame.index)
            yield [self.detect(frame)]


@pytest.fixture
def detector(standing_ray):
    return CountingDetector(standing_ray)


@pytest.fixture
def make_detector(detector):
    return lambda: contextlib.nullcontext(detector.see)


@pytest.fixture
def instrument():
    return Instrument(("full",), {"full": "ab" * 32})
