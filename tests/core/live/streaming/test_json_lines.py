import contextlib
import json
import socket
import time

import numpy as np
import pytest
import websockets.exceptions
from websockets.sync.client import connect

from core.errors import OutputError
from core.live.streaming.json_lines import TcpSink, WebSocketSink, to_json
from core.live.streaming.pose import PoseMaker
from core.pose.humanoid import BONE_NAMES
from core.pose.skeleton import COCO_NAMES, LANDMARK_TO_COCO


@pytest.fixture(params=[TcpSink, WebSocketSink])
def sink(request):
    sink = request.param("127.0.0.1", 0)
    yield sink
    sink.close()


def clients_of(sink, n):
    for _ in range(1000):
        if sink.n_clients == n:
            return
        time.sleep(0.005)
    raise AssertionError(f"{sink.n_clients} clients instead of {n}")


class TcpReader:
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("r", encoding="utf-8")

    def read(self):
        return json.loads(self._file.readline())

    def close(self):
        self._file.close()
        self._socket.close()


class WebSocketReader:
    def __init__(self, port):
        self._stack = contextlib.ExitStack()
        self._connection = self._stack.enter_context(connect(f"ws://127.0.0.1:{port}", compression=None))

    def read(self):
        return json.loads(self._connection.recv(timeout=60))

    def close(self):
        self._stack.close()


@pytest.fixture
def reader(sink):
    reader = (TcpReader if isinstance(sink, TcpSink) else WebSocketReader)(sink.port)
    yield reader
    reader.close()


def test_a_client_reads_poses_number_by_number(sink, reader, random_landmarks, packet_of):
    hello = reader.read()
    assert hello["type"] == "hello"
    assert (hello["schema"], hello["version"]) == ("neural-depth-refinement stream", 1)
    pose = PoseMaker().make(packet_of(random_landmarks[3], 3), 0.0)
    sink.send(pose)
    got = reader.read()
    assert (got["type"], got["frame"], got["found"], got["azimuth_deg"]) == ("pose", 3, True, 0.0)
    places = np.array([got["joints"][name] for name in COCO_NAMES])
    np.testing.assert_allclose(places, random_landmarks[3][LANDMARK_TO_COCO], atol=6e-5)
    turns = np.array([got["rotations"][name] for name in BONE_NAMES])
    np.testing.assert_allclose(turns, pose.local, atol=6e-7)
    assert got["uncertainty_m"]["nose"] == 0.05


def test_nobody_is_said_and_numbers_are_strict_json(packet_of, random_landmarks):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    nobody = json.loads(to_json(PoseMaker().make(packet_of(None, 4), 0.0)), parse_constant=refuse)
    assert nobody["found"] is False
    assert nobody["azimuth_deg"] is None
    assert "joints" not in nobody
    unsure = packet_of(random_landmarks[0], sigma_m=np.nan)
    document = json.loads(to_json(PoseMaker().make(unsure, 0.0)), parse_constant=refuse)
    assert document["uncertainty_m"]["nose"] is None


def test_every_client_gets_it_and_who_hangs_up_is_forgotten(sink, reader, random_landmarks, packet_of):
    other = type(reader)(sink.port)
    clients_of(sink, 2)
    reader.read(), other.read()
    sink.send(PoseMaker().make(packet_of(random_landmarks[0]), 0.0))
    assert reader.read() == other.read()
    other.close()
    clients_of(sink, 1)


def test_a_client_that_does_not_read_misses_frames_but_not_the_newest(sink, reader, monkeypatch):
    monkeypatch.setattr(
        "core.live.streaming.json_lines.to_json", lambda n: json.dumps({"frame": n, "ballast": "x" * 200_000})
    )
    assert reader.read()["type"] == "hello"
    for n in range(200):  # 40 MB: more than the sockets between them hold
        sink.send(n)
        time.sleep(0.001)
    read = [reader.read()["frame"]]
    while read[-1] != 199:
        read.append(reader.read()["frame"])
    assert read == sorted(read)
    assert len(read) < 150


def test_a_page_of_another_site_may_not_listen():
    sink = WebSocketSink("127.0.0.1", 0)
    try:
        with connect(f"ws://127.0.0.1:{sink.port}", origin="http://localhost:8000") as connection:
            assert json.loads(connection.recv(timeout=60))["type"] == "hello"
        for origin in ("https://example.com", "null", "http://localhost.example.com"):
            with (
                pytest.raises(websockets.exceptions.InvalidStatus, match="403"),
                connect(f"ws://127.0.0.1:{sink.port}", origin=origin),
            ):
                pass
    finally:
        sink.close()


def test_a_taken_port_is_one_sentence(sink):
    with pytest.raises(OutputError, match=rf"Cannot listen on 127\.0\.0\.1:{sink.port}"):
        type(sink)("127.0.0.1", sink.port)


def test_closing_twice_is_fine(sink):
    sink.close()
    sink.close()
