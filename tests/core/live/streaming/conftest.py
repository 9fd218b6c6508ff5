"""A receiver for OSC, and sinks that are watched."""

import collections
import socket
import threading

import pytest
from pythonosc.osc_packet import OscPacket

from core.live.streaming import Streamer


class Receiver:
    """A UDP socket of its own port that decodes what arrives with python-osc."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(60.0)
        self.port = self._socket.getsockname()[1]
        self.largest = 0
        self._unread = collections.deque()

    def messages(self, until):
        """Collect (address, values) up to and including the first message that `until` accepts."""
        collected = []
        while True:
            while self._unread:
                collected.append(self._unread.popleft())
                if until(*collected[-1]):
                    return collected
            data = self._socket.recv(65536)
            self.largest = max(self.largest, len(data))
            self._unread.extend((m.message.address, list(m.message.params)) for m in OscPacket(data).messages)

    def close(self):
        self._socket.close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


class Watched:
    """A sink that keeps what it is sent; `gate` holds it up, `failure` is raised."""

    def __init__(self, is_paced=False):
        self.is_paced = is_paced
        self.poses = []
        self.gate = threading.Event()
        self.gate.set()
        self.got = threading.Semaphore(0)
        self.failure = None
        self.is_closed = False

    def send(self, pose):
        self.gate.wait(60)
        if self.failure is not None:
            raise self.failure
        self.poses.append(pose)
        self.got.release()

    def close(self):
        self.is_closed = True


@pytest.fixture
def watched():
    return Watched


@pytest.fixture
def stream():
    """Start a Streamer on sinks; stopped after the test."""
    started = []

    def start(*sinks, **options):
        streamer = Streamer(sinks, **options)
        streamer.start()
        started.append(streamer)
        return streamer

    yield start
    for streamer in started:
        streamer.stop()
