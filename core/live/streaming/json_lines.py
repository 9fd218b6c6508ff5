"""Poses as JSON: one object per line over TCP, one per message over WebSocket.

The first object says what follows: {"type": "hello", "schema", "version", "axes", "units", "joints", "bones"}. Then,
once per frame: {"type": "pose", "frame", "time_s", "found", "azimuth_deg", "elevation_deg", "calibration"} and, when
somebody is seen, "joints" {name: [x, y, z], null for one that was not seen}, "uncertainty_m" {name: number or null},
"hips" [x, y, z], "rotations" {bone: [x, y, z, w]} and "held" [bones that are not seen and keep their last turn]. A
client that reads too slowly misses frames, never the newest.
"""

import asyncio
import contextlib
import json
import math
import re
import threading
from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from core.errors import OutputError
from core.live.streaming.pose import StreamedPose
from core.pose.humanoid import BONE_NAMES
from core.pose.skeleton import COCO_NAMES
from core.pose.types import FloatArray

SCHEMA: Final = "neural-depth-refinement stream"
VERSION: Final = 1
HELLO: Final = {
    "type": "hello",
    "schema": SCHEMA,
    "version": VERSION,
    "axes": "right-handed, y up, z towards the camera, x to the right of the picture; joints are hip-centred",
    "units": "metres, degrees, seconds; quaternions are x, y, z, w, local, identity in a T-pose facing z",
    "joints": COCO_NAMES,
    "bones": BONE_NAMES,
}
_START_TIMEOUT_S: Final = 5.0
_CLOSE_TIMEOUT_S: Final = 1.0
_LAST_WORDS_S: Final = 0.5
_LOCAL_PAGES: Final = [None, re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")]
"""Who may open the WebSocket: programs, and pages of this machine; not any page that is open in a browser here."""


def to_json(pose: StreamedPose) -> str:
    """Return one pose as a JSON text without a line break; null for unknown numbers."""
    document: dict[str, Any] = {
        "type": "pose",
        "frame": pose.frame_index,
        "time_s": _number(pose.time_s, 6),
        "found": pose.is_found,
        "azimuth_deg": _number(pose.azimuth_deg, 2),
        "elevation_deg": _number(pose.elevation_deg, 2),
        "calibration": pose.calibration.name.lower(),
    }
    if pose.is_found:
        document["joints"] = _named(COCO_NAMES, pose.joints_m, 4)
        document["uncertainty_m"] = {n: _number(v, 4) for n, v in zip(COCO_NAMES, pose.uncertainty_m, strict=True)}
        document["hips"] = np.round(pose.root_m, 4).tolist()
        document["rotations"] = _named(BONE_NAMES, pose.local, 6)
        document["held"] = pose.held_bones
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def _number(value: float, decimals: int) -> float | None:
    return round(float(value), decimals) if math.isfinite(value) else None


def _named(names: tuple[str, ...], rows: FloatArray, decimals: int) -> dict[str, list[float] | None]:
    known = np.asarray(np.isfinite(rows).all(axis=1)).tolist()
    values = np.round(rows, decimals).tolist()
    return {name: row if is_known else None for name, row, is_known in zip(names, values, known, strict=True)}


class _Client:
    """The newest text that a client has not been sent yet."""

    def __init__(self) -> None:
        self._text: str | None = json.dumps(HELLO)
        self._is_there = asyncio.Event()
        self._is_there.set()

    def put(self, text: str) -> None:
        self._text = text
        self._is_there.set()

    @property
    def has_text(self) -> bool:
        return self._text is not None

    async def next(self) -> str:
        await self._is_there.wait()
        self._is_there.clear()
        text, self._text = self._text, None
        return text or ""


class JsonSink(ABC):
    """A server for any number of clients, in a thread of its own."""

    is_paced = False

    def __init__(self, host: str, port: int) -> None:
        """Start listening.

        Raises:
            OutputError: The port is taken or the address is not this machine's.
        """
        self._host, self._port = host, port
        self._clients: set[_Client] = set()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._errors: list[OSError] = []
        self._thread = threading.Thread(target=self._run, name=f"json-{port}", daemon=True)
        self._thread.start()
        self._started.wait(_START_TIMEOUT_S)
        for error in self._errors:
            self._thread.join()
            raise OutputError(
                f"Cannot listen on {host}:{port}: {error.strerror or error}; choose another port or end the program "
                "that has it."
            ) from error

    @property
    def port(self) -> int:
        """The port listened on; another than asked for if that was 0."""
        return self._port

    @property
    def n_clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    def send(self, pose: StreamedPose) -> None:
        """Hand one pose to all clients; never waits for them."""
        if self._clients:
            self._loop.call_soon_threadsafe(self._broadcast, to_json(pose))

    def close(self) -> None:
        """Disconnect everybody and stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _broadcast(self, text: str) -> None:
        for client in self._clients:
            client.put(text)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._errors.append(error)
        finally:
            self._loop.close()
            self._started.set()

    @abstractmethod
    async def _serve(self) -> None:
        """Listen until `_stop` is set, `_started` once it does."""

    async def _until_stopped(self) -> None:
        """Return when `_stop` is set and the newest pose has gone out to whoever reads."""
        await self._stop.wait()
        deadline_s = self._loop.time() + _LAST_WORDS_S
        while any(client.has_text for client in self._clients) and self._loop.time() < deadline_s:
            await asyncio.sleep(0.005)

    def _listens_on(self, sockets: Any) -> None:
        self._port = sockets[0].getsockname()[1]
        self._started.set()


class TcpSink(JsonSink):
    """JSON lines over TCP: `nc 127.0.0.1 39542` shows them."""

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._attend(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, self._host, self._port)
        self._listens_on(server.sockets)
        await self._until_stopped()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client()
        self._clients.add(client)
        hangs_up = asyncio.ensure_future(_until_end(reader))
        hangs_up.add_done_callback(lambda _: client.put(""))
        try:
            while not hangs_up.done():
                writer.write((await client.next() + "\n").encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._clients.discard(client)
            hangs_up.cancel()
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()


class WebSocketSink(JsonSink):
    """JSON messages over WebSocket: `new WebSocket("ws://127.0.0.1:39543")` in a page of this machine."""

    async def _serve(self) -> None:
        options: dict[str, Any] = {"origins": _LOCAL_PAGES, "compression": None, "close_timeout": _CLOSE_TIMEOUT_S}
        async with serve(self._attend, self._host, self._port, **options) as server:
            self._listens_on(server.sockets)
            await self._until_stopped()

    async def _attend(self, connection: ServerConnection) -> None:
        client = _Client()
        self._clients.add(client)
        hangs_up = asyncio.ensure_future(connection.wait_closed())
        hangs_up.add_done_callback(lambda _: client.put(""))
        try:
            with contextlib.suppress(ConnectionClosed):
                while not hangs_up.done():
                    await connection.send(await client.next())
        finally:
            self._clients.discard(client)
            hangs_up.cancel()


async def _until_end(reader: asyncio.StreamReader) -> None:
    """Return when the other side hangs up; what it says is ignored."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(1024):
            pass
